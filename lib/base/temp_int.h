#ifndef TEMP_INT_H
#define TEMP_INT_H

#include "base/base.h"

/* For temp*.c alone. */
#define TEMP_PREFIX "tmp_"

/*
 * rename(2) that never replaces (FAIL_REQUEST where the name is taken), or,
 * with `swap`, exchanges the two: what was at `to` is at `from` then.
 */
int temp_rename(const char *from, const char *to, bool swap) MUST_CHECK;

int temp_sync_parent(const char *path) MUST_CHECK;

#endif
