#ifndef PUSH_H
#define PUSH_H

#include "medo/reach.h"

/*
 * Blobs from this disk into the silos that SILO.json lets us write.  "There
 * already" is asked of the silo.  What the first silo has moves from the
 * store to the cache.
 */
struct push_result {
	uint64_t sent;		/* blobs, counted once for each silo */
	uint64_t bytes;		/* of their content */
	uint64_t there;		/* the silo had them */
	uint64_t missing;	/* neither here nor there; each was said */
};

struct push_opts {
	bool dry_run;
	int (*each)(void *data, const struct id *id, const char *url,
		    const char *path);	/* sent, or would be; may be NULL */
	void *data;
};

/* What `git medo push` is about; `all`: everything reachable. */
int push_gather(struct reach *r, struct medo *medo, bool all) MUST_CHECK;

int push_blobs(struct medo *medo, const struct reach *r,
	       const struct push_opts *opts, struct push_result *result)
	MUST_CHECK;

#endif
