#ifndef REACH_INT_H
#define REACH_INT_H

#include "medo/reach.h"

/*
 * Pointers under any name: filtered files.  A text that only reads like one
 * counts if its blob is on this disk or its path is filtered.
 */
int reach_small(struct reach *r, struct medo *medo, const char *const *revs,
		const char *dir) MUST_CHECK;

#endif
