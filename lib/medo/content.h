#ifndef CONTENT_H
#define CONTENT_H

#include "codec/entry.h"
#include "medo/medo.h"

/*
 * A blob's entries, whatever is wrapped around them: tar, tar in a stream,
 * zip, or a plain file, which is one entry called `name`.  Everything is
 * verified against the pointer; with `proven`, before the handler sees
 * anything (for who prints), else at the latest when this returns (for who
 * stages).
 */
struct content {
	struct blob *blob;
	const struct treeptr *ptr;
	const char *name;
	const struct entry_handler *handler;
	struct entry_limits limits;
	bool proven;
	struct meter *meter;	/* ticks content bytes */
	bool ours;		/* out: a tar as `medo add DIR` makes it */
};

int content_read(struct medo *medo, struct content *content) MUST_CHECK;

/* "--max-entries" and "--max-size" as options, 0: none given. */
#define CONTENT_LIMIT_OPTS(limits) \
	OPT_UINT(0, "max-entries", &(limits)->entries, "n", \
		 "refuse archives with more entries"), \
	OPT_UINT(0, "max-size", &(limits)->size, "bytes", \
		 "refuse archives with more content")

#endif
