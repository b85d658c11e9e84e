#ifndef MOVE_H
#define MOVE_H

#include "base/meter.h"
#include "silo/silo.h"

/*
 * Many blobs between this disk and another place, by one plan: small ones by
 * ranges of packs, put together; large ones several at a time, each resumed
 * where an earlier run was cut.  What cannot be had does not keep back the
 * rest.
 */
struct move_item {
	struct silo_expect expect;	/* with size, if it is known */
	int result;	/* out: 1 moved, 0 it was there, or a failure */
	char *why;	/* its sentence; yours to free */
};

struct move_opts {
	unsigned jobs;		/* at a time; 0: 8 */
	uint64_t rate;		/* bytes a second, both ways; 0: no limit */
	struct pool *pool;	/* for verifying */
	struct meter *meter;	/* content bytes */
};

/* 0 also where items failed: see each.  `to` is a silo on this disk. */
int move_here(struct silo *to, struct silo *from, struct move_item *items,
	      size_t n, const struct move_opts *opts) MUST_CHECK;

/*
 * Out of the first of `from` (silos on this disk) that has it.  Small blobs
 * make one pack, announced when all of them are there.
 */
int move_there(struct silo *const *from, size_t nfrom, struct silo *to,
	       struct move_item *items, size_t n, const struct move_opts *opts)
	MUST_CHECK;

void move_release(struct move_item *items, size_t n);	/* the sentences */

#endif
