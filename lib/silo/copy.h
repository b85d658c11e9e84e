#ifndef COPY_H
#define COPY_H

#include "silo/move.h"

/*
 * Blobs from one silo to another, wherever they are: each read, verified by
 * its id, and put as a push puts it.  Between two far ones they pass through
 * this disk, some at a time.
 */
struct copy_result {
	uint64_t copied;
	uint64_t there;
	uint64_t failed;	/* each was told */
	int worst;		/* of the failures */
};

struct copy_opts {
	const struct idset *only;	/* NULL: all that `from` lists */
	const char *scratch;		/* a directory for what passes through */
	struct move_opts how;
	int (*failed)(void *data, const struct id *id, const char *why);
	void *data;
};

int copy_silo(struct silo *from, struct silo *to, const struct copy_opts *opts,
	      struct copy_result *result) MUST_CHECK;

#endif
