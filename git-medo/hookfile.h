#ifndef HOOKFILE_H
#define HOOKFILE_H

#include "git-medo/cmd.h"

/*
 * The hooks of a repository: files that may be somebody else's.  Ours is a
 * marked block, put right behind the first line, for a script that ends with
 * `exit` or `exec` would never come to its end.
 */
#define NHOOKS 4
extern const char *const hook_names[NHOOKS];

/* Where git looks: core.hooksPath, or what husky makes of it.  Yours. */
int hooks_dir(const struct medo *medo, char **dir, bool *husky) MUST_CHECK;

/*
 * 1 changed, 0 as it was.  A hook that cannot be changed without harm (no
 * shell script, a symlink, switched off) is FAIL_REQUEST: the sentence says
 * which line to put where.
 */
int hook_put(const char *dir, const char *name, bool husky) MUST_CHECK;
int hook_take(const char *dir, const char *name) MUST_CHECK;

#endif
