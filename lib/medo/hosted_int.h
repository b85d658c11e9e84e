#ifndef HOSTED_INT_H
#define HOSTED_INT_H

#include "medo/hosted.h"

struct hosted {
	struct backend *b;
	char *url;		/* for messages */
	char *dir;		/* of the repository, below `b`: "" or "x/y/" */
	struct chain *chain;
	struct hosted_state state;
	struct seal entry;	/* of entry state.n, if has_entry */
	bool has_entry;
	bool swept;
	bool recalling;		/* what was remembered is still to be compared */
	bool overtaken;		/* others push here, too */
	uint64_t recalled;
	bool head_changed;	/* by us: the hint is to be written */
	bool in_silo;		/* `b` is opened on what may be one */
	unsigned flags;
};

/* "objects/pack/NAME.pack", say, below `b`; yours. */
char *hosted_name(const struct hosted *h, const char *name);
/* Of a folder: what a kill has left in it; once. */
void hosted_sweep(struct hosted *h);
bool hosted_pack_name_ok(const char *name, enum id_algo algo);

int hosted_state_take(struct hosted_state *state, const struct json *json)
	MUST_CHECK;
int hosted_state_apply(struct hosted_state *state, const struct json *json)
	MUST_CHECK;
void hosted_state_format(struct buf *out, const struct hosted_state *state);
void hosted_change_format(struct buf *out, const struct hosted_state *state,
			  const struct hosted_change *change);

/*
 * git pack-objects HOW (NULL: of ids), under `env` ("NAME=VALUE"; may be NULL),
 * into DIR: 1, or 0 where there is nothing to pack.  No deltas in a large one.
 */
int hosted_pack_objects(struct hosted_pack *out, const char *dir,
			struct strs *env, const char *how,
			const struct buf *input, bool progress) MUST_CHECK;

/* hosted_have() among what children under `env` see. */
int hosted_have_env(const struct strs *env, const struct strs *ids,
		    struct strs *have, struct strs *lack) MUST_CHECK;

/* FAIL_DENIED: ids of one kind here, of another there. */
int hosted_same_algo(const struct hosted *h, const struct gitdir *git)
	MUST_CHECK;

/* 1: this repository has a ref, so it may have objects. */
int hosted_any_ref(void) MUST_CHECK;

/*
 * Which packs this repository took in before: a hint of ours.  A pack that is
 * named there may have lost objects to git gc since.
 */
struct known {
	uint64_t n;
	struct seal entry;	/* of entry n, if has_entry */
	bool has_entry;
	struct strs packs;
};

#define KNOWN_INIT { .packs = STRS_INIT }
int known_load(struct known *known, const struct hosted *h,
	       const struct gitdir *g) MUST_CHECK;
int known_save(const struct known *known, const struct hosted *h,
	       const struct gitdir *g) MUST_CHECK;
void known_release(struct known *known);

#endif
