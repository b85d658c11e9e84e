#ifndef MIDX_H
#define MIDX_H

#include "base/buf.h"
#include "codec/id.h"

/*
 * One table over many packs: git's multi-pack-index (gitformat-pack(5),
 * version 1; chunks PNAM OIDF OIDL OOFF LOFF), under a name of its own,
 * pack/index-<sha256 of its bytes>.midx.  Also single .idx files (version 2),
 * from memory.  Checked before they are believed: sizes, fan-out, order,
 * pack numbers, offsets.
 */
struct midx;

/* Takes the bytes over. */
int midx_open(struct midx **out, struct buf *bytes, enum id_algo algo,
	      const char *what) MUST_CHECK;
/* An .idx of one pack, as a table of one; `pack`: "pack-<hash>". */
int midx_open_idx(struct midx **out, struct buf *bytes, enum id_algo algo,
		  const char *pack) MUST_CHECK;
void midx_free(struct midx *midx);	/* NULL is fine */

struct midx_place {
	uint32_t pack;
	uint64_t offset;
	uint64_t next;		/* of the next object; UINT64_MAX: the last */
};
/* 1 there, 0 not. */
int midx_find(const struct midx *midx, const struct id *id,
	      struct midx_place *out) MUST_CHECK;
size_t midx_packs(const struct midx *midx);
const char *midx_pack(const struct midx *midx, size_t i);  /* "pack-<hash>" */
size_t midx_objects(const struct midx *midx);
void midx_at(const struct midx *midx, size_t i, struct id *id,
	     struct midx_place *out);

/*
 * One table out of several; where two have an id, the earlier one wins.
 * Packs in `without` are left out, and ids that only they have.
 */
int midx_merge(struct buf *out, enum id_algo algo,
	       const struct midx *const *from, size_t n,
	       const struct strs *without) MUST_CHECK;

#endif
