#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/zlib.h"
#include "silo/silo_int.h"
#include "silo/table.h"

struct copy {
	unsigned char *to;
	size_t len;
	size_t room;
};

static int copy_take(void *data, struct block *block)
{
	struct copy *copy = data;

	if (block->len > copy->room - copy->len)
		return fail(FAIL_NET, "more bytes came than were asked for");
	memcpy(copy->to + copy->len, block->data, block->len);
	copy->len += block->len;
	return 0;
}

static int read_range(struct backend *b, const char *name, uint64_t off,
		      void *buf, size_t len)
{
	struct copy copy = { buf, 0, len };
	struct sink sink = { copy_take, &copy };
	uint64_t total;
	int ret = stop_check();

	if (!ret)
		ret = b->ops->read(b, name, off, off + len, 0, &sink, &total);
	if (!ret && copy.len != len)
		ret = fail(FAIL_CORRUPT, "'%s' ends too early", name);
	return ret;
}

static int far_read(void *data, uint64_t off, void *buf, size_t len)
{
	struct blob *blob = data;

	return read_range(blob->far, blob->name, off, buf, len);
}

int silo_blob_ranges(struct silo *silo, struct blob *blob)
{
	struct backend *b = silo->b;
	int ret = b->ops->has(b, blob->name, &blob->file_size);

	if (ret <= 0)
		return ret;
	blob->far = b;
	blob->src = (struct source){
		.read = far_read, .data = blob,
		.size = blob->file_size, .name = blob->name,
	};
	return 1;
}

int silo_blob_far(struct silo *silo, const struct id *id, struct blob *blob)
{
	int ret;

	silo_blob_name(id, blob->name);
	ret = silo_blob_ranges(silo, blob);
	if (!ret)
		return silo_missing(silo, id);
	if (ret > 0 && blob->file_size == UINT64_MAX)
		ret = fail(FAIL_REQUEST, "its place does not tell its size");
	else if (ret > 0)
		ret = gz_open(&blob->gz, &blob->src);
	if (ret)
		blob_close(blob);
	return silo_blame(ret, silo, id);
}

/* What the table says of its length is a guess until it is inflated. */
int silo_read_far_packed(struct silo *silo, const struct id *id, size_t max,
			 struct buf *out)
{
	struct table_place place;
	struct buf raw = BUF_INIT;
	struct zlib *z = NULL;
	size_t len, used;
	int ret = table_find(silo->table, id, &place);

	if (ret <= 0)
		return ret ? ret : silo_missing(silo, id);
	len = (size_t)MIN(place.end - place.offset, pack_bound(max));
	buf_grow(&raw, len);
	ret = read_range(silo->b, place.pack, place.offset, raw.ptr, len);
	if (!ret) {
		z = zlib_new(1);
		ret = pack_take_blob(z, raw.ptr, len, id, max, out, &used);
	}
	zlib_free(z);
	buf_release(&raw);
	return ret;
}
