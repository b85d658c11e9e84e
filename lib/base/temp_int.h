#ifndef TEMP_INT_H
#define TEMP_INT_H

#include "base/base.h"

/*
 * For temp*.c alone.  A sweeper removes what has such a name: it must be one
 * that nobody else would give (tmp_backup, tmp_cache).
 */
#define TEMP_PREFIX "tmp_medo_"
#define LOCK_PREFIX "lock_medo_"

/* A lock at `path` whose maker is gone, as its mark in `dir` tells, goes. */
void temp_unlock(const char *path, const char *dir);

/*
 * rename(2) that never replaces (FAIL_REQUEST where the name is taken), or,
 * with `swap`, exchanges the two: what was at `to` is at `from` then.
 */
int temp_rename(const char *from, const char *to, bool swap) MUST_CHECK;

/*
 * Open a file of ours whose maker is gone, and lock it.  FAIL_MISSING, without
 * a sentence, where its maker lives or it is there no more.
 */
int temp_take_over(const char *path) MUST_CHECK;

int temp_sync_parent(const char *path) MUST_CHECK;

#endif
