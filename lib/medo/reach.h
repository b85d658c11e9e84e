#ifndef REACH_H
#define REACH_H

#include "medo/medo.h"

/*
 * Which blobs the work tree, the index and the history name: each id once,
 * with its size and one path (below the top of the work tree, or as typed).
 * A blob may be named in several directories, and so belong to several silos:
 * `more` has a path for each of the others.
 */
struct named {
	uint64_t size;
	char *path;
	struct strs *more;	/* NULL: none; there may be a million of us */
	struct seal seal;
	bool has_seal;
};

struct reach {
	struct idset ids;
	struct named *v;	/* v[i] belongs to ids.ids[i] */
	size_t cap;
	bool strict;		/* a malformed pointer ends it; else a warning */
};

#define REACH_INIT { .v = NULL }

/* One more. */
void reach_note(struct reach *r, const char *path, const struct treeptr *ptr);

/* Pointers that lie in the work tree; operands as for gather(). */
int reach_tree(struct reach *r, struct medo *medo, const char *const *operands)
	MUST_CHECK;

/*
 * Pointers that `git rev-list ARGS` reaches, below `dir` if not NULL: each
 * *.treeptr, and filtered files, whatever they are called.
 */
int reach_history(struct reach *r, struct medo *medo, const char *const *revs,
		  const char *dir) MUST_CHECK;

/*
 * Everything this repository may still need: all refs, reflogs, indexes, and
 * what git is in the middle of.
 */
int reach_roots(struct reach *r, struct medo *medo) MUST_CHECK;

/* Take over from `from` what lies in `silo`. */
int reach_keep(struct reach *r, const struct reach *from, struct silo *silo)
	MUST_CHECK;

/* The k-th path of v[i], or NULL behind the last. */
const char *reach_path(const struct reach *r, size_t i, size_t k);

struct silo_expect reach_expect(const struct reach *r, size_t i);
void reach_release(struct reach *r);

#endif
