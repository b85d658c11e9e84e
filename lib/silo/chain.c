#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/chain_int.h"

/*
 * Opening, closing, and finding the end.
 */
int chain_open(struct chain **out, struct backend *b, const char *dir)
{
	struct chain *chain = xcalloc(1, sizeof(*chain));

	chain->b = b;
	chain->dir = xstrdup(dir);
	chain->state = (struct chain_state)CHAIN_STATE_INIT;
	chain->last.sum = (struct chain_state)CHAIN_STATE_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(chain->kept); i++)
		chain->kept[i] = (struct chain_kept){ .text = BUF_INIT };
	*out = chain;
	return 0;
}

void chain_close(struct chain *chain)
{
	if (!chain)
		return;
	pool_free(chain->pool);
	chain_state_release(&chain->state);
	chain_state_release(&chain->last.sum);
	for (size_t i = 0; i < ARRAY_SIZE(chain->kept); i++)
		buf_release(&chain->kept[i].text);
	free(chain->denied);
	free(chain->dir);
	free(chain);
}

/*
 * Ten digits, so that a listing is in order; what comes after 9999999999 is
 * longer.
 */
char *chain_name(const struct chain *chain, uint64_t n)
{
	return xstrfmt("%s/%010" PRIu64 "/entry.json", chain->dir, n);
}

struct pool *chain_pool(struct chain *chain)
{
	if (!chain->pool)
		chain->pool = pool_new(CHAIN_READERS);
	return chain->pool;
}

void chain_hints_lie(struct chain *chain)
{
	chain->hints_lie = true;
	chain->last.nservers = 0;
	chain->has_end = false;
	chain->proven = false;
	chain->end = 0;
	/* Its members are lent to a caller, maybe. */
	chain->state.n = 0;
}

/*
 * What was read of entry n: is it one?  A server with an answer to everything
 * would never let us end.  It is kept for who walks there next.
 */
static int take(struct chain *chain, uint64_t n, int got,
		const struct buf *text)
{
	struct entry entry = ENTRY_INIT;
	int ret;

	if (got != READ_WHOLE)
		return got == READ_BIG ? 1 : got;
	ret = chain_parse(chain, n, text, &entry);
	if (!ret)
		chain_keep(chain, n, text);
	entry_release(&entry);
	return ret ? ret : 1;
}

/* Is there an entry n? */
static int there(struct chain *chain, uint64_t n)
{
	struct buf text = BUF_INIT;
	int ret;

	if (n >= CHAIN_NUMBER_MAX)
		return fail(FAIL_CORRUPT, "'%s' of silo '%s' has no end",
			    chain->dir, quoted(chain->b->url));
	ret = chain_read(chain, n, READ_FRESH, CHAIN_KEEP_MAX, &text);
	ret = take(chain, n, ret, &text);
	buf_release(&text);
	return ret;
}

/*
 * `low` is there (or 0); look at base+step and on in doubling steps, then
 * between the last that was there and the first that was not.
 */
static int climb(struct chain *chain, uint64_t base, uint64_t low,
		 uint64_t step)
{
	uint64_t high = base + step;
	int ret;

	while ((ret = there(chain, high)) > 0) {
		low = high;
		step *= 2;
		high = base + step;
	}
	while (!ret && high - low > 1) {
		uint64_t mid = low + (high - low) / 2;

		ret = there(chain, mid);
		if (ret > 0) {
			low = mid;
			ret = 0;
		} else if (!ret) {
			high = mid;
		}
	}
	if (ret)
		return ret;
	chain->end = low;
	chain->has_end = true;
	chain->proven = true;
	return 0;
}

/*
 * What the hint says of n, at the same time as the look for n+1: entry n, or
 * its state where that is large and so not in the hint itself.
 */
struct peek {
	struct job job;
	struct chain *chain;
	uint64_t n;
	bool by_state;
	struct chain_state state;
	struct buf text;
};

static int run_peek(struct job *job)
{
	struct peek *peek = (struct peek *)job;

	if (peek->by_state)
		return chain_read_state(peek->chain, peek->n, &peek->state);
	return chain_read(peek->chain, peek->n, READ_FRESH, CHAIN_KEEP_MAX,
			  &peek->text);
}

/* Is the state the one that DIR/last speaks of? */
static bool agree(const struct chain_last *last, const struct chain_state *s)
{
	return s->n == last->n && last->has_entry &&
	       !memcmp(s->entry, last->entry, DIGEST_SIZE);
}

/* DIR/last says n, and there is no n+1: is there an n? */
static int settle(struct chain *chain, struct peek *peek, int got)
{
	int ret;

	if (peek->by_state && got && agree(&chain->last, &peek->state)) {
		SWAP(chain->state, peek->state);
		chain->end = peek->n;
		chain->has_end = true;
		return 0;
	}
	ret = peek->by_state ? there(chain, peek->n) :
	      take(chain, peek->n, got, &peek->text);
	if (ret > 0) {
		chain->end = peek->n;
		chain->has_end = true;
		chain->proven = true;
		ret = 0;
	} else if (!ret) {
		chain_hints_lie(chain);
		ret = climb(chain, 0, 0, 1);
	}
	return ret;
}

/* Entry n+1, and what proves n: READ_... of the former or a failure. */
static int look(struct chain *chain, struct peek *peek, int *got)
{
	const struct chain_last *last = &chain->last;
	int ret;

	*peek = (struct peek){
		.job = JOB_INIT(run_peek), .chain = chain, .n = last->n,
		.by_state = last->sum.n != last->n && last->has_entry &&
			    last->state == last->n,
		.state = CHAIN_STATE_INIT, .text = BUF_INIT,
	};
	*got = 0;
	if (!chain->b->path)
		job_submit(chain_pool(chain), &peek->job);
	ret = there(chain, peek->n + 1);
	if (!chain->b->path)
		*got = job_join(chain->pool, &peek->job);
	else if (!ret)
		*got = run_peek(&peek->job);
	return ret >= 0 && *got < 0 ? *got : ret;
}

static void peek_release(struct peek *peek)
{
	chain_state_release(&peek->state);
	buf_release(&peek->text);
}

static int from_hint(struct chain *chain)
{
	struct peek peek;
	int got, ret = look(chain, &peek, &got);

	if (ret > 0)
		ret = climb(chain, peek.n, peek.n + 1, 2);
	else if (!ret)
		ret = settle(chain, &peek, got);
	peek_release(&peek);
	return ret;
}

/* Is entry n the one that DIR/last speaks of? */
static bool is_entry(const struct chain *chain)
{
	const struct chain_last *last = &chain->last;
	unsigned char hash[DIGEST_SIZE];

	return last->has_entry && chain_seen(chain, last->n, hash) &&
	       !memcmp(hash, last->entry, DIGEST_SIZE);
}

/* 1: it is the end still; 0: forgotten, since the ledger has gone on, or away. */
static int from_memory(struct chain *chain)
{
	struct peek peek;
	int got, ret = look(chain, &peek, &got);

	chain->recalled = false;
	if (!ret && got > 0)
		ret = settle(chain, &peek, got);
	else if (ret >= 0)
		ret = 1;
	/* Another ledger of that length: somebody began anew. */
	if (!ret && chain->proven && !is_entry(chain)) {
		chain->has_end = chain->proven = false;
		ret = 1;
	}
	peek_release(&peek);
	return ret < 0 ? ret : !ret;
}

static int find_end(struct chain *chain)
{
	int ret = chain->recalled ? from_memory(chain) : 0;

	if (ret)
		return MIN(ret, 0);
	if (!chain->hints_lie)
		ret = chain_read_last(chain);
	if (ret)
		return ret;
	if (chain->hints_lie || !chain->last.n)
		return climb(chain, 0, 0, 1);
	return from_hint(chain);
}

/* An end that was only believed: is the entry there? */
static int prove(struct chain *chain)
{
	int ret = there(chain, chain->end);

	if (ret > 0) {
		chain->proven = true;
		return 0;
	}
	if (!ret) {
		chain_hints_lie(chain);
		ret = climb(chain, 0, 0, 1);
	}
	return ret;
}

int chain_end(struct chain *chain, bool again, uint64_t *n)
{
	bool fresh = !chain->has_end;
	int ret = fresh ? find_end(chain) : 0;

	if (!ret && again && !chain->proven)
		ret = prove(chain);
	if (!ret && again && !fresh)
		ret = climb(chain, chain->end, chain->end, 1);
	if (!ret)
		*n = chain->end;
	return ret;
}
