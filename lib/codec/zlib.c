#include "base/base.h"
#include "base/fail.h"
#include "codec/zlib.h"

#include <libdeflate.h>
#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#define HEAD_SIZE 2
#define ADLER_SIZE 4
#define STORED_MAX ((size_t)65535)
#define STORED_HEAD 5

/* How much of a content is looked at, and in how many places. */
#define SAMPLE ((size_t)1024)
#define SAMPLE_RUNS 16

struct zlib {
	int level;
	/* Made when they are needed; NULL for want of memory as well. */
	struct libdeflate_compressor *deflater;
	struct libdeflate_decompressor *inflater;
	struct quick *quick;	/* libisal's level 1, where it is there */
};

#ifdef HAVE_ISAL
struct quick {
	struct isal_zstream stream;
	unsigned char buf[ISAL_DEF_LVL1_DEFAULT];
};
#endif

struct zlib *zlib_new(int level)
{
	struct zlib *z = xcalloc(1, sizeof(*z));

	z->level = level;
	return z;
}

void zlib_free(struct zlib *z)
{
	if (!z)
		return;
	libdeflate_free_compressor(z->deflater);
	libdeflate_free_decompressor(z->inflater);
	free(z->quick);
	free(z);
}

/*
 * Stored blocks as small as 64 bytes; whoever spends more on a content that
 * does not shrink is not read.
 */
size_t zlib_bound(size_t len)
{
	return len + len / 12 + 1024;
}

static size_t store(const unsigned char *in, size_t len, unsigned char *out)
{
	uint32_t adler = libdeflate_adler32(1, in, len);
	unsigned char *p = out + HEAD_SIZE;

	out[0] = 0x78;
	out[1] = 0x01;
	do {
		size_t n = MIN(len, STORED_MAX);

		*p = n == len;
		put_le16(p + 1, (uint16_t)n);
		put_le16(p + 3, (uint16_t)~n);
		if (n)
			memcpy(p + STORED_HEAD, in, n);
		p += STORED_HEAD + n;
		in += n;
		len -= n;
	} while (len);
	put_be32(p, adler);
	return (size_t)(p + ADLER_SIZE - out);
}

/* 0: it does not fit into `room`, or could not be done. */
static size_t with_libdeflate(struct zlib *z, const void *in, size_t len,
			      void *out, size_t room)
{
	if (!z->deflater)
		z->deflater = libdeflate_alloc_compressor(z->level);
	return z->deflater ? libdeflate_zlib_compress(z->deflater, in, len,
						      out, room) : 0;
}

#ifdef HAVE_ISAL
static size_t with_isal(struct zlib *z, const unsigned char *in, size_t len,
			unsigned char *out, size_t room)
{
	struct isal_zstream *s;

	if (!z->quick)
		z->quick = xcalloc(1, sizeof(*z->quick));
	s = &z->quick->stream;
	isal_deflate_stateless_init(s);
	s->level = 1;
	s->level_buf = z->quick->buf;
	s->level_buf_size = sizeof(z->quick->buf);
	s->gzip_flag = IGZIP_ZLIB;
	s->end_of_stream = 1;
	s->next_in = (unsigned char *)in;
	s->avail_in = (uint32_t)len;
	s->next_out = out;
	s->avail_out = (uint32_t)room;
	if (isal_deflate_stateless(s) != COMP_OK || s->avail_in)
		return 0;
	return room - s->avail_out;
}
#endif

static size_t squeeze(struct zlib *z, const void *in, size_t len, void *out,
		      size_t room)
{
#ifdef HAVE_ISAL
	if (z->level == 1 && len <= UINT32_MAX && room <= UINT32_MAX)
		return with_isal(z, in, len, out, room);
#endif
	return with_libdeflate(z, in, len, out, room);
}

/*
 * Do all byte values come equally often?  A sum of squares over a sample says
 * it in a microsecond; trying to compress 4 KiB of noise takes twenty.
 */
static bool is_flat(const unsigned char *in, size_t len)
{
	uint16_t count[256] = { 0 };
	size_t run = SAMPLE / SAMPLE_RUNS;
	size_t step = (len - run) / (SAMPLE_RUNS - 1);
	uint64_t squares = 0;
	/* What noise gives, n + n * (n - 1) / 256, and a fifth more. */
	uint64_t limit = (SAMPLE + SAMPLE * (SAMPLE - 1) / 256) * 6 / 5;

	for (size_t i = 0; i < SAMPLE_RUNS; i++)
		for (size_t k = 0; k < run; k++)
			count[in[i * step + k]]++;
	for (size_t i = 0; i < ARRAY_SIZE(count); i++)
		squares += (uint64_t)count[i] * count[i];
	return squares <= limit;
}

size_t zlib_deflate(struct zlib *z, const void *in, size_t len, void *out)
{
	size_t n;

	/* Flat may still repeat itself: then its beginning shrinks. */
	if (len >= SAMPLE && is_flat(in, len) &&
	    !squeeze(z, in, SAMPLE, out, SAMPLE - SAMPLE / 32))
		return store(in, len, out);
	n = squeeze(z, in, len, out, zlib_bound(len));
	if (!n || n >= len + HEAD_SIZE + STORED_HEAD + ADLER_SIZE)
		return store(in, len, out);
	return n;
}

int zlib_inflate(struct zlib *z, const void *in, size_t len, void *out,
		 size_t out_len, size_t *used)
{
	size_t n;

	if (!z->inflater)
		z->inflater = libdeflate_alloc_decompressor();
	if (!z->inflater)
		return fail(FAIL_SYSTEM, "out of memory");
	if (libdeflate_zlib_decompress_ex(z->inflater, in, len, out, out_len,
					  &n, NULL) != LIBDEFLATE_SUCCESS)
		return fail(FAIL_CORRUPT, "its zlib stream is damaged");
	if (used)
		*used = n;
	return 0;
}

uint32_t zlib_crc32(uint32_t crc, const void *data, size_t len)
{
	return libdeflate_crc32(crc, data, len);
}
