#ifndef TEMP_H
#define TEMP_H

#include "base/base.h"

/*
 * The only door through which bytes become a file with a name.
 *
 * A temp lives beside its final place (tmp_medo_XXXXXX), is invisible under its
 * final name until it is whole, and never outlives the process: it is
 * removed by temp_drop(), at exit, and by a signal.  What a kill -9 leaves
 * temp_sweep() removes: a temp is locked (flock) while its maker lives.
 * Nobody else in this tree calls open(O_CREAT), rename(), link() or fsync(),
 * except the workers that fill a stage, below.
 */
struct temp {
	int fd;
	int slot;
};

#define TEMP_INIT { .fd = -1, .slot = -1 }

enum temp_flags {
	TEMP_DURABLE  = (1 << 0),	/* survives a power cut once committed */
	TEMP_KEEP_OLD = (1 << 1),	/* same name, same bytes: first one wins */
	TEMP_EXCL     = (1 << 2),	/* a name that is taken: FAIL_REQUEST */
	TEMP_PRIVATE  = (1 << 3),	/* mode 0600 instead of what umask says */
	TEMP_AS_IS    = (1 << 4),	/* the mode that fchmod() gave it */
};

/* Remove the temps and stages in `dir` whose makers are gone. */
void temp_sweep(const char *dir);

int temp_open(struct temp *temp, const char *dir) MUST_CHECK;
int temp_commit(struct temp *temp, const char *path, unsigned flags) MUST_CHECK;
void temp_drop(struct temp *temp);
const char *temp_path(const struct temp *temp);	/* borrowed */

/*
 * A grown temp, grow_XXXXXX: its bytes count from the moment they are
 * written.  From temp_keep() on nobody removes it, neither temp_drop() nor
 * exit, a signal or temp_sweep(); only temp_commit() and temp_discard() end
 * it.  What a kill leaves is taken over by who knows how to finish it.
 */
#define TEMP_GROWN "grow_"
int temp_open_grown(struct temp *temp, const char *dir) MUST_CHECK;
void temp_keep(struct temp *temp);
void temp_discard(struct temp *temp);	/* remove it, kept or not */
/*
 * Take over a kept one: 1 it is ours, locked and open for writing; 0 its
 * maker lives, or it is gone.
 */
int temp_adopt(struct temp *temp, const char *path) MUST_CHECK;
/* The same for a name that is known before; made where it is not there. */
int temp_resume(struct temp *temp, const char *path) MUST_CHECK;

/* Small whole file: temp_open, write, temp_commit. */
int temp_write(const char *path, const void *data, size_t len, unsigned flags)
	MUST_CHECK;

/*
 * The same for a path where nobody sweeps, in a work tree say: the temp is in
 * `via`, where somebody does, if that is on the same file system.  `via` NULL:
 * beside `path`.
 */
int temp_write_via(const char *via, const char *path, const void *data,
		   size_t len, unsigned flags) MUST_CHECK;

/*
 * A file that has a name moves to another on the same file system; with
 * TEMP_KEEP_OLD `from` is gone afterwards even where `to` was there before.
 */
int temp_move(const char *from, const char *to, unsigned flags) MUST_CHECK;

/* Make a directory and what is missing above it, each synced if durable. */
int temp_mkdirs(const char *path, unsigned flags) MUST_CHECK;

/*
 * A stage is a directory that is filled out of sight (mode 0700) and gets
 * its name in one rename.  `fd` is open on it.
 */
struct stage {
	int fd;
	int slot;
};

#define STAGE_INIT { .fd = -1, .slot = -1 }

int stage_open(struct stage *stage, const char *dir) MUST_CHECK;

/*
 * Give it, or the entry `inner` in it if not NULL, the name `path`.  A name
 * that is taken is FAIL_REQUEST, except with TEMP_REPLACE: then what was
 * there is swapped out and removed.  TEMP_DURABLE: syncfs before the rename.
 */
enum stage_flags { TEMP_REPLACE = (1 << 8) };
int stage_commit(struct stage *stage, const char *inner, const char *path,
		 unsigned flags) MUST_CHECK;
void stage_drop(struct stage *stage);
const char *stage_path(const struct stage *stage);

/*
 * Put the entry `inner` in place of dirfd/name, which is there and no
 * directory: what was there is `inner` then, for the caller to look at (and
 * to put back the same way).  1; or 0 where the file system knows no exchange
 * and the old one is gone.  FAIL_MISSING: there was nothing;  FAIL_REQUEST:
 * another file system.
 */
int stage_swap(const struct stage *stage, const char *inner, int dirfd,
	       const char *name) MUST_CHECK;

/*
 * A lock file as git makes them (index.lock): `path` is created, or is there
 * already (FAIL_REQUEST), and goes with the process.  What is written to
 * mark.fd (mode 0600; fchmod) becomes `path`'s target by lock_commit().  It
 * has a second name in `dir`, on the same file system, by which the next
 * lock_open() knows a lock that a kill -9 left, and removes it.
 */
struct lock {
	struct temp mark;
	int slot;
};

#define LOCK_INIT { .mark = TEMP_INIT, .slot = -1 }

int lock_open(struct lock *lock, const char *path, const char *dir) MUST_CHECK;
int lock_commit(struct lock *lock, const char *path, unsigned flags) MUST_CHECK;
void lock_drop(struct lock *lock);

/*
 * From now on a first signal only asks us to stop, so that there is time to
 * clean up elsewhere; one that comes two seconds later ends us at once.
 * Opening a temp does that, too.
 */
void stop_listen(void);

/* Has the user asked us to stop?  Loops ask once per block. */
int stop_asked(void);

/* FAIL_STOPPED if so, else 0. */
int stop_check(void) MUST_CHECK;

/* If so, die of the very signal, so that the shell knows; else return. */
void stop_now(void);

#endif
