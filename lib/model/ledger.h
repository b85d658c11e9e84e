#ifndef LEDGER_H
#define LEDGER_H

#include "codec/id.h"
#include "codec/json.h"

/*
 * What stands in a ledger (silo-layout(5), section LEDGER).  An entry:
 *
 *	{ "ledger": 1, "n": 7, "prev": "<SHA-256 of the bytes of entry 6>",
 *	  "nonce": "<32 hex>", "who": "...", "time": "...", MEMBERS }
 *
 * and a state, the sum of all entries up to n:
 *
 *	{ "state": 1, "n": 7, "entry": "<SHA-256 of the bytes of entry 7>",
 *	  MEMBERS }
 *
 * MEMBERS are the business of whoever keeps the ledger: table.h for a silo,
 * hosted.h for a repository.  A version we do not know is FAIL_DENIED; a
 * member we do not know is kept and ignored.
 */
#define LEDGER_ENTRY_MAX ((size_t)64 << 20)
#define NONCE_SIZE 16

struct entry {
	uint64_t n;
	unsigned char prev[DIGEST_SIZE];	/* zeros in entry 1 */
	unsigned char hash[DIGEST_SIZE];	/* of the entry's own bytes */
	unsigned char nonce[NONCE_SIZE];
	const char *who;	/* advisory, other people's bytes; or "" */
	const char *time;	/* the same: ISO 8601 */
	struct json *json;	/* all of it; take members out of it */
};

#define ENTRY_INIT { .json = NULL }

/*
 * `text` is borrowed and must stay until entry_release(); so do `who`, `time`
 * and all that is taken out of `json`.  Nothing is allocated by the size of
 * a number in the text; what has very many values for its size is refused.
 */
int entry_parse(struct entry *out, const char *text, size_t len,
		const char *what) MUST_CHECK;
void entry_release(struct entry *entry);

/*
 * Append the entry's bytes: n, prev, nonce, who, time; `hash` and `json` are
 * not looked at.  `members`: "\"packs\": [...], ..." without outer braces, as
 * they shall stand in the file; may be "".
 */
void entry_format(struct buf *out, const struct entry *entry,
		  const char *members);

/* The same two for a state; the json's text must stay, too. */
int state_parse(struct json **out, const char *text, size_t len,
		const char *what, uint64_t *n,
		unsigned char entry[DIGEST_SIZE]) MUST_CHECK;
void state_format(struct buf *out, uint64_t n,
		  const unsigned char entry[DIGEST_SIZE], const char *members);

#endif
