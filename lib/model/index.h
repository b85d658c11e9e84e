#ifndef INDEX_H
#define INDEX_H

#include "base/buf.h"
#include "codec/id.h"

#include <sys/stat.h>

/*
 * git's index (gitformat-index(5)), versions 2 to 4, 20 and 32 byte ids: read
 * entry by entry, and patched in place, which libgit2 1.5 may not do (it
 * drops extensions and cannot open split or sparse ones).  Only the 40 bytes
 * of stat data of an entry are ever overwritten; the trailing hash is
 * computed again, or kept zero where it was zero.
 */
struct index_entry {
	const char *path;	/* borrowed until index_close() */
	struct id id;
	unsigned mode;
	unsigned stage;
	bool assume_valid;
	bool skip_worktree;
	size_t stat_off;	/* of its stat data in the file */
};

struct index_file {
	char *path;
	unsigned char *map;
	size_t size;
	struct index_entry *v;
	size_t n;
	enum id_algo algo;
	unsigned version;
	bool split;		/* has a link extension: use git update-index */
	struct buf names;
	struct stat st;		/* of the file that was read */
};

/* FAIL_MISSING where there is none; FAIL_FORMAT for what git refuses. */
int index_open(struct index_file *index, const char *path, enum id_algo algo)
	MUST_CHECK;
void index_close(struct index_file *index);

/* Stage 0 entry of a path, or NULL. */
struct index_entry *index_find(struct index_file *index, const char *path);

/* Are these the stat data in the index?  (As git's ce_match_stat_basic.) */
bool index_stat_matches(const struct index_file *index,
			const struct index_entry *entry,
			const struct stat *st);

/*
 * Patch: hold PATH.lock (created O_EXCL with our pid as git does; waits at
 * most `timeout_ms`; FAIL_REQUEST where somebody holds it), read again under
 * the lock, overwrite stat data, commit by rename.  Between index_lock() and
 * index_commit() the index cannot change.
 */
struct index_lock {
	struct index_file index;
	char *lock_path;
	int fd;
};

int index_lock(struct index_lock *lock, const char *path, enum id_algo algo,
	       unsigned timeout_ms) MUST_CHECK;
void index_set_stat(struct index_lock *lock, struct index_entry *entry,
		    const struct stat *st);
int index_commit(struct index_lock *lock) MUST_CHECK;
void index_unlock(struct index_lock *lock);	/* legal always */

#endif
