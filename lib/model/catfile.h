#ifndef CATFILE_H
#define CATFILE_H

#include "base/run.h"
#include "model/gitdir.h"

/*
 * `git cat-file --batch`, started when first asked: objects for a program
 * that must not link libgit2.
 */
struct catfile {
	const struct gitdir *g;
	struct child child;
	struct buf ahead;	/* read from it, not yet taken */
	size_t pos;
};

#define CATFILE_INIT { .child = CHILD_INIT, .ahead = BUF_INIT }

/*
 * The blob of that name ("HEAD:path", an id): 1 and at most `max` bytes, or 0
 * where it is missing, no blob, or larger.
 */
int catfile_get(struct catfile *cat, const char *name, size_t max,
		struct buf *out) MUST_CHECK;
void catfile_release(struct catfile *cat);

#endif
