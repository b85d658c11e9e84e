#ifndef PUSH_INT_H
#define PUSH_INT_H

#include "git-remote-silo/helper.h"

/* One ref that git wants to change, and what becomes of it. */
struct wish {
	char *src;		/* "" : delete it */
	char *dst;
	bool force;
	bool commit;		/* the new value is a commit */
	struct id new;		/* algo ID_NONE: delete it */
	struct id peeled;
	bool leased;		/* --force-with-lease */
	struct id lease;
	bool looked;
	struct id seen;		/* what it was when we looked first */
	struct id old;		/* and now */
	bool forward;		/* nothing of `seen` is lost */
	bool same;		/* nothing to do */
	const char *no;		/* why not, in words that git knows, or NULL */
	char *why;		/* or of our own */
};

struct pushing {
	struct helper *helper;
	struct wish *wishes;
	size_t n;
	struct strs want;	/* new values, hex */
	struct strs have;	/* what the other side has and we have, too */
	char *current;		/* the branch we are on, or NULL */
};

/* The lines of the batch, and what their names mean here. */
int wishes_take(struct pushing *p) MUST_CHECK;

/*
 * What may be done, as things are now; may be asked again after others have
 * pushed.  The number of wishes that are left to be done.
 */
int wishes_judge(struct pushing *p, const struct hosted_state *state,
		 enum id_algo algo) MUST_CHECK;
static inline bool wish_stands(const struct wish *wish)
{
	return !wish->no && !wish->why && !wish->same;
}

/* The updates of those that stand; yours to free.  Names are borrowed. */
struct hosted_update *wishes_updates(const struct pushing *p, size_t *n);

/* Which branch HEAD shall name; NULL: as it is.  Yours. */
char *wishes_head(struct pushing *p, const struct hosted_state *state);

/* Blobs of pointers first. */
int push_pointers(struct pushing *p) MUST_CHECK;
/* FAIL_CORRUPT: this repository is shallow just where it would matter. */
int push_whole(struct pushing *p) MUST_CHECK;

#endif
