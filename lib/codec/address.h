#ifndef ADDRESS_H
#define ADDRESS_H

#include "base/base.h"

/*
 * What stands behind "silo::" in the URL of a git remote: a path, a URL of
 * backend_far(), or "silo://HOST/PATH"; where a hosted repository lies.
 */
struct address {
	char *root;		/* what a backend is opened on, path or URL */
	char *dir;		/* of it below that: "", "NAME/", "git/NAME/" */
	bool folder;		/* on this disk */
	bool in_silo;		/* "git/NAME/", so `root` may be a silo */
};

#define ADDRESS_INIT { .root = NULL }

/* A relative path is one below `base` (NULL: where we are).  FAIL_REQUEST. */
int address_parse(struct address *out, const char *text, const char *base)
	MUST_CHECK;
void address_release(struct address *address);

#endif
