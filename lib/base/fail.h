#ifndef FAIL_H
#define FAIL_H

#include "base/base.h"

/*
 * How a lower floor says no.
 *
 * A function that can fail returns an int: zero or more when it worked, one
 * of these codes when it did not.  Whoever notices the trouble says so once,
 * with fail(), in its return statement; everybody above hands the number on.
 * The sentence waits in this thread until a command prints or clears it.
 * A sentence is in git's manner: lower case, no full stop, the subject in
 * 'quotes', and where it helps the next step behind a semicolon.
 */
enum fail_code {
	FAIL_SYSTEM  = -1,	/* the kernel refused; errno is in the text */
	FAIL_MISSING = -2,	/* what was asked for is not there */
	FAIL_CORRUPT = -3,	/* bytes differ from what their name promises */
	FAIL_FORMAT  = -4,	/* a file breaks the rules of its own format */
	FAIL_NET     = -5,	/* out of reach; trying again may help */
	FAIL_DENIED  = -6,	/* policy; the text names what would allow it */
	FAIL_STOPPED = -7,	/* the user, or a failed sibling, said stop */
	FAIL_REQUEST = -8,	/* cannot be done as asked; the text says why */
};

int fail(enum fail_code code, const char *fmt, ...) PRINTF(2, 3);
int fail_errno(const char *fmt, ...) PRINTF(1, 2);

/* Put "<what>: " in front of the waiting sentence and hand `code` on. */
int fail_in(int code, const char *fmt, ...) PRINTF(2, 3);

const char *fail_text(void);
void fail_clear(void);

/* Take over a sentence that another thread left behind. */
void fail_adopt(const char *sentence);

/* What the process exits with (design 6): 128, 1, 1, 1, 3, 4, 128, 128. */
int fail_exit_code(int code);

#endif
