#ifndef ZLIB_H_OURS
#define ZLIB_H_OURS

#include "base/base.h"

/*
 * zlib streams (RFC 1950) of small contents that are in memory as a whole,
 * and CRC-32: what git's packs are made of.
 *
 * A state is what the libraries need, kept from one call to the next; one
 * thread at a time uses it.
 */
struct zlib;

struct zlib *zlib_new(int level);	/* 1 to 12 */
void zlib_free(struct zlib *z);		/* NULL is fine */

/* The most that `len` bytes can become, here or in any sane program. */
size_t zlib_bound(size_t len);

/*
 * Never fails: what does not shrink is stored, and a look at a kilobyte of it
 * decides that.  The size of the stream; `out` has room for zlib_bound().
 */
size_t zlib_deflate(struct zlib *z, const void *in, size_t len, void *out);

/*
 * The stream at the beginning of `in` must become exactly `out_len` bytes, or
 * it is FAIL_CORRUPT.  The size of the stream goes to `used` if not NULL.
 */
int zlib_inflate(struct zlib *z, const void *in, size_t len, void *out,
		 size_t out_len, size_t *used) MUST_CHECK;

/*
 * A stream of content that comes in parts and is not held, at level 1.  What
 * is ready goes to `out`, whose failure ends the flow; `last`: nothing comes
 * behind this.  No longer than zlib_bound() of the whole.
 */
struct zlib_flow;
int zlib_flow_open(struct zlib_flow **z) MUST_CHECK;
void zlib_flow_close(struct zlib_flow *z);	/* NULL is fine */
int zlib_flow_add(struct zlib_flow *z, const void *in, size_t len, bool last,
		  int (*out)(void *data, const void *bytes, size_t len),
		  void *data) MUST_CHECK;

/* Go on from `crc`, which begins as 0. */
uint32_t zlib_crc32(uint32_t crc, const void *data, size_t len);

#endif
