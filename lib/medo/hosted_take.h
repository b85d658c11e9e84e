#ifndef HOSTED_TAKE_H
#define HOSTED_TAKE_H

#include "base/run.h"
#include "base/temp.h"
#include "medo/hosted_int.h"

/* What git index-pack is being fed. */
struct feed {
	struct child child;
	uint64_t max;		/* bytes */
	uint64_t fed;
	const char *name;	/* for messages */
};

/* Packs on their way into this repository; see hosted_take.c. */
struct take {
	struct hosted *h;
	const struct hosted_fetch *how;
	struct stage stage;
	char *objects;		/* the repository's own */
	struct strs env;	/* for children: where objects lie */
	struct buf strict;	/* an option of git index-pack, or empty */
	struct strs packs;	/* taken */
	bool closed;		/* what is taken can name nothing else */
	bool unsure;		/* a .gitmodules could not be looked into */
};

#define TAKE_INIT { .stage = STAGE_INIT, .strict = BUF_INIT }

/*
 * `some`: what their objects name need not be here yet, each by itself is
 * looked into.  Else each pack must name only what is in it or in those
 * before it.
 */
int take_open(struct take *t, struct hosted *h, const struct hosted_fetch *how,
	      bool some) MUST_CHECK;
void take_release(struct take *t);
int take_pack(struct take *t, const struct hosted_pack *pack) MUST_CHECK;
int take_begin(struct take *t, struct feed *feed) MUST_CHECK;
int take_feed(struct feed *feed, const void *data, size_t len) MUST_CHECK;
/* `name`: what it must turn out to be, "pack-<hash>"; `sent`: how it went. */
int take_end(struct take *t, struct feed *feed, const char *name, int sent)
	MUST_CHECK;
/* Nothing will come of it. */
void take_stop(struct feed *feed);
/*
 * What was wanted and lies in large packs, where those are not taken, or in
 * the silo around the repository.
 */
int take_promised(struct take *t) MUST_CHECK;
/* Those of them that are blobs of that silo. */
int take_blobs(struct take *t, const struct strs *hex) MUST_CHECK;
/* FAIL_MISSING: not all that git asks for is there; what is there came. */
int hosted_fetch_lazy(struct hosted *h, const struct hosted_fetch *how)
	MUST_CHECK;
/* 1: all that was wanted is there, to its last object; 0: something lacks. */
int take_connected(struct take *t) MUST_CHECK;
/* `hold`: git repack shall let it alone until refs name it. */
int take_commit(struct take *t, bool hold) MUST_CHECK;

#endif
