#ifndef FILTER_H
#define FILTER_H

#include "base/temp.h"
#include "medo/medo.h"

/*
 * What git's filter does, without its protocol: content into a pointer
 * (clean), a pointer into content (smudge).  One struct serves one process;
 * nothing is opened before it is needed, since git starts a filter often
 * only to ask for its capabilities.  Paths are below the top of the work
 * tree.
 */
struct filter;

struct filter *filter_new(void);
void filter_free(struct filter *filter);

/* An answer is out: for struct pkt. */
void filter_sent(void *filter);

/* Content on its way in: bytes, 0 at its end, or a failure. */
struct inflow {
	ssize_t (*read)(void *data, void *buf, size_t len);
	void *data;
};

/*
 * `out` is what git shall keep: a pointer, or the content itself where that
 * is empty or a pointer already.  0 means: it is in the store.
 */
int filter_clean(struct filter *filter, const char *path,
		 const struct inflow *in, struct buf *out) MUST_CHECK;

struct smudge {
	const char *path;
	const char *blob;	/* hex id of the pointer's blob, or NULL */
	const char *treeish;	/* where SILO.json is found during a clone */
	bool can_delay;

	/* The answer. */
	enum { SMUDGE_TEXT, SMUDGE_STREAM, SMUDGE_DELAYED } how;
	struct buf text;	/* SMUDGE_TEXT */
	struct source src;	/* SMUDGE_STREAM, of a spilled content, or: */
	struct blob stored;	/* SMUDGE_STREAM, of a blob */
	struct treeptr ptr;
	struct temp spill;
};

#define SMUDGE_INIT { .text = BUF_INIT, .stored = BLOB_INIT, \
		      .ptr = TREEPTR_INIT, .spill = TEMP_INIT }

/*
 * An answer, always: what cannot be had stays the pointer, and is counted.
 * A failure only where not even the pointer can be given.
 */
int filter_smudge(struct filter *filter, struct smudge *smudge,
		  const struct inflow *in) MUST_CHECK;
/* The bytes of SMUDGE_STREAM; a failure may come in their middle. */
int filter_stream(struct filter *filter, struct smudge *smudge,
		  const struct sink *sink) MUST_CHECK;
void smudge_release(struct smudge *smudge);

/* Fetch what was delayed; then the paths, each once. */
int filter_ready(struct filter *filter, struct strs *paths) MUST_CHECK;

/*
 * git has closed the pipe: name the pack of small contents, swap the large
 * ones in, say what is not here.
 */
int filter_finish(struct filter *filter) MUST_CHECK;

#endif
