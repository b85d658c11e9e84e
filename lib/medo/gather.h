#ifndef GATHER_H
#define GATHER_H

#include "medo/medo.h"

/*
 * Which treeptrs a command is about.  An operand is a *.treeptr file or a
 * directory, which means all below it; no operand means the whole work tree.
 * What expand made and the copy of its treeptr (a record in .medo/ names them)
 * are passed by, and .git is not entered.
 */
struct found {
	char *path;	/* as the user may type it, from where he is */
	char *name;	/* below its operand, without ".treeptr" */
};

struct gather {
	struct found *v;
	size_t n;
	size_t cap;
};

#define GATHER_INIT { .v = NULL }
#define TREEPTR_SUFFIX ".treeptr"

/*
 * Sorted by path within an operand.  An operand that is not there is
 * FAIL_MISSING; a file that is no *.treeptr is FAIL_REQUEST.
 */
int gather(struct gather *g, struct medo *medo, const char *const *operands)
	MUST_CHECK;
/* All below one directory. */
int gather_dir(struct gather *g, const char *dir) MUST_CHECK;
void gather_release(struct gather *g);

/* From where we are to the top of the work tree: "" or "../../"; yours. */
char *gather_way_up(const struct medo *medo);

/*
 * For who walks down: which entries of a directory did expand make?  `above`
 * is the directory that holds this one, as `name`; NULL where the walk begins.
 */
struct made {
	struct strs notes;	/* directories with records about what is here */
};

#define MADE_INIT { .notes = STRS_INIT }

void made_enter(struct made *made, const struct made *above, const char *name,
		const char *dir);
bool made_has(const struct made *made, const char *name, size_t len);
void made_release(struct made *made);

/* 1 it is a place that expand made (DEST with a .medo/ in it), 0 it is not. */
int gather_is_dest(const char *dir) MUST_CHECK;

#endif
