#ifndef SWAP_H
#define SWAP_H

#include "medo/medo.h"

/*
 * Pointers in the work tree become their content, and back, without git
 * noticing: look, then lock, then act (design 2.11).  A file is touched only
 * if it is exactly the pointer that the index names for it, before and under
 * git's own lock; what is not touched stays as it is.  No change of anybody
 * is lost, whenever we are killed; $GIT_DIR/medo/pending names what is not
 * done.
 */
struct swap_result {
	size_t files;		/* swapped */
	uint64_t bytes;
	size_t missing;		/* their blob is not to be had: pointers stay */
	uint64_t missing_bytes;
	int missing_code;	/* the first such failure, and its sentence */
	char *missing_why;
	size_t failed;		/* disk full, say; each was told on stderr */
	size_t left;		/* not what git wrote there, or not any more */
	size_t pending;		/* interrupted, or the lock is held */
};

#define SWAP_RESULT_INIT { .files = 0 }
void swap_result_release(struct swap_result *result);

/*
 * What a filter answered with a pointer, gathered while git runs, and swapped
 * in when git has closed the pipe.
 */
struct swap;

/* Remembers who our parent is: once it is gone, no more is begun. */
int swap_open(struct swap **out, struct medo *medo) MUST_CHECK;
void swap_free(struct swap *swap);		/* NULL is fine */

/*
 * `path` below the top; `text` is the pointer as it was answered, `blob` what
 * git calls it (NULL: hashed here).  Of a path that comes twice the last
 * counts.
 */
void swap_add(struct swap *swap, const char *path, const struct id *blob,
	      const void *text, size_t len, const struct treeptr *ptr);
size_t swap_count(const struct swap *swap);

/*
 * Swap them in.  0 also where some stayed pointers, as `result` tells.
 * FAIL_STOPPED: a signal, or our parent is gone; what was finished is in the
 * index.  FAIL_REQUEST: somebody held the index's lock all the time.
 */
int swap_run(struct swap *swap, struct swap_result *result) MUST_CHECK;

/*
 * What a filter left undone, if anything; one open(2) if not.  While another
 * process is at it: 0, nothing done.
 */
int swap_resume(struct medo *medo, struct swap_result *result) MUST_CHECK;

/*
 * Filtered paths (the caller knows that they are), below the top: those that
 * are pointers become content, or content becomes pointers.  For the latter
 * the file must hash to the blob, and a silo must be seen to have it; else it
 * is `left`.
 */
int swap_get(struct medo *medo, const struct strs *paths,
	     struct swap_result *result) MUST_CHECK;
int swap_drop(struct medo *medo, const struct strs *paths,
	      struct swap_result *result) MUST_CHECK;

#endif
