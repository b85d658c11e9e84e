#ifndef EXPAND_H
#define EXPAND_H

#include "codec/entry.h"
#include "medo/gather.h"
#include "medo/medo.h"

/*
 * A blob becomes a tree below DEST, whole or not at all.  Beside DEST/NAME
 * stays a copy of its treeptr, and in DEST/.medo/ a stat record, so that the
 * next look is an lstat of each file.
 */
struct expand_opts {
	bool force;		/* swap what is there and differs */
	bool relocate;		/* elsewhere than `prefix` says */
	bool preserve;		/* modes as recorded */
	bool touch;		/* mtimes: now */
	bool links_out;		/* symlinks that leave the tree */
	bool deep;		/* of what is there, read the content */
	struct entry_limits limits;
	const char *sync;	/* the medo it is made for, or NULL */
};

enum expand_result {
	EXPAND_MADE,		/* it was not there */
	EXPAND_REPLACED,	/* it differed; --force */
	EXPAND_THERE,		/* it is there and right */
};

/*
 * One pointer.  `name` is DEST/NAME's NAME (gather.h).  An expand_result, or
 * FAIL_CORRUPT where what is there differs, FAIL_DENIED for a prefix that is
 * neither DEST nor below it, and what fetching says.
 */
int expand_one(struct medo *medo, const char *path, const char *name,
	       const struct treeptr *ptr, const char *dest,
	       const struct expand_opts *opts) MUST_CHECK;

/*
 * Before many: fetch together the blobs of those of which nothing is at its
 * place yet.
 */
struct gather;
int expand_ahead(struct medo *medo, const struct gather *g, const char *dest,
		 bool relocate) MUST_CHECK;

/* Where that is, as the user would write it; yours. */
char *expand_shown(const char *name, const struct treeptr *ptr,
		   const char *dest, bool relocate);

/*
 * Is DEST/rel still what its record or, if that does not know, its blob
 * says?  0; FAIL_CORRUPT names the difference; FAIL_MISSING.  `rel` as below
 * DEST/.medo/, without ".json".
 */
int expand_check(struct medo *medo, const char *dest, const char *rel,
		 const struct treeptr *ptr, const char *path, bool deep)
	MUST_CHECK;

/* All that DEST's records name, sorted. */
int expand_list(const char *dest, struct strs *rels) MUST_CHECK;

/* DEST/.medo/rel.json and DEST/rel.treeptr; yours. */
char *expand_record_path(const char *dest, const char *rel);
char *expand_copy_path(const char *dest, const char *rel);

/* Remove tree, copy and record, in an order that a crash does not confuse. */
int expand_remove(const char *dest, const char *rel) MUST_CHECK;

#endif
