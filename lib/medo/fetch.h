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

/*
 * Many at once: asked of each silo together, so that small ones travel in
 * ranges of packs and large ones side by side (see move.h).  What is on this
 * disk already costs nothing.
 */
struct fetch_item {
	struct silo_expect expect;	/* with size */
	struct strs paths;		/* of pointers that name it */
	int result;			/* out: 0 it is here, or a failure */
	char *why;			/* its sentence; fetch_release() frees */
};

/* 0 also where items failed; each says its own. */
int fetch_many(struct medo *medo, struct fetch_item *items, size_t n,
	       struct meter *meter) MUST_CHECK;
void fetch_release(struct fetch_item *items, size_t n);

/*
 * Before each of these pointers (files as the shell sees them) is opened, one
 * after the other: fetch together what is not here.  What no silo has is
 * remembered, and not asked for again by this process.
 */
int fetch_ahead(struct medo *medo, const struct strs *paths) MUST_CHECK;

/* The same, and open it; from the store before the cache. */
int fetch_open(struct medo *medo, const char *path, const struct treeptr *ptr,
	       struct blob *blob) MUST_CHECK;

/* Forget the cache's copy, which turned out bad, and fetch again. */
int fetch_again(struct medo *medo, const char *path, const struct treeptr *ptr,
		struct blob *blob) MUST_CHECK;

#endif
