#ifndef CHAIN_H
#define CHAIN_H

#include "model/ledger.h"
#include "silo/backend.h"

/*
 * A ledger in a place (silo-layout(5), section LEDGER): numbered entries, each
 * claimed by exactly one writer, each naming the bytes of the one before.
 * Compare-and-swap on static files:
 *
 *	do {
 *		chain_end(chain, true, &n)
 *		chain_state(), chain_walk() up to n; is what we want still right?
 *	} while (chain_claim(chain, n + 1, members) == 0);
 *	chain_hint(chain, n + 1, members of the new state)
 *
 * One thread at a time.  Nothing is kept on this disk.
 */
struct chain;

/*
 * `dir`: "ledger", or "git/NAME.git/ledger".  Nothing is read yet.  The
 * backend stays the caller's, and open until chain_close().
 */
int chain_open(struct chain **out, struct backend *b, const char *dir)
	MUST_CHECK;
void chain_close(struct chain *chain);	/* NULL is fine */

/*
 * The newest number, 0 where there is none: from DIR/last or what this chain
 * knows already, by doubling steps and bisecting.  `again`: look whether it
 * has grown since, and that entry n is there if that was only believed (one
 * request, as a rule).  The first time it takes three where the hint is
 * right, two of them at once: DIR/last; then entry n+1, past all caches, which
 * is not there; and entry n, which proves the small state in DIR/last.
 *
 * A state over 16 KiB has a file of its own, which is read in place of entry
 * n; only there a hint is believed: where DIR/last and that file agree on n and
 * on the hash of entry n, and there is no entry n+1.  Who can write hints in
 * this place could thus show readers an end and a state that never were;
 * writers are not misled (chain_claim), and `silo verify` replays.  All other
 * hints are proven by entries.  Who is going to write says `again` at once:
 * entry n is read then, and not once more by the claim, and nothing is built
 * on what a hint made up.  An end that was only believed may turn out to be
 * less: then start over from no state.
 */
int chain_end(struct chain *chain, bool again, uint64_t *n) MUST_CHECK;

/*
 * Entries `from` to `to`, in order, read several at a time; none if from > to.
 * `prev` is checked over the walk, and against what this chain has seen of
 * from-1: FAIL_CORRUPT names the two numbers between which the chain
 * breaks.  An entry of the middle that is not there is FAIL_CORRUPT, too.  The
 * entry is the callback's only while it is called; a failure of its ends all.
 */
int chain_walk(struct chain *chain, uint64_t from, uint64_t to,
	       int (*each)(void *data, const struct entry *entry), void *data)
	MUST_CHECK;

/*
 * The newest state that can be had of `*n` or below: its members (see
 * ledger.h), and its number in `*n`; the caller walks on from there.
 * FAIL_MISSING: there is none that can be believed, replay from 1.  Believed
 * when its "entry" is the hash of that entry, or what chain_end() says above.
 * Borrowed: good until the next call of this function or chain_close().
 */
int chain_state(struct chain *chain, uint64_t *n, const struct json **out)
	MUST_CHECK;

/*
 * Entry `n` (the end plus one) with these members (entry_format()): 1 it is
 * ours; 0 somebody else was first, or `n` was not the end plus one: look
 * (`again`), and start over.  Entry n-1 was read, not guessed.  A failure
 * means that it was not seen to be ours; FAIL_NET may leave it open.
 * FAIL_DENIED: this place cannot keep two writers apart (it is probed before
 * entry 1), so it can have no ledger; or it lets us not write.
 * FAIL_REQUEST: members that are no JSON, or over LEDGER_ENTRY_MAX.
 */
int chain_claim(struct chain *chain, uint64_t n, const char *members)
	MUST_CHECK;

/*
 * Before much is uploaded that entry `n` would name: FAIL_DENIED where
 * chain_claim() would say so.
 */
int chain_able(struct chain *chain, uint64_t n) MUST_CHECK;

/*
 * After a claim: the hint `last`, one request, with the state in it if it is
 * small (16 KiB), else in state/N.json, one more.  `members` NULL: no state
 * this time (it would be large, and the one before is near), only `last`.
 * States that are no longer of use are removed, some at a time.  Failures are
 * warnings.
 */
void chain_hint(struct chain *chain, uint64_t n, const char *members);

/*
 * For who puts only names that say what their bytes are: may they, and hints,
 * be written straight to their names here (struct backend)?  As far as DIR/last
 * remembers it of this server; `ask`: else it is found out, for a few requests.
 */
int chain_straight(struct chain *chain, bool ask) MUST_CHECK;

/*
 * What DIR/last said when this chain last read or wrote it, if that was its
 * end, for another time: in place of the request for DIR/last.  A hint as any
 * other; where the ledger has gone on, DIR/last is read all the same.  Before
 * chain_end().
 */
bool chain_memory(const struct chain *chain, struct buf *out);
void chain_recall(struct chain *chain, const struct buf *memory);

/* The hash of entry n, if this chain has seen its bytes; else false. */
bool chain_seen(const struct chain *chain, uint64_t n,
		unsigned char hash[DIGEST_SIZE]);

#endif
