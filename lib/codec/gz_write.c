#include "base/base.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/gz_int.h"

#include <libdeflate.h>
#include <zlib.h>

/*
 * Writing a blob file: jobs read (unless the source is serial), compress and
 * digest pieces; the caller's thread hashes the id and writes, in order.
 */

/* A piece of zeros, compressed once; sparse files are full of them. */
struct zeros {
	size_t packed_len;
	unsigned char digest[DIGEST_SIZE];
	uint32_t crc;
	uint32_t packed_crc;
	unsigned char packed[];
};

struct slot {
	struct job job;
	struct writer *w;
	uint64_t piece;
	struct block *block;
	unsigned char *packed;
	size_t packed_len;
	unsigned char digest[DIGEST_SIZE];
	uint32_t crc;
	uint32_t packed_crc;
	bool busy;
};

struct writer {
	int fd;
	const char *name;
	const struct source *src;
	const struct gz_write_opts *opts;
	struct pool *pool;
	struct slot *slots;
	unsigned nslots;
	struct gz_kept deflaters;
	struct zeros *zeros;	/* shared with the jobs */
	bool stop;		/* likewise */

	struct gz_shape shape;
	uint64_t off;		/* in the file */
	uint32_t crc;
	uint32_t group_crc;
	struct hash hash;
	struct sealer sealer;

	/*
	 * Index members of the groups that are done.  They go behind the
	 * content, whose end nobody knows yet; for very large blobs they wait
	 * at a place in the file that is surely behind it.
	 */
	unsigned char *index;
	size_t index_len;
	unsigned spill;
	uint64_t spill_off;
	uint64_t spilled;
	struct gz_group *groups;
};

#define SPILL_GROUPS 64		/* 16 GiB of content, 2.4 MB of index */

static int put(struct writer *w, uint64_t off, const void *p, size_t len)
{
	int ret = file_pwrite(w->fd, off, p, len);

	return ret < 0 ? fail_in(ret, "'%s'", quoted(w->name)) : 0;
}

static bool all_zero(const unsigned char *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

static void zeros_use(struct slot *slot, const struct zeros *z)
{
	memcpy(slot->packed, z->packed, z->packed_len);
	slot->packed_len = z->packed_len;
	memcpy(slot->digest, z->digest, DIGEST_SIZE);
	slot->crc = z->crc;
	slot->packed_crc = z->packed_crc;
}

static void zeros_keep(struct slot *slot)
{
	struct zeros *z = xmalloc(sizeof(*z) + slot->packed_len), *none = NULL;

	z->packed_len = slot->packed_len;
	memcpy(z->packed, slot->packed, z->packed_len);
	memcpy(z->digest, slot->digest, DIGEST_SIZE);
	z->crc = slot->crc;
	z->packed_crc = slot->packed_crc;
	if (!__atomic_compare_exchange_n(&slot->w->zeros, &none, z, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		free(z);
}

static int pack(struct slot *slot)
{
	struct writer *w = slot->w;
	struct gz_deflater *d = gz_take(&w->deflaters);
	const unsigned char *data = slot->block->data;
	size_t len = slot->block->len;

	if (!d)
		d = gz_deflater_new(w->opts->level ? w->opts->level : 6);
	slot->packed_len = gz_deflate_piece(d, data, len, slot->packed);
	if (!gz_give(&w->deflaters, d))
		gz_deflater_free(d);
	slot->packed_crc = libdeflate_crc32(0, slot->packed, slot->packed_len);
	slot->crc = libdeflate_crc32(0, data, len);
	digest_of(data, len, slot->digest);
	return 0;
}

static int read_piece(struct slot *slot)
{
	const struct source *src = slot->w->src;

	int ret;

	slot->block->len = gz_piece_len(&slot->w->shape, slot->piece);
	ret = src->read(src->data, slot->piece * PIECE_SIZE,
			slot->block->data, slot->block->len);
	return ret < 0 && src->name ? fail_in(ret, "'%s'", quoted(src->name)) :
				      ret;
}

static int run_slot(struct job *job)
{
	struct slot *slot = (struct slot *)(void *)job;
	struct writer *w = slot->w;
	struct zeros *zeros = NULL;
	bool zero;
	int ret = 0;

	if (__atomic_load_n(&w->stop, __ATOMIC_RELAXED))
		return 0;
	if (!w->src->serial)
		ret = read_piece(slot);
	if (ret < 0)
		return ret;
	zero = slot->block->len == PIECE_SIZE &&
	       all_zero(slot->block->data, PIECE_SIZE);
	if (zero)
		zeros = __atomic_load_n(&w->zeros, __ATOMIC_ACQUIRE);
	if (zeros) {
		zeros_use(slot, zeros);
		return 0;
	}
	ret = pack(slot);
	if (!ret && zero)
		zeros_keep(slot);
	return ret;
}

static int submit(struct writer *w, uint64_t piece)
{
	struct slot *slot = &w->slots[piece % w->nslots];
	int ret;

	if (!slot->packed) {
		slot->packed = xmalloc(gz_piece_len(&w->shape, 0) +
				       GZ_DEFLATE_EXTRA);
		slot->block = block_new();
	}
	slot->w = w;
	slot->piece = piece;
	if (w->src->serial) {
		ret = read_piece(slot);
		if (ret < 0)
			return ret;
	}
	slot->job = (struct job)JOB_INIT(run_slot);
	slot->busy = true;
	gz_submit(w->pool, &slot->job);
	return 0;
}

static int flush_index(struct writer *w)
{
	int ret = put(w, w->spill_off + w->spilled, w->index, w->index_len);

	w->spilled += w->index_len;
	w->index_len = 0;
	return ret;
}

/* The member of a group that is complete. */
static int close_group(struct writer *w, uint64_t group)
{
	unsigned n = gz_group_pieces(&w->shape, group);
	unsigned char *p = gz_body(w->index + w->index_len);
	struct hash hash;
	struct id digest;

	p[0] = GZ_INDEX;
	p[1] = GZ_VERSION;
	put_le16(p + 2, (uint16_t)n);
	put_le32(p + 4, w->group_crc);
	w->group_crc = 0;
	hash_init(&hash, ID_SHA256);
	for (unsigned i = 0; i < n; i++)
		hash_add(&hash, p + GZ_INDEX_HEAD + i * GZ_INDEX_ENTRY + 4,
			 DIGEST_SIZE);
	hash_final(&hash, &digest);
	memcpy(w->groups[group].digest, digest.raw, DIGEST_SIZE);
	w->index_len += gz_wrap(p - GZ_HEAD_SIZE - GZ_EXTRA_SIZE,
				GZ_INDEX_HEAD + n * GZ_INDEX_ENTRY);
	if ((group + 1) % w->spill || group + 1 == w->shape.groups)
		return 0;
	return flush_index(w);
}

static int deliver(struct writer *w, uint64_t piece)
{
	struct slot *slot = &w->slots[piece % w->nslots];
	unsigned at = (unsigned)(piece % GROUP_PIECES);
	uint64_t group = piece / GROUP_PIECES;
	unsigned char *entry;
	int ret;

	slot->busy = false;
	ret = gz_join(w->pool, &slot->job);
	if (ret < 0)
		return ret;
	hash_add(&w->hash, slot->block->data, slot->block->len);
	sealer_add(&w->sealer, slot->digest);
	w->crc = (uint32_t)crc32_combine(w->crc, slot->crc,
					 (long)slot->block->len);
	w->group_crc = (uint32_t)crc32_combine(w->group_crc, slot->packed_crc,
					       (long)slot->packed_len);
	if (!at)
		w->groups[group].off = w->off;
	ret = put(w, w->off, slot->packed, slot->packed_len);
	if (ret < 0)
		return ret;
	w->off += slot->packed_len;
	entry = gz_entries(w->index + w->index_len) + at * GZ_INDEX_ENTRY;
	put_le32(entry, (uint32_t)slot->packed_len);
	memcpy(entry + 4, slot->digest, DIGEST_SIZE);
	meter_add(w->opts->meter, slot->block->len);
	if (at + 1 == gz_group_pieces(&w->shape, group))
		return close_group(w, group);
	return 0;
}

static int write_pieces(struct writer *w)
{
	uint64_t next = 0;
	int ret;

	for (uint64_t i = 0; i < w->shape.pieces; i++) {
		for (; next < w->shape.pieces && next < i + w->nslots; next++) {
			ret = submit(w, next);
			if (ret < 0)
				return ret;
		}
		ret = stop_check();
		if (ret < 0)
			return ret;
		ret = deliver(w, i);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* What was spilled moves down to the end of the content. */
static int move_index(struct writer *w)
{
	size_t room = (size_t)w->spill * GZ_INDEX_MAX;
	unsigned char *buf;
	uint64_t done = 0;
	int ret = 0;

	if (!w->spilled)
		return 0;
	buf = xmalloc(room);
	while (!ret && done < w->spilled) {
		size_t n = (size_t)MIN(w->spilled - done, room);

		ret = file_pread(w->fd, w->spill_off + done, buf, n);
		if (ret < 0)
			ret = fail_in(ret, "'%s'", quoted(w->name));
		else
			ret = put(w, w->off, buf, n);
		w->off += n;
		done += n;
	}
	free(buf);
	return ret;
}

static int write_tops(struct writer *w)
{
	unsigned char *buf = xmalloc(gz_tops_size(MIN(w->shape.groups,
						      GZ_TOP_GROUPS)));
	int ret = 0;

	for (uint64_t i = 0; !ret && i < w->shape.groups; i += GZ_TOP_GROUPS) {
		unsigned n = (unsigned)MIN(w->shape.groups - i, GZ_TOP_GROUPS);
		unsigned char *p = gz_body(buf);
		size_t len;

		p[0] = GZ_TOP;
		p[1] = GZ_VERSION;
		put_le16(p + 2, (uint16_t)n);
		p += GZ_TOP_HEAD;
		for (unsigned k = 0; k < n; k++, p += GZ_TOP_ENTRY) {
			put_le64(p, w->groups[i + k].off);
			memcpy(p + 8, w->groups[i + k].digest, DIGEST_SIZE);
		}
		len = gz_wrap(buf, GZ_TOP_HEAD + n * GZ_TOP_ENTRY);
		ret = put(w, w->off, buf, len);
		w->off += len;
	}
	free(buf);
	return ret;
}

static int write_end(struct writer *w)
{
	unsigned char end[GZ_END_SIZE] = { 3 };
	unsigned char trailer[GZ_TRAILER_SIZE];
	int ret;

	put_le32(end + 2, w->crc);
	put_le32(end + 6, (uint32_t)w->shape.size);
	ret = put(w, w->off, end, sizeof(end));
	w->off += sizeof(end);
	if (!ret)
		ret = move_index(w);
	if (!ret)
		ret = put(w, w->off, w->index, w->index_len);
	w->off += w->index_len;
	w->shape.top_off = w->off;
	if (!ret)
		ret = write_tops(w);
	if (ret < 0)
		return ret;
	gz_put_trailer(trailer, &w->shape);
	ret = put(w, w->off, trailer, sizeof(trailer));
	w->off += sizeof(trailer);
	if (!ret && ftruncate(w->fd, (off_t)w->off))
		ret = fail_errno("cannot write '%s'", quoted(w->name));
	return ret;
}

/* What still runs is waited for; the first sentence stays. */
static void writer_release(struct writer *w)
{
	char *sentence = xstrdup(fail_text());
	struct gz_deflater *d;

	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < w->nslots; i++) {
		struct slot *slot = &w->slots[i];
		int ret = slot->busy ? gz_join(w->pool, &slot->job) : 0;

		if (ret < 0)
			fail_adopt(sentence);
		block_drop(slot->block);
		free(slot->packed);
	}
	free(sentence);
	while ((d = gz_take(&w->deflaters)))
		gz_deflater_free(d);
	free(w->zeros);
	free(w->index);
	free(w->groups);
	free(w->slots);
}

static void writer_init(struct writer *w)
{
	struct gz_shape *shape = &w->shape;
	uint64_t most;

	shape->size = w->src->size;
	shape->pieces = shape->size / PIECE_SIZE + !!(shape->size % PIECE_SIZE);
	shape->groups = (shape->pieces + GROUP_PIECES - 1) / GROUP_PIECES;
	/* One piece is not worth a change of threads. */
	if (shape->pieces < 2)
		w->pool = NULL;
	w->nslots = w->pool ? 2 * pool_threads(w->pool) + 2 : 1;
	w->slots = xcalloc(w->nslots, sizeof(*w->slots));
	w->groups = xcalloc(shape->groups, sizeof(*w->groups));
	most = MIN(shape->pieces, (uint64_t)w->spill * GROUP_PIECES);
	w->index = xmalloc(gz_indexes_size(most));
	w->spill_off = GZ_HEAD_SIZE + shape->pieces * GZ_PIECE_MAX +
		       GZ_END_SIZE;
	hash_init_object(&w->hash, w->opts->algo, "blob", shape->size);
	sealer_init(&w->sealer);
}

int gz_write_spill(int fd, const char *name, const struct source *src,
		   const struct gz_write_opts *opts, struct pool *pool,
		   unsigned spill, struct gz_facts *out)
{
	struct writer w = {
		.fd = fd, .name = name, .src = src, .opts = opts, .pool = pool,
		.spill = spill, .off = GZ_HEAD_SIZE,
	};
	int ret;

	if (src->size / PIECE_SIZE / GROUP_PIECES >= GZ_GROUPS_MAX)
		return fail(FAIL_REQUEST, "'%s' is too large: at most 64 TiB "
			    "fit into a blob", quoted(name));
	if (opts->level < 0 || opts->level > 12)
		return fail(FAIL_REQUEST, "compression level %d is not one of "
			    "1 to 12", opts->level);
	writer_init(&w);
	ret = put(&w, 0, gz_head, GZ_HEAD_SIZE);
	if (!ret)
		ret = write_pieces(&w);
	if (!ret)
		ret = write_end(&w);
	if (!ret) {
		hash_final(&w.hash, &out->id);
		sealer_final(&w.sealer, &out->seal);
		out->size = w.shape.size;
		out->file_size = w.off;
	}
	writer_release(&w);
	return ret;
}

int gz_write(int fd, const char *name, const struct source *src,
	     const struct gz_write_opts *opts, struct pool *pool,
	     struct gz_facts *out)
{
	return gz_write_spill(fd, name, src, opts, pool, SPILL_GROUPS, out);
}
