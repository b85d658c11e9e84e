#include "base/base.h"
#include "codec/gz_int.h"

#include <libdeflate.h>
#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

/*
 * One piece of content becomes deflate blocks that end at a byte boundary,
 * none of them final.
 */
#define STORED_MAX 65535
#define PROBE 16384
#define MARK_SIZE 4

static const unsigned char mark[MARK_SIZE] = { 0, 0, 0xff, 0xff };

struct gz_deflater {
	int level;
	struct libdeflate_compressor *full;	/* NULL: libisal does it */
#ifdef HAVE_ISAL
	struct isal_zstream isal;
	unsigned char isal_buf[ISAL_DEF_LVL1_DEFAULT];
#else
	struct libdeflate_compressor *quick;
#endif
};

struct gz_deflater *gz_deflater_new(int level)
{
	struct gz_deflater *d = xcalloc(1, sizeof(*d));

	d->level = level;
#ifdef HAVE_ISAL
	if (level == 1)
		return d;
#else
	d->quick = libdeflate_alloc_compressor(1);
#endif
	/* What is NULL for want of memory stores its pieces. */
	d->full = libdeflate_alloc_compressor(level);
	return d;
}

void gz_deflater_free(struct gz_deflater *d)
{
	if (!d)
		return;
	libdeflate_free_compressor(d->full);
#ifndef HAVE_ISAL
	libdeflate_free_compressor(d->quick);
#endif
	free(d);
}

static size_t stored_size(size_t len)
{
	return len + 5 * ((len + STORED_MAX - 1) / STORED_MAX) + 1 + MARK_SIZE;
}

static size_t store(const unsigned char *in, size_t len, unsigned char *out)
{
	unsigned char *p = out;

	while (len) {
		size_t n = MIN(len, STORED_MAX);

		*p = 0;
		put_le16(p + 1, (uint16_t)n);
		put_le16(p + 3, (uint16_t)~n);
		memcpy(p + 5, in, n);
		p += 5 + n;
		in += n;
		len -= n;
	}
	*p++ = 0;
	memcpy(p, mark, MARK_SIZE);
	return (size_t)(p + MARK_SIZE - out);
}

/* Up to `room` bytes, ended by the mark; 0: does not fit. */
#ifdef HAVE_ISAL
static size_t quick(struct gz_deflater *d, const unsigned char *in, size_t len,
		    unsigned char *out, size_t room)
{
	struct isal_zstream *z = &d->isal;
	int ret;

	isal_deflate_stateless_init(z);
	z->level = 1;
	z->level_buf = d->isal_buf;
	z->level_buf_size = sizeof(d->isal_buf);
	z->flush = FULL_FLUSH;
	z->end_of_stream = 0;
	z->next_in = (unsigned char *)in;
	z->avail_in = (uint32_t)len;
	z->next_out = out;
	z->avail_out = (uint32_t)room;
	ret = isal_deflate_stateless(z);
	if (ret != COMP_OK || z->avail_in || z->total_out < MARK_SIZE ||
	    memcmp(out + z->total_out - MARK_SIZE, mark, MARK_SIZE))
		return 0;
	return z->total_out;
}
#else
static size_t quick(struct gz_deflater *d, const unsigned char *in, size_t len,
		    unsigned char *out, size_t room)
{
	if (!d->quick)
		return 0;
	return libdeflate_deflate_compress(d->quick, in, len, out, room);
}
#endif

/*
 * libdeflate knows only whole streams.  Take "final" from its last block and
 * put the header of an empty stored block behind the last symbol.
 */
static size_t full(struct gz_deflater *d, const unsigned char *in, size_t len,
		   unsigned char *out, size_t room)
{
	size_t n, last, end;

	if (!d->full)
		return 0;
	n = libdeflate_deflate_compress(d->full, in, len, out, room);
	if (!n || !gz_walk(out, n, &last, &end))
		return 0;
	out[last / 8] &= (unsigned char)~(1u << (last & 7));
	/* Bits behind the last symbol are zero, and so is the header. */
	if (end + 3 > 8 * n)
		out[n++] = 0;
	memcpy(out + n, mark, MARK_SIZE);
	return n + MARK_SIZE;
}

/*
 * Text, code and tars of them give themselves away by a few frequent bytes;
 * the sum of squares in 4 KiB of noise is 70,000 (4,096 * 17).
 */
static bool looks_even(const unsigned char *in)
{
	unsigned count[256] = { 0 }, sum = 0;

	for (size_t i = 0; i < 4096; i++)
		count[in[i]]++;
	for (size_t i = 0; i < 256; i++)
		sum += count[i] * count[i];
	return sum < 4 * 70000;
}

/*
 * Trying a whole piece of noise costs 2.5 ms; it does not shrink if its
 * first 16 KiB do not by 3 %.
 */
static bool worth_it(struct gz_deflater *d, const unsigned char *in, size_t len,
		     unsigned char *out)
{
	if (len <= PROBE || !looks_even(in))
		return true;
	return quick(d, in, PROBE, out, PROBE - PROBE * 3 / 100) > 0;
}

size_t gz_deflate_piece(struct gz_deflater *d, const unsigned char *in,
			size_t len, unsigned char *out)
{
	size_t room = stored_size(len) - 1 - MARK_SIZE, n = 0;

	if (worth_it(d, in, len, out)) {
#ifdef HAVE_ISAL
		if (d->level == 1)
			n = quick(d, in, len, out, room);
		else
#endif
			n = full(d, in, len, out, room);
	}
	return n ? n : store(in, len, out);
}
