#ifndef STATUS_FILTERED_H
#define STATUS_FILTERED_H

#include "medo/medo.h"

/*
 * The files that our filter serves, as the index names them: is the content
 * of each in the work tree, on this disk, in a silo?
 */
enum filtered_state {
	FILTERED_HERE,		/* content, and not only in the store */
	FILTERED_UNPUSHED,	/* content, only on this disk */
	FILTERED_POINTER,	/* a pointer; its blob is on this disk */
	FILTERED_ABSENT,	/* a pointer, and its blob is not here */
	FILTERED_STATES,
};

/* `path` below the top.  Nothing is asked where no filter is installed. */
int filtered_each(struct medo *medo, const char *const *operands,
		  const struct idset *stored,
		  int (*each)(void *data, enum filtered_state state,
			      const char *path, uint64_t size),
		  void *data) MUST_CHECK;

#endif
