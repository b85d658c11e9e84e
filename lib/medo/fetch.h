#ifndef FETCH_H
#define FETCH_H

#include "medo/medo.h"

/*
 * get(id): store, cache, then each silo in order.  What came from far is
 * verified and kept in the cache.
 */

/* 1 in store or cache, 0 not; by name only. */
int fetch_near(struct medo *medo, const struct id *id) MUST_CHECK;

/*
 * Make sure that the blob of the pointer at `path` is on this disk.
 * FAIL_MISSING: every silo was asked and none has it; FAIL_NET: one that may
 * have it is out of reach; FAIL_DENIED: one needs the user's word.
 */
int fetch_one(struct medo *medo, const char *path, const struct treeptr *ptr,
	      struct meter *meter) MUST_CHECK;

/* The same, and open it; from the store before the cache. */
int fetch_open(struct medo *medo, const char *path, const struct treeptr *ptr,
	       struct blob *blob) MUST_CHECK;

/* Forget the cache's copy, which turned out bad, and fetch again. */
int fetch_again(struct medo *medo, const char *path, const struct treeptr *ptr,
		struct blob *blob) MUST_CHECK;

#endif
