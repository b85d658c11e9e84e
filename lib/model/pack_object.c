#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "model/pack_int.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Most blobs of a pack are small: their first read is the only one. */
#define FIRST_READ ((size_t)8192)

void pack_put_start(unsigned char out[PACK_START_SIZE], uint32_t count)
{
	memcpy(out, "PACK", 4);
	put_be32(out + 4, 2);
	put_be32(out + 8, count);
}

int pack_take_start(const unsigned char in[PACK_START_SIZE], uint32_t *count)
{
	uint32_t version = get_be32(in + 4);

	if (memcmp(in, "PACK", 4) || version < 2 || version > 3)
		return -1;
	*count = get_be32(in + 8);
	return 0;
}

size_t pack_put_head(unsigned char out[PACK_HEAD_MAX], enum pack_type type,
		     uint64_t size)
{
	unsigned char c = (unsigned char)(type << 4 | (size & 15));
	size_t n = 0;

	for (size >>= 4; size; size >>= 7) {
		out[n++] = c | 0x80;
		c = size & 0x7f;
	}
	out[n++] = c;
	return n;
}

size_t pack_take_head(const unsigned char *in, size_t len, unsigned *type,
		      uint64_t *size)
{
	unsigned shift = 4;
	size_t n = 0;

	if (!len)
		return 0;
	*type = in[0] >> 4 & 7;
	*size = in[0] & 15;
	while (in[n++] & 0x80) {
		uint64_t bits;

		if (n == len || shift > 60)
			return 0;
		bits = in[n] & 0x7f;
		if (bits << shift >> shift != bits)
			return 0;
		*size |= bits << shift;
		shift += 7;
	}
	return n;
}

void pack_hash_blob(enum id_algo algo, const void *data, size_t len,
		    struct id *out)
{
	struct hash hash;

	hash_init_object(&hash, algo, "blob", len);
	hash_add(&hash, data, len);
	hash_final(&hash, out);
}

static int check_head(size_t head, unsigned type, uint64_t size, size_t max)
{
	if (!head || !type || type == 5)
		return fail(FAIL_CORRUPT, "there is no object in its place");
	if (type == PACK_OFS_DELTA || type == PACK_REF_DELTA)
		return fail(FAIL_REQUEST, "it is a delta; git can read this "
			    "pack, or unpack it");
	if (type != PACK_BLOB)
		return fail(FAIL_REQUEST, "it is a tree, commit or tag");
	if (size > max)
		return fail(FAIL_DENIED, "%" PRIu64 " bytes are more than %zu",
			    size, max);
	return 0;
}

size_t pack_bound(uint64_t size)
{
	return PACK_HEAD_MAX + zlib_bound((size_t)size);
}

/* How long it is at most says its head. */
static int look(const void *bytes, size_t len, size_t max, size_t *head,
		uint64_t *size)
{
	unsigned type = 0;

	*head = pack_take_head(bytes, len, &type, size);
	return check_head(*head, type, *size, max);
}

int pack_take_blob(struct zlib *z, const void *bytes, size_t len,
		   const struct id *id, size_t max, struct buf *out,
		   size_t *used)
{
	size_t head, start = out->len;
	uint64_t size = 0;
	struct id is;
	int ret = look(bytes, len, max, &head, &size);

	if (ret)
		return ret;
	buf_grow(out, size);
	ret = zlib_inflate(z, (const char *)bytes + head, len - head,
			   out->ptr + start, size, used);
	if (ret)
		return ret;
	*used += head;
	pack_hash_blob(id->algo, out->ptr + start, size, &is);
	if (!id_eq(&is, id))
		return fail(FAIL_CORRUPT, "its content has another id");
	buf_setlen(out, start + size);
	return 0;
}

int pack_read_blob(int fd, uint64_t off, uint64_t end, const struct id *id,
		   size_t max, struct buf *out)
{
	struct buf in = BUF_INIT;
	struct zlib *z = zlib_new(1);
	size_t head, n, used;
	uint64_t size = 0;
	int ret = FAIL_CORRUPT;

	if (off < PACK_START_SIZE || off >= end) {
		ret = fail(FAIL_CORRUPT, "its place is not in the pack");
		goto out;
	}
	n = (size_t)MIN(end - off, FIRST_READ);
	buf_grow(&in, n);
	ret = file_pread(fd, off, in.ptr, n);
	if (!ret)
		ret = look(in.ptr, n, max, &head, &size);
	if (ret)
		goto out;
	buf_setlen(&in, n);
	if (n < end - off && n < pack_bound(size)) {
		size_t more = (size_t)MIN(end - off, pack_bound(size)) - n;

		buf_grow(&in, more);
		ret = file_pread(fd, off + n, in.ptr + n, more);
		if (ret)
			goto out;
		n += more;
	}
	ret = pack_take_blob(z, in.ptr, n, id, max, out, &used);
out:
	buf_release(&in);
	zlib_free(z);
	return ret;
}

static int check_pair(const struct pack_index *index, int fd, uint64_t *end)
{
	unsigned char start[PACK_START_SIZE], sum[ID_RAW_MAX];
	uint32_t count;
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return fail_errno("cannot stat it");
	if (!S_ISREG(st.st_mode))
		return fail(FAIL_DENIED, "it is not a regular file");
	if ((uint64_t)st.st_size < PACK_START_SIZE + index->hash)
		return fail(FAIL_CORRUPT, "it is too short");
	*end = (uint64_t)st.st_size - index->hash;
	ret = file_pread(fd, 0, start, sizeof(start));
	if (!ret)
		ret = file_pread(fd, *end, sum, index->hash);
	if (ret)
		return ret;
	if (pack_take_start(start, &count))
		return fail(FAIL_CORRUPT, "it is no pack of version 2 or 3");
	if (count != index->n ||
	    memcmp(sum, pack_index_checksum(index), index->hash))
		return fail(FAIL_CORRUPT, "its index is of another pack");
	return 0;
}

int pack_open(const struct pack_index *index, int dirfd, const char *idx_name,
	      uint64_t *end)
{
	char *name = xstrfmt("%.*s.pack",
			     (int)(strlen(idx_name) - strlen(".idx")),
			     idx_name);
	int fd = file_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK, 0);
	int ret = fd < 0 ? fd : check_pair(index, fd, end);

	if (ret && fd >= 0)
		close(fd);
	if (ret)
		ret = fail_in(ret, "'%s'", quoted(name));
	free(name);
	return ret ? ret : fd;
}
