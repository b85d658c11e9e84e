#include "base/base.h"
#include "base/buf.h"
#include "base/temp.h"
#include "codec/gz_int.h"

#include <libdeflate.h>
#include <zlib.h>

/*
 * Any gzip that somebody else made (RFC 1952), strictly: one member or more,
 * and not a byte that belongs to none.  zlib inflates in this thread while
 * one job hashes the block before.
 */
#define IN_SIZE 131072
#define NAME_MAX_LEN 65535	/* of FNAME, FCOMMENT */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };

struct foreign {
	struct job job;		/* hashes `hashing` */
	struct gz *gz;
	struct pool *pool;
	const struct sink *sink;
	struct meter *meter;
	uint64_t expected;	/* UINT64_MAX: not known */
	uint64_t max;		/* likewise */

	z_stream z;
	unsigned char *in;
	uint64_t in_off;	/* of what was not read yet */
	struct buf head;
	unsigned members;

	struct block *block;	/* being filled */
	struct block *hashing;	/* NULL: none */
	uint64_t total;
	bool has_hash;
	struct hash hash;
	struct sealer sealer;
	unsigned char digest[DIGEST_SIZE];
};

static int cut_short(const struct foreign *f)
{
	if (f->members)
		return fail(FAIL_CORRUPT, "'%s' has trailing data that is no "
			    "whole gzip member", gz_name(f->gz));
	return fail(FAIL_CORRUPT, "'%s' is cut short", gz_name(f->gz));
}

/* 1: there are bytes to take; 0: the file ends here. */
static int refill(struct foreign *f)
{
	uint64_t left = f->gz->src->size - f->in_off;
	size_t len = (size_t)MIN(left, IN_SIZE);
	int ret;

	if (f->z.avail_in)
		return 1;
	if (!len)
		return 0;
	ret = stop_check();
	if (!ret)
		ret = gz_fetch(f->gz, f->in_off, f->in, len);
	if (ret < 0)
		return ret;
	f->in_off += len;
	f->z.next_in = f->in;
	f->z.avail_in = (unsigned)len;
	return 1;
}

/* Append `n` bytes of the file to `head`. */
static int need(struct foreign *f, size_t n)
{
	while (n) {
		size_t some;
		int ret = refill(f);

		if (ret <= 0)
			return ret < 0 ? ret : cut_short(f);
		some = MIN(n, f->z.avail_in);
		buf_add(&f->head, f->z.next_in, some);
		f->z.next_in += some;
		f->z.avail_in -= (unsigned)some;
		n -= some;
	}
	return 0;
}

/* A name or comment up to its NUL. */
static int need_string(struct foreign *f, const char *what)
{
	for (size_t n = 0; n <= NAME_MAX_LEN; n++) {
		int ret = need(f, 1);

		if (ret < 0 || !f->head.ptr[f->head.len - 1])
			return ret;
	}
	return fail(FAIL_CORRUPT, "'%s' has a gzip header whose %s does not "
		    "end within %d bytes", gz_name(f->gz), what, NAME_MAX_LEN);
}

/*
 * Our own index in a file without our trailer: the file is cut short between
 * two members, or pasted together.  Content might be whole, the file is not.
 */
static bool has_index(const unsigned char *extra, size_t len)
{
	while (len >= 4) {
		size_t n = get_le16(extra + 2);

		if (!memcmp(extra, "SI", 2))
			return true;
		if (n > len - 4)
			break;
		extra += 4 + n;
		len -= 4 + n;
	}
	return false;
}

static int take_extra(struct foreign *f)
{
	size_t at, len;
	int ret = need(f, 2);

	if (ret < 0)
		return ret;
	at = f->head.len;
	len = get_le16(f->head.ptr + at - 2);
	ret = need(f, len);
	if (!ret && has_index((unsigned char *)f->head.ptr + at, len))
		ret = fail(FAIL_CORRUPT, "'%s' is cut short or has trailing "
			   "data: it has an index, but no trailer at its end",
			   gz_name(f->gz));
	return ret;
}

static int take_header(struct foreign *f)
{
	unsigned flags;
	uint32_t crc;
	int ret;

	buf_reset(&f->head);
	ret = need(f, 2);
	if (ret < 0)
		return ret;
	if (memcmp(f->head.ptr, "\x1f\x8b", 2))
		return fail(FAIL_CORRUPT, f->members ?
			    "'%s' has trailing data" : "'%s' is not gzip",
			    gz_name(f->gz));
	ret = need(f, GZ_HEAD_SIZE - 2);
	if (ret < 0)
		return ret;
	flags = (unsigned char)f->head.ptr[3];
	if (f->head.ptr[2] != 8 || flags & RESERVED)
		return fail(FAIL_CORRUPT, "'%s' has a gzip header with an "
			    "unknown %s", gz_name(f->gz),
			    flags & RESERVED ? "flag" : "method");
	if (flags & FEXTRA)
		ret = take_extra(f);
	if (!ret && flags & FNAME)
		ret = need_string(f, "name");
	if (!ret && flags & FCOMMENT)
		ret = need_string(f, "comment");
	if (ret < 0 || !(flags & FHCRC))
		return ret;
	crc = libdeflate_crc32(0, f->head.ptr, f->head.len);
	ret = need(f, 2);
	if (!ret && get_le16(f->head.ptr + f->head.len - 2) != (crc & 0xffff))
		ret = fail(FAIL_CORRUPT, "'%s' has a gzip header with a wrong "
			   "CRC", gz_name(f->gz));
	return ret;
}

static int run_hash(struct job *job)
{
	struct foreign *f = (struct foreign *)(void *)job;

	digest_of(f->hashing->data, f->hashing->len, f->digest);
	if (f->has_hash)
		hash_add(&f->hash, f->hashing->data, f->hashing->len);
	return 0;
}

static int finish_hashing(struct foreign *f)
{
	int ret;

	if (!f->hashing)
		return 0;
	ret = gz_join(f->pool, &f->job);
	if (!ret) {
		sealer_add(&f->sealer, f->digest);
		meter_add(f->meter, f->hashing->len);
		if (f->sink)
			ret = f->sink->take(f->sink->data, f->hashing);
	}
	block_drop(f->hashing);
	f->hashing = NULL;
	return ret;
}

static int pass_block(struct foreign *f)
{
	int ret = finish_hashing(f);

	if (ret < 0)
		return ret;
	f->hashing = f->block;
	f->block = block_new();
	f->job.run = run_hash;
	gz_submit(f->pool, &f->job);
	return stop_check();
}

static int too_large(const struct foreign *f)
{
	if (f->total > f->expected)
		return fail(FAIL_CORRUPT, "'%s' has more than the expected "
			    "%" PRIu64 " bytes", gz_name(f->gz), f->expected);
	return fail(FAIL_DENIED, "'%s' has more bytes than the limit of "
		    "%" PRIu64, gz_name(f->gz), f->max);
}

/* Decode into the block what the input at hand gives, at most until full. */
static int inflate_some(struct foreign *f, uint32_t *crc)
{
	struct block *block = f->block;
	/* One byte more than allowed is enough to know. */
	uint64_t left = MIN(f->expected, f->max) - f->total;
	size_t room = PIECE_SIZE - block->len, made;
	int status;

	if (left < room)
		room = (size_t)left + 1;
	f->z.next_out = block->data + block->len;
	f->z.avail_out = (unsigned)room;
	status = inflate(&f->z, Z_NO_FLUSH);
	made = room - f->z.avail_out;
	*crc = libdeflate_crc32(*crc, block->data + block->len, made);
	block->len += made;
	f->total += made;
	if (f->total > f->expected || f->total > f->max)
		return too_large(f);

	switch (status) {
	case Z_STREAM_END:
		return 1;
	case Z_OK:
	case Z_BUF_ERROR:
		return 0;
	case Z_MEM_ERROR:
		return fail(FAIL_SYSTEM, "out of memory");
	default:
		return fail(FAIL_CORRUPT, "'%s' is damaged near byte %" PRIu64
			    ": %s", gz_name(f->gz), f->in_off - f->z.avail_in,
			    f->z.msg ? f->z.msg : "invalid data");
	}
}

static int take_trailer(struct foreign *f, uint32_t crc, uint64_t size)
{
	int ret;

	buf_reset(&f->head);
	ret = need(f, 8);
	if (ret < 0)
		return ret;
	if (get_le32(f->head.ptr) != crc)
		return fail(FAIL_CORRUPT, "'%s' has a wrong CRC32",
			    gz_name(f->gz));
	if (get_le32(f->head.ptr + 4) != (uint32_t)size)
		return fail(FAIL_CORRUPT, "'%s' has a wrong ISIZE",
			    gz_name(f->gz));
	return 0;
}

static int take_member(struct foreign *f)
{
	uint64_t before = f->total;
	uint32_t crc = 0;
	int ret = take_header(f);

	if (ret < 0)
		return ret;
	inflateReset(&f->z);
	for (;;) {
		ret = refill(f);
		if (ret < 0)
			return ret;
		if (!ret)
			return cut_short(f);
		ret = inflate_some(f, &crc);
		if (ret < 0)
			return ret;
		if (f->block->len == PIECE_SIZE) {
			int passed = pass_block(f);

			if (passed < 0)
				return passed;
		}
		if (ret)
			return take_trailer(f, crc, f->total - before);
	}
}

static int take_members(struct foreign *f)
{
	int ret;

	do {
		ret = take_member(f);
		if (ret < 0)
			return ret;
		f->members++;
		ret = refill(f);
	} while (ret > 0);
	if (!ret && f->block->len)
		ret = pass_block(f);
	return ret < 0 ? ret : finish_hashing(f);
}

static int decode(struct foreign *f, struct gz_facts *facts)
{
	int ret = FAIL_SYSTEM;

	if (inflateInit2(&f->z, -15) != Z_OK)
		return fail(FAIL_SYSTEM, "out of memory");
	f->in = xmalloc(IN_SIZE);
	f->block = block_new();
	sealer_init(&f->sealer);
	ret = take_members(f);
	if (f->hashing && gz_join(f->pool, &f->job) < 0)
		ret = FAIL_SYSTEM;	/* it cannot: hashing never fails */
	block_drop(f->hashing);
	block_drop(f->block);
	buf_release(&f->head);
	free(f->in);
	inflateEnd(&f->z);
	if (ret < 0)
		return ret;

	facts->size = f->total;
	facts->file_size = f->gz->src->size;
	sealer_final(&f->sealer, &facts->seal);
	if (f->has_hash)
		hash_final(&f->hash, &facts->id);
	return 0;
}

/* The size that the file itself gives, good for one member below 4 GiB. */
static uint64_t guess_size(const struct gz *gz)
{
	return gz->tail_len < 4 ? 0 : get_le32(gz->tail + gz->tail_len - 4);
}

int gz_read_foreign(struct gz *gz, const struct gz_expect *expect,
		    enum id_algo algo, struct pool *pool,
		    const struct sink *sink, struct meter *meter,
		    struct gz_facts *found)
{
	const struct foreign blank = {
		.gz = gz, .pool = pool, .has_hash = algo != ID_NONE,
		.expected = expect->size ? *expect->size : UINT64_MAX,
		.max = expect->max_size ? expect->max_size : UINT64_MAX,
		.head = BUF_INIT,
	};
	struct foreign f = blank;
	uint64_t size = expect->size ? *expect->size : guess_size(gz);
	int ret;

	f.sink = sink;
	f.meter = meter;
	if (f.has_hash)
		hash_init_object(&f.hash, algo, "blob", size);
	ret = decode(&f, found);
	if (ret < 0)
		return ret;
	if (expect->size && found->size != *expect->size)
		return fail(FAIL_CORRUPT, "'%s' has %" PRIu64 " bytes, "
			    "expected %" PRIu64, gz_name(gz), found->size,
			    *expect->size);
	if (expect->seal && !seal_eq(expect->seal, &found->seal))
		return fail(FAIL_CORRUPT, "'%s': content does not match its "
			    "seal", gz_name(gz));
	if (algo != ID_NONE && found->size != size) {
		/* Guessed wrong, so hash it with its true size in front. */
		f = blank;
		f.expected = found->size;
		hash_init_object(&f.hash, algo, "blob", found->size);
		ret = decode(&f, found);
	}
	return ret;
}
