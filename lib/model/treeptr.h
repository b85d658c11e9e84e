#ifndef TREEPTR_H
#define TREEPTR_H

#include "base/buf.h"
#include "codec/id.h"

/*
 * A treeptr is the few lines that git keeps in place of a large tree: which
 * blob holds it, how many bytes to expect, what seals them.  The format is in
 * treeptr(5); this header says only how to use one.
 *
 * Start from TREEPTR_INIT.  From then on treeptr_release() is always legal.
 */
#define TREEPTR_MAX 65536

struct treeptr {
	struct id id;
	uint64_t size;
	bool has_seal;
	struct seal seal;
	char *format;		/* NULL: a plain file */
	bool has_tree;
	struct id tree;
	char *prefix;		/* NULL: none */
	char *provenance;	/* JSON object, indented for its place */
	struct buf rest;	/* members that are not ours, the same way */
};

#define TREEPTR_INIT { .rest = BUF_INIT }

/* Cheap enough to ask of every blob that git passes through the filter. */
bool treeptr_likely(const char *text, size_t len);

/*
 * Any JSON object with the right members will do, canonical or made by hand,
 * if a newline ends it (else it may be cut off).  On failure (FAIL_FORMAT;
 * FAIL_DENIED: of a later version), `ptr` keeps what it held before.  `what`
 * names the text in messages: the path, unquoted.
 */
int treeptr_parse(struct treeptr *ptr, const char *text, size_t len,
		  const char *what) MUST_CHECK;

/* Read and parse a file. */
int treeptr_load(struct treeptr *ptr, const char *path) MUST_CHECK;

/* Append the one canonical spelling, so that equal trees make equal blobs. */
void treeptr_format(const struct treeptr *ptr, struct buf *out);

/* Is `text` spelled that way already? */
bool treeptr_canonical(const struct treeptr *ptr, const char *text, size_t len);

/*
 * Set a provenance key to a string ("url", "date", or any K of --meta K=V),
 * keeping what else is there; a key that is there is replaced.  FAIL_REQUEST:
 * not such a key, not UTF-8, or too much.
 */
int treeptr_set_meta(struct treeptr *ptr, const char *key, const char *value)
	MUST_CHECK;

void treeptr_release(struct treeptr *ptr);

/* Formats that expand knows; NULL is fine and false. */
bool treeptr_is_archive(const struct treeptr *ptr);

#endif
