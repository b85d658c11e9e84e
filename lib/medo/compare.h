#ifndef COMPARE_H
#define COMPARE_H

#include "medo/content.h"

/*
 * Is what lies at `place` (a directory; or a file, for a pointer without
 * format) exactly what the blob says: every entry, its type, mode, target and
 * bytes, and nothing besides?  FAIL_CORRUPT names the first difference.
 */
int compare_tree(struct medo *medo, struct content *content,
		 const char *place) MUST_CHECK;

#endif
