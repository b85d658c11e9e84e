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
 * hosted.h for a repository.  Members and versions we do not know: FAIL_DENIED
 * for a version, kept and ignored for a member.
 */
#define LEDGER_ENTRY_MAX ((size_t)64 << 20)
#define NONCE_SIZE 16

struct entry {
	uint64_t n;
	unsigned char prev[DIGEST_SIZE];	/* zeros in entry 1 */
	unsigned char hash[DIGEST_SIZE];	/* of the entry's own bytes */
	unsigned char nonce[NONCE_SIZE];
	const char *who;
	const char *time;
	struct json *json;	/* all of it; take members out of it */
};

/* `out` borrows from its json, which entry_release() frees. */
int entry_parse(struct entry *out, const char *text, size_t len,
		const char *what) MUST_CHECK;
void entry_release(struct entry *entry);
/* `members`: "\"packs\": [...], ..." without outer braces; may be "". */
void entry_format(struct buf *out, const struct entry *entry,
		  const char *members);

#endif
