#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "base/base.h"

/*
 * Passwords, in the user's own way of keeping them: `git credential`, which
 * asks helpers, askpass or the terminal as the configuration says.  A password
 * goes through a pipe only, never an argv, and is overwritten when released.
 */
struct credential {
	char *protocol;		/* "https", "http", "cert" */
	char *host;		/* with ":port" where there is one */
	char *path;		/* without the slash in front; or NULL */
	char *username;		/* or NULL */
	char *password;		/* or NULL */
};

#define CREDENTIAL_INIT { .protocol = NULL }

/*
 * Both username and password, or FAIL_DENIED: nobody has one, or what came
 * has control characters.  May ask at the terminal: one at a time.
 */
int credential_fill(struct credential *c) MUST_CHECK;
/* It was let in: to be kept.  Or it was not: to be forgotten.  No failure. */
void credential_approve(const struct credential *c);
void credential_reject(const struct credential *c);

void credential_forget(struct credential *c);	/* the password alone */
void credential_release(struct credential *c);

#endif
