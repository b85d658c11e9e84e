#ifndef CHAIN_INT_H
#define CHAIN_INT_H

#include "base/pool.h"
#include "silo/chain.h"

#define CHAIN_READERS 8
#define CHAIN_NUMBER_MAX ((uint64_t)1 << 53)
#define CHAIN_KEEP_MAX ((size_t)1 << 20)	/* an entry that is kept */
#define CHAIN_OLDER_MAX 8
#define CHAIN_SUM_MAX ((size_t)16 << 10)
#define CHAIN_SERVERS_MAX 8
#define CHAIN_AT_MAX 17

/* Entries whose bytes we have seen: what they hash to. */
struct chain_known {
	uint64_t n;		/* 0: none */
	unsigned char hash[DIGEST_SIZE];
};

/* Bytes of entries that were read to find the end, for who walks next. */
struct chain_kept {
	uint64_t n;		/* 0: none */
	struct buf text;
};

struct chain_state {
	struct buf text;
	struct json *json;
	uint64_t n;		/* 0: none */
	unsigned char entry[DIGEST_SIZE];
};

#define CHAIN_STATE_INIT { .text = BUF_INIT }

/* What was found out about a server that this place is reached by. */
struct chain_server {
	char at[CHAIN_AT_MAX];	/* of its URL and name */
	uint64_t n;		/* when */
	bool keeps;
};

/* DIR/last; each part may be missing (0). */
struct chain_last {
	bool read;
	uint64_t n;
	bool has_entry;
	unsigned char entry[DIGEST_SIZE];
	struct chain_state sum;	/* a small state, in the hint itself */
	uint64_t state;		/* a large one, in its file */
	uint64_t older[CHAIN_OLDER_MAX];
	size_t nolder;
	struct chain_server servers[CHAIN_SERVERS_MAX];
	size_t nservers;
};

struct chain {
	struct backend *b;
	char *dir;
	struct pool *pool;
	uint64_t end;
	bool has_end;
	bool proven;		/* entry `end` was seen, or there is none */
	bool hints_lie;		/* one did: look for yourself */
	bool recalled;		/* `last` is our own memory */
	struct chain_last last;
	struct chain_state state;
	struct chain_known known[4];
	unsigned next_known;
	struct chain_kept kept[4];
	unsigned next_kept;
	int probed;		/* 1: keeps writers apart, 0: not asked yet */
	char *denied;		/* the sentence why it does not */
};

char *chain_name(const struct chain *chain, uint64_t n);	/* yours */
struct pool *chain_pool(struct chain *chain);

/*
 * The bytes of entry n: READ_WHOLE, READ_NONE where it is not there, READ_BIG
 * where there are more than `max`; the latter two leave no sentence behind.
 * Any thread, as long as nobody changes the chain.
 */
enum { READ_NONE = 0, READ_WHOLE = 1, READ_BIG = 2 };
int chain_read(struct chain *chain, uint64_t n, unsigned how, size_t max,
	       struct buf *out) MUST_CHECK;
int chain_slurp(struct chain *chain, const char *name, unsigned how,
		size_t max, struct buf *out) MUST_CHECK;

/*
 * The same, parsed and remembered: 1 or 0; `text` and `entry` are the
 * caller's to release.  FAIL_CORRUPT where it is not entry n, or not what it
 * was when we read it before.
 */
int chain_entry(struct chain *chain, uint64_t n, unsigned how,
		struct buf *text, struct entry *entry) MUST_CHECK;
int chain_parse(struct chain *chain, uint64_t n, const struct buf *text,
		struct entry *entry) MUST_CHECK;

void chain_know(struct chain *chain, uint64_t n,
		const unsigned char hash[DIGEST_SIZE]);
/* What the hints said is not so: from now on only entries count. */
void chain_hints_lie(struct chain *chain);
void chain_keep(struct chain *chain, uint64_t n, const struct buf *text);
bool chain_take_kept(struct chain *chain, uint64_t n, struct buf *out);

/* 1: the hash of entry n is known or was read; 0: there is no entry n. */
int chain_hash(struct chain *chain, uint64_t n,
	       unsigned char hash[DIGEST_SIZE]) MUST_CHECK;

/* Hints: never a failure but of network or user. */
int chain_read_last(struct chain *chain) MUST_CHECK;
/* 1 it was read and is one of n, not yet proven; 0 there is none. */
int chain_read_state(struct chain *chain, uint64_t n,
		     struct chain_state *out) MUST_CHECK;
void chain_state_release(struct chain_state *state);

/* chain_server.c: "servers" of DIR/last. */
void chain_servers_take(struct chain_last *last, const struct json *json);
void chain_servers_add(const struct chain_last *last, struct buf *out);

/* Does this place keep two writers apart?  0, or FAIL_DENIED and others. */
int chain_probe(struct chain *chain) MUST_CHECK;
/* Entry 1 is ours: what probes left that were killed goes. */
void chain_sweep_probes(struct chain *chain);

#endif
