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

/*
 * All four; `changed` (or NULL) hears of each that was.  One that cannot be
 * changed is a warning, and counted in `left`.
 */
int hooks_put(const struct medo *medo,
	      void (*changed)(void *data, const char *name), void *data,
	      unsigned *left) MUST_CHECK;

/*
 * A clone has no hooks, and a push without ours would leave contents behind:
 * put in what is not there at all.  Nothing of somebody else is touched, so
 * nothing happens with core.hooksPath, nor where medo.hooks is false.
 */
int hooks_put_new(const struct medo *medo) MUST_CHECK;
/* Cheap, and sometimes wrong in saying that they may be missing. */
bool hooks_may_lack(void);

#endif
