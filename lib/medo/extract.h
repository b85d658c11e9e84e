#ifndef EXTRACT_H
#define EXTRACT_H

#include "base/pool.h"
#include "base/temp.h"
#include "codec/entry.h"

/*
 * The handler that makes files: below one directory's descriptor, never
 * outside it, whatever the archive says.  Directories are made in order by
 * the caller's thread, files by the pool through openat() on the fd of their
 * directory; hard links, symlinks, and times and modes of directories come
 * last.
 *
 * A parent is a directory that this run made, so no symlink is ever walked
 * through.  Refused with FAIL_FORMAT, both names in the sentence: a name that
 * occurs twice (but a directory may be named again), a file where a directory
 * is needed, two names that are one on this file system, a hard link to
 * anything but a file that came before.
 */
struct extract;

struct extract_opts {
	bool preserve;	/* modes as recorded (setuid, setgid, sticky still go) */
	bool touch;	/* mtimes: now, instead of what the archive says */
	bool durable;	/* informational: the stage will be synced */
	/*
	 * Symlinks that are absolute or lead out of the tree are made as
	 * recorded; otherwise they are FAIL_DENIED.
	 */
	bool links_out;
	/* Directories that no entry names count too; 0: 20,000,000. */
	uint64_t names;
};

/* `dirfd` stays the caller's and must be empty. */
struct extract *extract_new(int dirfd, struct pool *pool,
			    const struct extract_opts *opts);
struct entry_handler extract_handler(struct extract *extract);

/*
 * The top directory will stay where it is.  Without this word a symlink that
 * leads out of a single top directory (../top/x) leads out of the tree, as
 * the caller will take that directory for the tree.
 */
void extract_keep_top(struct extract *extract);

/* Wait for all files, then links, mtimes and modes of directories. */
int extract_finish(struct extract *extract) MUST_CHECK;
void extract_free(struct extract *extract);	/* waits; NULL is fine */

/*
 * After extract_finish(): the one name at the top if there is just one and it
 * is a directory, else NULL.  Borrowed.
 */
const char *extract_single_top(const struct extract *extract);

#endif
