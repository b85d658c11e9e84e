#ifndef TRACKED_H
#define TRACKED_H

#include "medo/medo.h"

/*
 * Paths of the index that our filter serves (attribute filter=medo), below
 * the top, in git's order.  Operands are pathspecs from where we are; none
 * means all.
 */
int tracked_list(struct medo *medo, const char *const *operands,
		 struct strs *out) MUST_CHECK;

/*
 * The pointer at `path`, as the shell sees it: the file, or, where that is the
 * content of a filtered file, what the index has there.
 */
int tracked_pointer(struct medo *medo, const char *path, struct treeptr *out)
	MUST_CHECK;

#endif
