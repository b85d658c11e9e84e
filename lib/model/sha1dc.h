#ifndef SHA1DC_H
#define SHA1DC_H

#include "codec/id.h"

/*
 * Object ids with collision detection, for content of which nothing but the
 * SHA-1 id is known.  libgit2's hash, the same as git's; streaming.
 */
struct sha1dc;

int sha1dc_new(struct sha1dc **out, uint64_t size) MUST_CHECK;
int sha1dc_add(struct sha1dc *dc, const void *data, size_t len) MUST_CHECK;
/* FAIL_CORRUPT where the bytes are half of a known kind of collision. */
int sha1dc_final(struct sha1dc *dc, struct id *out) MUST_CHECK;
void sha1dc_free(struct sha1dc *dc);

#endif
