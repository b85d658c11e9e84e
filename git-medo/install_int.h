#ifndef INSTALL_INT_H
#define INSTALL_INT_H

#include "git-medo/cmd.h"

/* What install writes and uninstall takes out. */
struct setting {
	const char *key;	/* as git prints it */
	const char *value;
	const char *skip;	/* with --skip-smudge, or NULL: the same */
};

#define NSETTINGS 10
#define SETTING_NO_HOOKS 9	/* there only after --skip-hooks */
extern const struct setting settings[NSETTINGS];

enum scope { SCOPE_GLOBAL, SCOPE_LOCAL, SCOPE_SYSTEM };
const char *scope_option(enum scope scope);	/* "--global" */

/* What that scope says now; every value, joined by line feeds, or NULL. */
struct have {
	char *v[NSETTINGS];
};
int settings_read(enum scope scope, struct have *have) MUST_CHECK;
void have_release(struct have *have);

/* Is it what install writes, in either way? */
bool setting_ours(const struct setting *setting, const char *value);
int setting_change(enum scope scope, const struct setting *setting,
		   const char *value) MUST_CHECK;	/* NULL: take out */

#define SCOPE_OPTS(scope) \
	OPT_SET(0, "global", scope, SCOPE_GLOBAL, \
		"for this user (the default)"), \
	OPT_SET(0, "local", scope, SCOPE_LOCAL, "for this repository"), \
	OPT_SET(0, "system", scope, SCOPE_SYSTEM, "for this machine")

#endif
