#ifndef FILTER_INT_H
#define FILTER_INT_H

#include "base/pin.h"
#include "medo/filter.h"
#include "medo/swap.h"
#include "medo/vouch.h"
#include "model/catfile.h"
#include "model/index.h"
#include "model/pack.h"

/* For filter*.c alone. */

/* Contents up to this size are held in memory; larger ones stream. */
#define FILTER_MEMORY ((size_t)1 << 20)

struct delayed {
	char *path;		/* NULL: git has asked again */
	struct treeptr ptr;
	struct buf text;	/* of the pointer, as git has it */
	char *treeish;
	bool offered;		/* git was told that it may ask again */
};

struct filter {
	struct medo medo;
	bool opened;
	int broken;		/* why it could not be opened */
	char *broken_why;
	struct pin pin;
	struct silo *store;
	bool held;		/* against prune --unnamed */
	struct packer *packer;
	struct vouch vouch;	/* for what was stored in files of its own */
	struct index_file index;
	bool index_read;
	unsigned head_asked;	/* times */
	uint64_t inband;
	unsigned char *head;	/* of a content that is cleaned */
	uint64_t inband_hook;
	bool hook_watches;	/* before git exits */
	struct strs include;
	struct strs exclude;
	bool skip;
	struct swap *swap;
	struct delayed *delayed;
	size_t ndelayed;
	size_t answered;	/* of them, by git's asking again */
	size_t again_at;	/* where what it asks for next should be */
	size_t delayed_cap;
	struct buf later;	/* what to fetch before the swap, in the words
				   of fetch --stdin */
	char *later_treeish;
	uint64_t absent;	/* files that stayed pointers for lack of data */
	uint64_t absent_bytes;
	char *why;		/* the first that is not just absence */
};

/* Repository, settings, store; once. */
int filter_open(struct filter *filter) MUST_CHECK;

/* Does somebody look at the work tree before git exits? */
bool filter_watched(const struct filter *filter);

/* Read up to `len` bytes, fewer only at the end. */
ssize_t inflow_fill(const struct inflow *in, void *buf, size_t len);

/* Why a file is not here: more than absence, so it is said. */
bool filter_is_worse(int code);

/* This one is to be fetched before the swap. */
void filter_fetch_later(struct filter *filter, const struct smudge *smudge);

/* Ask the program with the network for one blob; 0 also when it has none. */
int filter_fetch_one(struct filter *filter, struct smudge *smudge) MUST_CHECK;

#endif
