#ifndef GATE_INT_H
#define GATE_INT_H

#include "medo/gate.h"

/* For gate*.c alone. */

/* A blob that came in under a path. */
struct change {
	char *commit;		/* borrowed from changes.commits; NULL: index */
	char *path;
	char hex[ID_HEX_MAX];
	bool regular;
	bool filtered;		/* filter=medo */
	bool there;		/* git has it, and */
	uint64_t size;
};

struct changes {
	struct change *v;
	size_t n;
	size_t cap;
	struct strs commits;
	struct strs gone;	/* ids (hex) on the other side of the changes */
};

#define CHANGES_INIT { .commits = STRS_INIT, .gone = STRS_INIT }

/*
 * git diff-index, or diff-tree --stdin, with --raw -z --no-abbrev.  `up` leads
 * from where we are to the top: paths are as the user may type them.
 */
int changes_parse(struct changes *changes, const struct buf *text,
		  const char *up) MUST_CHECK;
void changes_release(struct changes *changes);

/* Which are filtered; by the attributes of the index at `index_file`. */
int changes_ask_attr(struct change *v, size_t n, const char *index_file)
	MUST_CHECK;
int changes_ask_size(struct changes *changes) MUST_CHECK;

/*
 * For a hook, which is run at the top: is there surely nothing to check?
 * Answered without any program.
 */
bool gate_nothing_of_ours(const struct changes *changes);

/* Run git; its exit status other than 0 is FAIL_REQUEST with `why_not`. */
int gate_git(const char *const *argv, const struct buf *input,
	     struct buf *out, const char *why_not) MUST_CHECK;
/* One line of output, without its end; yours.  NULL where git fails. */
char *gate_line(const char *const *argv);

#endif
