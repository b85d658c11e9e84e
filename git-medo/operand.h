#ifndef OPERAND_H
#define OPERAND_H

#include "medo/content.h"

/*
 * An operand TREEPTR, TREEPTR:PATH or, for diff, REV:TREEPTR, opened: the
 * pointer and its blob, fetched if need be.
 */
struct operand {
	struct treeptr ptr;
	char *file;		/* of the treeptr */
	char *inside;		/* PATH, or NULL */
	char *name;		/* what a plain file's only entry is called */
	struct blob blob;
};

#define OPERAND_INIT { .ptr = TREEPTR_INIT, .blob = BLOB_INIT }

int operand_open(struct operand *o, struct medo *medo, const char *arg)
	MUST_CHECK;
int operand_open_rev(struct operand *o, struct medo *medo, const char *arg)
	MUST_CHECK;
void operand_release(struct operand *o);

/* All entries, proven, into `handler`. */
int operand_read(struct operand *o, struct medo *medo,
		 const struct entry_handler *handler) MUST_CHECK;

#endif
