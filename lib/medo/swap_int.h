#ifndef SWAP_INT_H
#define SWAP_INT_H

#include "base/asker.h"
#include "base/temp.h"
#include "medo/swap.h"
#include "medo/vouch.h"
#include "model/index.h"

/* For swap*.c alone. */
enum swap_state {
	SWAP_NEW,	/* nobody looked */
	SWAP_FOUND,	/* what lies there may be replaced */
	SWAP_STALE,	/* the content lies there, the index does not know it */
	SWAP_READY,	/* what replaces it lies in the stage */
	SWAP_DONE,
	SWAP_LEFT,
	SWAP_MISSING,
	SWAP_FAILED,
};

struct swap_item {
	char *path;
	struct id pointer;	/* git's id of the pointer */
	struct id id;		/* of the content, as the pointer says */
	uint64_t size;
	bool has_seal;
	struct seal seal;
	enum swap_state state;
	bool exec;
	bool loose;		/* the index has nothing to say about it */
	bool beside;		/* $GIT_DIR is on another file system */
	struct stat was;	/* what lies there */
	struct stat made;	/* what replaces it */
	struct stage own;	/* with `beside` */
	char name[24];		/* in its stage */
	char *text;		/* drop: of the pointer */
	size_t text_len;
};

struct swap {
	struct medo *medo;
	char *index_path;
	char *dir;		/* $GIT_DIR/medo/tmp */
	char *pending;		/* $GIT_DIR/medo/pending */
	int top;
	int busy;		/* locked while we are at work */
	struct asker asker;
	bool fresh;		/* the pointers were written a moment ago */
	bool drop;		/* content becomes pointers */
	unsigned durable;	/* TEMP_DURABLE or 0 */
	unsigned lock_ms;
	struct stage stage;
	struct vouch vouch;	/* for blobs of store and cache */
	struct swap_item *v;
	size_t n;
	size_t cap;
};

struct swap_item *swap_item_new(struct swap *swap, const char *path);

/* FAIL_STOPPED on a signal, or when our parent is gone. */
int swap_check(const struct swap *swap) MUST_CHECK;

/* swap_look.c */
int swap_index(struct swap *swap, struct index_file *index) MUST_CHECK;
int swap_look(struct swap *swap) MUST_CHECK;
/* The entry, if it is still the one that was meant; under the lock. */
struct index_entry *swap_entry(const struct index_file *index,
			       const struct swap_item *item);
/* Is dirfd/name still what was looked at?  It may have been renamed since. */
bool swap_unchanged(const struct swap *swap, const struct swap_item *item,
		    int dirfd, const char *name, bool renamed);
/* A pointer that the file `fd` is, of that id, as it is or with CRLF. */
bool swap_is_pointer(int fd, const struct stat *st, const struct id *pointer);

/*
 * swap_fill.c: what replaces the next ones from v[*at] on, as many as make a
 * batch, into the stage, on all cores; sets the states.
 */
int swap_fill(struct swap *swap, size_t *at, struct meter *meter,
	      struct swap_result *result) MUST_CHECK;

/* swap_act.c: v[from] to v[to - 1]. */
int swap_act(struct swap *swap, size_t from, size_t to) MUST_CHECK;
void swap_unstage(struct swap *swap, struct swap_item *item);

/* swap_journal.c */
int swap_journal_begin(struct swap *swap) MUST_CHECK;
int swap_journal_end(struct swap *swap) MUST_CHECK;
int swap_journal_read(struct swap *swap) MUST_CHECK;

/* swap.c: look, then lock, then act. */
int swap_new(struct swap **out, struct medo *medo) MUST_CHECK;
int swap_work(struct swap *swap, struct swap_result *result) MUST_CHECK;

#endif
