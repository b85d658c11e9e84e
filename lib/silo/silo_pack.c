#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/silo.h"
#include "silo/silo_int.h"
#include "silo/table.h"

/* What may be held in memory; other people's packs may have larger ones. */
#define PACKED_MAX ((size_t)1 << 20)

int silo_packed(struct silo *silo, const struct id *id)
{
	struct table_place place;

	return silo->packs ? packs_has(silo->packs, id) :
	       table_find(silo->table, id, &place);
}

int silo_table(struct silo *silo, struct table **out)
{
	int ret = silo->table ? 0 :
		  table_open(&silo->table, silo->b, silo->algo);

	*out = silo->table;
	return ret;
}

bool silo_is_small(const struct silo_expect *expect)
{
	return !expect->size || *expect->size <= PACK_BLOB_MAX;
}

int silo_packer(struct silo *silo, int level, struct packer **out)
{
	int ret = silo_need_folder(silo);

	return ret ? ret : packer_open(out, silo->b->path, silo->algo, level,
				       silo->b->durable ? TEMP_DURABLE : 0);
}

static void seal_of(const struct buf *content, struct seal *out)
{
	unsigned char digest[DIGEST_SIZE];
	struct sealer sealer;

	sealer_init(&sealer);
	for (size_t at = 0; at < content->len; at += PIECE_SIZE) {
		digest_of(content->ptr + at,
			  MIN(content->len - at, PIECE_SIZE), digest);
		sealer_add(&sealer, digest);
	}
	sealer_final(&sealer, out);
}

int silo_open_packed(struct silo *silo, const struct id *id, struct blob *blob)
{
	int ret = silo->packs ?
		  packs_read(silo->packs, id, PACKED_MAX, &blob->content) :
		  silo_read_far_packed(silo, id, PACKED_MAX, &blob->content);

	if (ret) {
		buf_release(&blob->content);
		return ret;
	}
	blob->packed = true;
	silo_blob_name(id, blob->name);
	blob->file_size = blob->content.len;
	blob->memory = (struct memory){ blob->content.ptr, blob->content.len };
	blob->src = source_memory(&blob->memory, blob->name);
	seal_of(&blob->content, &blob->seal);
	return 0;
}

static int check(uint64_t size, const struct seal *seal,
		 const struct silo_expect *expect)
{
	if (expect->max_size && size > expect->max_size)
		return fail(FAIL_DENIED, "blob has %" PRIu64 " bytes, more than "
			    "%" PRIu64, size, expect->max_size);
	if (expect->size && size != *expect->size)
		return fail(FAIL_CORRUPT, "blob has %" PRIu64 " bytes, "
			    "expected %" PRIu64, size, *expect->size);
	if (expect->seal && !seal_eq(seal, expect->seal))
		return fail(FAIL_CORRUPT, "blob has another seal");
	return 0;
}

int silo_check_content(const struct buf *content,
		       const struct silo_expect *expect)
{
	struct seal seal;

	if (expect->seal)
		seal_of(content, &seal);
	return check(content->len, &seal, expect);
}

int silo_read_packed(struct blob *blob, const struct silo_expect *expect,
		     const struct sink *sink, struct meter *meter)
{
	int ret = check(blob->content.len, &blob->seal, expect);

	for (size_t at = 0; !ret && at < blob->content.len; at += PIECE_SIZE) {
		struct block *block = block_new();

		block->len = MIN(blob->content.len - at, PIECE_SIZE);
		memcpy(block->data, blob->content.ptr + at, block->len);
		meter_add(meter, block->len);
		if (sink)
			ret = sink->take(sink->data, block);
		block_drop(block);
	}
	return ret;
}

bool blob_seekable(const struct blob *blob)
{
	return blob->packed || gz_seekable(blob->gz);
}

uint64_t blob_size(const struct blob *blob)
{
	return blob->packed ? blob->content.len : gz_size(blob->gz);
}

int blob_pread(struct blob *blob, const struct seal *seal, uint64_t off,
	       void *buf, size_t len)
{
	if (!blob->packed)
		return gz_pread(blob->gz, seal, off, buf, len);
	if (seal && !seal_eq(&blob->seal, seal))
		return fail(FAIL_CORRUPT, "blob has another seal");
	if (off > blob->content.len || len > blob->content.len - off)
		return fail(FAIL_CORRUPT, "blob ends too early");
	memcpy(buf, blob->content.ptr + off, len);
	return 0;
}

static int any_packed(struct silo *silo, const struct idset *ids)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ids->n; i++)
		ret = silo_packed(silo, &ids->ids[i]);
	return ret;
}

/* Out of the packs of `silo`, into those of `to` if not NULL. */
static int take_packed(struct silo *silo, struct silo *to,
		       const struct idset *ids)
{
	unsigned flags = silo->b->durable || (to && to->b->durable) ?
			 TEMP_DURABLE : 0;
	int ret = any_packed(silo, ids);

	if (ret <= 0)
		return ret;
	ret = packs_take(silo->b->path, to ? to->b->path : NULL, silo->algo,
			 ids, flags);
	return ret ? ret : packs_again(silo->packs);
}

int silo_remove_all(struct silo *silo, const struct idset *ids)
{
	char name[SILO_NAME_MAX];
	int ret = take_packed(silo, NULL, ids);

	for (size_t i = 0; !ret && i < ids->n; i++)
		ret = silo->b->ops->remove(silo->b,
					   silo_blob_name(&ids->ids[i], name));
	return ret;
}

int silo_move_all(struct silo *from, struct silo *to, const struct idset *ids,
		  struct pool *pool)
{
	int ret = silo_need_folder(from);

	if (!ret)
		ret = silo_need_folder(to);
	/* Moved onto itself, the only copy would be the one that is dropped. */
	if (ret || silo_same_place(from, to))
		return ret;
	ret = take_packed(from, to, ids);
	for (size_t i = 0; !ret && i < ids->n; i++) {
		ret = stop_check();
		if (!ret)
			ret = silo_move_file(from, to, &ids->ids[i], pool);
	}
	return ret;
}
