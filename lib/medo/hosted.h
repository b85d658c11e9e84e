#ifndef HOSTED_H
#define HOSTED_H

#include "model/gitdir.h"
#include "silo/chain.h"

/*
 * A git repository in a silo, or anywhere that holds files (silo-layout(5),
 * HOSTED REPOSITORY): immutable packs, and a ledger that alone says which
 * refs there are.  Members of an entry, which is one push:
 *
 *	"object-format": "sha1",
 *	"refs": { "refs/heads/main": [OLD, NEW], ... },	  null: absent; a third
 *			one is what an annotated tag peels to
 *	"head": "refs/heads/main",	where it changes
 *	"packs": [ { "name": "pack-<hash>", "size": BYTES, "objects": N,
 *			"large": true } ],	large: see "split"
 *	"replaced": [ "pack-<hash>", ... ],	folded into "packs"
 *	"options": [ ... ]		of git push
 *	"split": BYTES		from now on blobs of so many bytes and more are
 *			in packs of their own, "large"; 0: no longer
 *
 * and of the state: "object-format", "head", "split", "refs" (each NEW, or
 * [NEW, PEELED]), "packs" (the large ones, and the others in the order in which
 * objects refer to one another; the folded ones with "of": what they were made
 * of).
 */
struct hosted;

struct hosted_ref {
	char *name;		/* "refs/...", as git check-ref-format has it */
	struct id id;
	struct id peeled;	/* algo ID_NONE: it is no annotated tag */
};

struct hosted_part {
	char *name;
	uint64_t size;
};

struct hosted_pack {
	char *name;		/* "pack-<hash>" */
	uint64_t size;
	uint64_t objects;
	bool large;		/* nothing but blobs over the split */
	struct hosted_part *of;	/* what was folded into it */
	size_t nof;
};

struct hosted_state {
	uint64_t n;		/* 0: nothing was ever pushed */
	enum id_algo algo;	/* ID_NONE then */
	uint64_t split;		/* 0: all blobs are in all packs */
	char *head;		/* or NULL */
	struct hosted_ref *refs;	/* by name */
	size_t nrefs;
	struct hosted_pack *packs;
	size_t npacks;
};

#define HOSTED_STATE_INIT { .n = 0 }
#define HOSTED_REF_MAX 1024
#define HOSTED_PACKS_MAX 16384

/* What git calls a valid name below refs/, and no longer than that. */
bool hosted_ref_ok(const char *name);
const struct hosted_ref *hosted_find(const struct hosted_state *state,
				     const char *name);
/* A ref that git could not have beside `name`: "a" beside "a/b"; or NULL. */
const char *hosted_conflict(const struct hosted_state *state,
			    const char *name);

/* algo ID_NONE: absent. */
struct hosted_update {
	const char *name;
	struct id old;
	struct id new;
	struct id peeled;
};

struct hosted_change {
	struct hosted_update *updates;
	size_t n;
	const char *head;	/* NULL: as it was */
	const struct hosted_pack *pack;		/* or NULL */
	const struct hosted_pack *large;	/* or NULL */
	const uint64_t *split;			/* NULL: as it was */
	const struct strs *replaced;		/* or NULL */
	const struct strs *options;		/* or NULL */
	enum id_algo algo;
};

/* As the state would be; `to` is released first. */
void hosted_would_be(struct hosted_state *to, const struct hosted_state *from,
		     const struct hosted_change *change);
void hosted_state_release(struct hosted_state *state);

/*
 * `address`: what stands behind "silo::", a path or a URL of backend_far(), or
 * "silo://HOST/PATH".  The user named it.  Nothing is read yet.
 */
enum hosted_flags {
	HOSTED_CREATE  = (1 << 0),	/* the folder, if it is missing */
	HOSTED_DURABLE = (1 << 1),
};
int hosted_open(struct hosted **out, const char *address, unsigned flags)
	MUST_CHECK;
void hosted_close(struct hosted *h);	/* NULL is fine */
const char *hosted_url(const struct hosted *h);

/*
 * 1: it lies in git/ of a silo, whose URL is `*out` (borrowed); 0: that is no
 * silo, as far as a silo.json would say so.
 */
int hosted_silo(struct hosted *h, const char **out) MUST_CHECK;

/*
 * Read the ledger; `again`: what is new in it.  FAIL_MISSING: there is nothing,
 * which a first push may change; FAIL_REQUEST: a repository of stock git.
 */
int hosted_load(struct hosted *h, bool again) MUST_CHECK;
const struct hosted_state *hosted_now(const struct hosted *h);

/* Sort hex ids: does our repository have the object?  `lack` may be NULL. */
int hosted_have(const struct strs *ids, struct strs *have, struct strs *lack)
	MUST_CHECK;

/*
 * A pack of what `want` reaches and `have` does not (hex ids, all in our
 * repository), self-contained, in `dir`: 1; 0 where there is nothing to send.
 * FAIL_CORRUPT where the walk meets what this repository lacks.
 */
int hosted_pack_make(struct hosted_pack *out, const char *dir,
		     const struct strs *want, const struct strs *have,
		     bool progress) MUST_CHECK;
/*
 * The same where there is a split: two packs, each of which may have no name
 * afterwards.  `promised`: what this repository lacks came from there.
 */
struct hosted_split {
	uint64_t limit;
	bool promised;
};
int hosted_split_make(struct hosted_pack *small, struct hosted_pack *large,
		      const char *dir, const struct strs *want,
		      const struct strs *have,
		      const struct hosted_split *split, bool progress)
	MUST_CHECK;
/* Split what is there, and from now on: 1; 0: it is so already. */
int hosted_split(struct hosted *h, const struct gitdir *git, uint64_t limit,
		 bool progress) MUST_CHECK;
/* DIR/NAME.pack and .idx into the repository. */
int hosted_pack_put(struct hosted *h, const char *dir,
		    const struct hosted_pack *pack) MUST_CHECK;
void hosted_pack_release(struct hosted_pack *pack);

/* Before packs travel: FAIL_DENIED where hosted_claim() would say so. */
int hosted_able(struct hosted *h) MUST_CHECK;
/* One entry: 1 it is ours, and the state is the new one; 0 load again. */
int hosted_claim(struct hosted *h, const struct hosted_change *change)
	MUST_CHECK;
/*
 * What stock git reads, and the hints of the ledger.  Failures are warnings.
 * Between hosted_owe(), before a claim, and the time when they are written, or
 * hosted_paid(), `git` remembers that they may be older than the ledger; who
 * comes next writes them, by hosted_pay().
 */
void hosted_hints(struct hosted *h, const struct gitdir *git);
void hosted_owe(const struct hosted *h, const struct gitdir *git);
void hosted_paid(const struct hosted *h, const struct gitdir *git);
void hosted_pay(struct hosted *h, const struct gitdir *git);
/* The 16th small pack folds them.  Failures are warnings. */
void hosted_fold(struct hosted *h, const struct gitdir *g, const char *dir);

/*
 * Everything that `wants` (hex ids) reaches comes into this repository: packs
 * we lack, indexed and checked out of sight, connected, then moved in.
 * `keeps` gets the .keep files that git shall remove at the end.
 */
struct hosted_fetch {
	const struct gitdir *git;
	const struct strs *wants;
	struct strs *keeps;
	bool cloning;
	bool refetch;
	bool progress;
	bool lax;		/* do not look into objects */
	bool promised;		/* what is not taken, git will ask for */
	bool partial;		/* so large packs are not taken */
	bool lazy;		/* it asks for some: no refs */
	unsigned temp_flags;
};
int hosted_fetch(struct hosted *h, const struct hosted_fetch *how) MUST_CHECK;
/* After a claim: what the packs (NULL: none) have is here already. */
void hosted_pushed(struct hosted *h, const struct gitdir *git,
		   const struct hosted_pack *pack,
		   const struct hosted_pack *large);

/*
 * What is known of the end of its ledger, from one push to the next, in the
 * repository that pushes.  To be recalled before hosted_load().
 */
int hosted_recall(struct hosted *h, const struct gitdir *git) MUST_CHECK;
void hosted_memorise(struct hosted *h, const struct gitdir *git);

/* What we had of it was more than it has now: say so. */
void hosted_look_back(struct hosted *h, const struct gitdir *git);

#endif
