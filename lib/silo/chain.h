#ifndef CHAIN_H
#define CHAIN_H

#include "model/ledger.h"
#include "silo/backend.h"

/*
 * A ledger in a place (silo-layout(5), section LEDGER): numbered entries, each
 * claimed by exactly one writer, each naming the bytes of the one before.
 * Compare-and-swap on static files.  One thread at a time.
 */
struct chain;

/* `dir`: "ledger", or "git/NAME.git/ledger".  Nothing is read yet. */
int chain_open(struct chain **out, struct backend *b, const char *dir)
	MUST_CHECK;
void chain_close(struct chain *chain);	/* NULL is fine */

/*
 * The newest number, 0 where there is none: from ledger/last or what this
 * chain knows already, by doubling steps and bisecting.  `again`: look whether
 * it has grown since.
 */
int chain_end(struct chain *chain, bool again, uint64_t *n) MUST_CHECK;

/* Entries `from` to `to`, in order, read several at a time, `prev` checked. */
int chain_walk(struct chain *chain, uint64_t from, uint64_t to,
	       int (*each)(void *data, const struct entry *entry), void *data)
	MUST_CHECK;

/*
 * The hint ledger/state/N.json for N, or for the newest number below it that
 * has one near: its members (see ledger.h), and `*n`.  FAIL_MISSING: replay
 * from 1.  Believed when its "entry" is the hash of that entry's bytes.
 */
int chain_state(struct chain *chain, uint64_t *n, struct json **out) MUST_CHECK;

/*
 * Entry `n` (the end plus one) with these members: 1 it is ours, 0 somebody
 * else was first: look, and start again.  FAIL_DENIED: this place cannot keep
 * two writers apart (it was probed), so it can have no ledger.
 */
int chain_claim(struct chain *chain, uint64_t n, const char *members)
	MUST_CHECK;

/* After a claim: the hints state/N.json and last.  Failures are warnings. */
void chain_hint(struct chain *chain, uint64_t n, const char *members);

#endif
