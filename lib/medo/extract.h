#ifndef EXTRACT_H
#define EXTRACT_H

#include "base/pool.h"
#include "base/temp.h"
#include "codec/entry.h"

/*
 * The handler that makes files: below one directory's descriptor, never
 * outside it, whatever the archive says.  Directories are made in order by
 * the caller's thread, files by the pool through openat() on the fd of their
 * directory; symlinks and modes of directories come last.
 */
struct extract;

struct extract_opts {
	bool preserve;		/* modes as recorded (setuid and setgid still go) */
	bool touch;		/* mtimes: now, instead of what the archive says */
	bool durable;		/* informational: the stage will be synced */
};

/* `dirfd` stays the caller's and must be empty. */
struct extract *extract_new(int dirfd, struct pool *pool,
			    const struct extract_opts *opts);
struct entry_handler extract_handler(struct extract *extract);

/* Wait for all files, then links, mtimes and modes of directories. */
int extract_finish(struct extract *extract) MUST_CHECK;
void extract_free(struct extract *extract);	/* waits for its jobs */

/*
 * After extract_finish(): the one name at the top if there is just one and it
 * is a directory, else NULL.  Borrowed.
 */
const char *extract_single_top(const struct extract *extract);

#endif
