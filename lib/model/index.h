#ifndef INDEX_H
#define INDEX_H

#include "base/temp.h"
#include "codec/id.h"

#include <sys/stat.h>

/*
 * git's index (gitformat-index(5)), versions 2 to 4, 20 and 32 byte ids: read
 * entry by entry, and patched in place, which libgit2 1.5 may not do (it
 * drops extensions and cannot open split or sparse ones).  Only the stat data
 * of an entry are ever overwritten; the trailing hash is computed again, or
 * kept zero where it was zero.
 */
struct index_entry {
	const char *path;	/* borrowed until index_close() */
	struct id id;
	unsigned mode;		/* 040000: a sparse directory, "path/" */
	unsigned stage;
	bool assume_valid;
	bool skip_worktree;
	bool intent_to_add;
	size_t stat_off;	/* of its stat data in the file */
};

struct index_file {
	unsigned char *map;	/* private: what is patched stays here */
	size_t size;
	struct index_entry *v;
	size_t n;
	enum id_algo algo;
	unsigned version;
	bool split;		/* most entries are in a shared index; `v` has
				   only the rest, some without a path: see
				   index_open_split() */
	bool sparse;
	char *names;		/* of version 4, or of git */
	struct stat st;		/* of the file that was read */
};

#define INDEX_FILE_INIT { .map = NULL }

/* FAIL_MISSING where there is none; FAIL_FORMAT for what git refuses. */
int index_open(struct index_file *index, const char *path, enum id_algo algo)
	MUST_CHECK;
void index_close(struct index_file *index);

/*
 * All entries of a split index, as `git ls-files` in `top` tells them; they
 * have no stat data to match or patch.
 */
int index_open_split(struct index_file *index, const char *top,
		     enum id_algo algo) MUST_CHECK;

/* The same as index_open() for bytes at hand, which stay the caller's and must outlive it. */
int index_parse(struct index_file *index, const void *data, size_t size,
		enum id_algo algo) MUST_CHECK;

/* Stage 0 entry of a path, or NULL. */
struct index_entry *index_find(const struct index_file *index,
			       const char *path);

/*
 * Are these the stat data in the index?  At least as strict as git, but for
 * the fields that other writers of indexes leave zero.
 */
bool index_stat_matches(const struct index_file *index,
			const struct index_entry *entry,
			const struct stat *st);

/*
 * Patch.  PATH.lock is taken as git takes it (FAIL_REQUEST where somebody
 * holds it for `timeout_ms`), the index is read again under it and checked
 * against its hash (FAIL_CORRUPT), patched in memory, and written.  While the
 * lock is held the index cannot change.  `dir` is for the lock's mark
 * (lock_open() in temp.h).
 */
struct index_lock {
	struct index_file index;
	struct lock lock;
	char *path;		/* symlinks resolved, as git does */
	char *dir;
};

#define INDEX_LOCK_INIT { .lock = LOCK_INIT }

int index_lock(struct index_lock *lock, const char *path, const char *dir,
	       enum id_algo algo, unsigned timeout_ms) MUST_CHECK;
void index_set_stat(struct index_lock *lock, struct index_entry *entry,
		    const struct stat *st);

/*
 * Size 0 in place of what is known.  git believes a size that differs without
 * a look at the content, but never a zero: whatever happens to the file next,
 * git will compare it.
 */
void index_forget_stat(struct index_lock *lock, struct index_entry *entry);

/* What was patched so far becomes the index; the lock stays. */
int index_publish(struct index_lock *lock, unsigned temp_flags) MUST_CHECK;

/* It becomes the index, and the lock goes, also where this failed. */
int index_commit(struct index_lock *lock, unsigned temp_flags) MUST_CHECK;

void index_unlock(struct index_lock *lock);	/* legal always */

#endif
