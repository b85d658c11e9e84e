#ifndef GITDIR_H
#define GITDIR_H

#include "base/buf.h"
#include "codec/id.h"

/*
 * Where git keeps this repository, and what its configuration says: both in
 * git's own words (git rev-parse, git config), so that safe.directory, -c,
 * includes and the environment count as they do for git.
 */
struct gitdir {
	char *top;		/* work tree; NULL in a bare repository */
	char *dir;		/* $GIT_DIR, absolute */
	char *common;		/* $GIT_COMMON_DIR, absolute */
	char *prefix;		/* where we are below `top`: "" or "a/b/" */
	enum id_algo algo;
	struct strs keys;	/* configuration, in git's order */
	struct strs values;	/* values.v[i] belongs to keys.v[i] */
};

#define GITDIR_INIT { .keys = STRS_INIT, .values = STRS_INIT }

/*
 * FAIL_REQUEST outside a repository, in git's words.  With `optional`, that
 * is 0 and `dir` stays NULL; the configuration is read all the same.
 */
int gitdir_open(struct gitdir *g, bool optional) MUST_CHECK;
void gitdir_release(struct gitdir *g);

/* The last value of "medo.fsync", say (section and name in lower case). */
const char *gitdir_get(const struct gitdir *g, const char *key);
/* "12", "500k", "2m", "1g" as git writes sizes; 0, or -1. */
int size_parse(const char *text, uint64_t *out) MUST_CHECK;
/* FAIL_REQUEST names a value that is not a number. */
int gitdir_get_u64(const struct gitdir *g, const char *key, uint64_t missing,
		   uint64_t *out) MUST_CHECK;
int gitdir_get_bool(const struct gitdir *g, const char *key, bool missing,
		    bool *out) MUST_CHECK;
/* Every value of a multi-valued key: 0, 1 ...; NULL behind the last. */
const char *gitdir_get_nth(const struct gitdir *g, const char *key, size_t n);

/*
 * A path as the user typed it, seen from the top of the work tree: "" is the
 * top, NULL stays NULL.  FAIL_REQUEST outside.  Yours.
 */
int gitdir_below_top(const struct gitdir *g, const char *path, char **out)
	MUST_CHECK;

/*
 * Add a value to the repository's configuration or the user's (`global`), or
 * take out all that are exactly it.
 */
int gitdir_add(struct gitdir *g, const char *key, const char *value,
	       bool global) MUST_CHECK;
int gitdir_remove(struct gitdir *g, const char *key, const char *value,
		  bool global) MUST_CHECK;

#endif
