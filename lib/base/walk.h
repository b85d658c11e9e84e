#ifndef WALK_H
#define WALK_H

#include "base/base.h"

#include <sys/stat.h>

/*
 * Everything below a directory, symlinks not followed, directories before
 * what they hold, in an order that depends on the names alone.  `path` is
 * relative to the root.  A failure of `each` ends the walk.  Paths up to
 * PATH_MAX; at any depth only two descriptors are open.
 */
int walk_tree(int rootfd, int (*each)(void *data, const char *path,
				      const struct stat *st),
	      void *data) MUST_CHECK;

#endif
