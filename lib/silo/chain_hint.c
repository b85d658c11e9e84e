#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/chain_int.h"

/*
 * The hints: DIR/last and DIR/state/N.json.  Whatever is wrong with one, it
 * is as if it were not there.
 */
#define LAST_MAX (CHAIN_SUM_MAX + 4096)

static int only_trouble(int ret)
{
	if (ret == FAIL_NET || ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
		return ret;
	fail_clear();
	return 0;
}

/* The state in a hint is one like those in files, and as little believed. */
static void take_sum(struct chain_last *last, const struct json *json)
{
	const struct json *sum = json_get(json, "sum");
	struct chain_state *out = &last->sum;
	const char *raw;
	size_t len;

	if (!sum)
		return;
	raw = json_raw(sum, &len);
	buf_add(&out->text, raw, len);
	if (state_parse(&out->json, out->text.ptr, len, "last", &out->n,
			out->entry) || out->n > last->n)
		chain_state_release(out);
}

static void take_last(struct chain_last *last, const struct json *json)
{
	const struct json *older = json_get(json, "older");
	struct seal entry;
	uint64_t n;

	if (json_take_u64(json, "n", &n) > 0 && n && n < CHAIN_NUMBER_MAX / 2)
		last->n = n;
	if (json_take_seal(json, "entry", &entry) > 0) {
		last->has_entry = true;
		memcpy(last->entry, entry.raw, DIGEST_SIZE);
	}
	take_sum(last, json);
	if (!last->has_entry && last->sum.n && last->sum.n == last->n) {
		last->has_entry = true;
		memcpy(last->entry, last->sum.entry, DIGEST_SIZE);
	}
	if (json_take_u64(json, "state", &n) > 0 && n <= last->n)
		last->state = n;
	chain_servers_take(last, json_get(json, "servers"));
	for (size_t i = 0; older && json_type(older) == JSON_ARRAY &&
	     i < MIN(json_count(older), CHAIN_OLDER_MAX); i++) {
		size_t len;
		const char *raw = json_raw(json_at(older, i), &len);

		if (json_type(json_at(older, i)) == JSON_NUMBER && len < 16)
			last->older[last->nolder++] = strtoull(raw, NULL, 10);
	}
}

static void forget_last(struct chain *chain)
{
	chain_state_release(&chain->last.sum);
	chain->last = (struct chain_last){ .sum = CHAIN_STATE_INIT };
}

/* Written in place where nothing else can be had: is it all of it? */
static void take_text(struct chain *chain, const char *text, size_t len,
		      const char *what)
{
	struct json *json = NULL;

	forget_last(chain);
	if (!len || text[len - 1] != '\n')
		return;
	if (!json_parse(&json, text, len, what))
		take_last(&chain->last, json);
	fail_clear();
	json_free(json);
}

int chain_read_last(struct chain *chain)
{
	char *name = xstrfmt("%s/last", chain->dir);
	struct buf text = BUF_INIT;
	int ret = chain_slurp(chain, name, READ_FRESH, LAST_MAX, &text);

	take_text(chain, text.ptr, ret == READ_WHOLE ? text.len : 0, name);
	chain->last.read = true;
	buf_release(&text);
	free(name);
	return ret < 0 ? only_trouble(ret) : 0;
}

void chain_recall(struct chain *chain, const struct buf *memory)
{
	if (chain->has_end || chain->last.read || memory->len > LAST_MAX)
		return;
	take_text(chain, memory->ptr, memory->len, "memory");
	chain->recalled = chain->last.n;
	chain->last.read = chain->recalled;
}

void chain_state_release(struct chain_state *state)
{
	json_free(state->json);
	buf_release(&state->text);
	*state = (struct chain_state)CHAIN_STATE_INIT;
}

static char *state_name(const struct chain *chain, uint64_t n)
{
	return xstrfmt("%s/state/%" PRIu64 ".json", chain->dir, n);
}

int chain_read_state(struct chain *chain, uint64_t n, struct chain_state *out)
{
	char *name = state_name(chain, n);
	int ret = chain_slurp(chain, name, 0, LEDGER_ENTRY_MAX, &out->text);

	if (ret == READ_WHOLE)
		ret = state_parse(&out->json, out->text.ptr, out->text.len,
				  name, &out->n, out->entry);
	else if (ret == READ_BIG || !ret)
		ret = FAIL_MISSING;
	if (!ret && out->n != n)
		ret = FAIL_CORRUPT;
	if (ret)
		chain_state_release(out);
	free(name);
	return ret ? only_trouble(ret) : 1;
}

/*
 * Is "entry" what entry n hashes to?  The entry behind it says so as well,
 * and is read by who walks on.
 */
static int proven(struct chain *chain, uint64_t end,
		  const struct chain_state *state)
{
	struct entry entry = ENTRY_INIT;
	struct buf text = BUF_INIT;
	unsigned char hash[DIGEST_SIZE];
	int ret = 1;

	if (chain_seen(chain, state->n, hash) || state->n >= end) {
		ret = chain_hash(chain, state->n, hash);
	} else {
		ret = chain_entry(chain, state->n + 1, 0, &text, &entry);
		if (ret > 0) {
			memcpy(hash, entry.prev, DIGEST_SIZE);
			if (text.len <= CHAIN_KEEP_MAX)
				chain_keep(chain, state->n + 1, &text);
		}
	}
	if (ret > 0)
		ret = !memcmp(hash, state->entry, DIGEST_SIZE);
	entry_release(&entry);
	buf_release(&text);
	return ret;
}

static int try_state(struct chain *chain, uint64_t end, uint64_t n)
{
	struct chain_state state = CHAIN_STATE_INIT;
	int ret = n && n <= end ? chain_read_state(chain, n, &state) : 0;

	if (ret > 0)
		ret = proven(chain, end, &state);
	if (ret > 0)
		SWAP(chain->state, state);
	chain_state_release(&state);
	return ret;
}

/* The one in the hint costs nothing more. */
static int try_sum(struct chain *chain, uint64_t end)
{
	struct chain_state *sum = &chain->last.sum;
	int ret = sum->n && sum->n <= end ? proven(chain, end, sum) : 0;

	if (ret > 0)
		SWAP(chain->state, *sum);
	if (ret >= 0)
		chain_state_release(sum);
	return ret;
}

struct newest {
	const char *dir;
	uint64_t max;
	uint64_t n;
};

static int look_newest(void *data, const char *name, uint64_t size UNUSED)
{
	struct newest *newest = data;
	const char *base = strrchr(name, '/');
	char *end = NULL;
	unsigned long long n;

	base = base ? base + 1 : name;
	if (*base < '1' || *base > '9')
		return 0;
	n = strtoull(base, &end, 10);
	if (!strcmp(end, ".json") && n <= newest->max && n > newest->n)
		newest->n = n;
	return 0;
}

/* Without hints a listing may help, where the place can list at all. */
static int try_listed(struct chain *chain, uint64_t end)
{
	struct newest newest = { .max = end };
	char *prefix = xstrfmt("%s/state", chain->dir);
	int ret = chain->b->ops->list(chain->b, prefix, look_newest, &newest);

	free(prefix);
	ret = ret < 0 ? only_trouble(ret) : 0;
	if (ret == FAIL_STOPPED)
		return ret;
	fail_clear();
	return try_state(chain, end, newest.n);
}

static int find_state(struct chain *chain, uint64_t end)
{
	const struct chain_last *last = &chain->last;
	int ret = 0;

	if (!last->read && !chain->hints_lie)
		ret = chain_read_last(chain);
	if (!ret && last->sum.n > last->state)
		ret = try_sum(chain, end);
	/* Who wrote `last` for this very entry knows whether there is one. */
	if (!ret && (last->n != end || last->state == end))
		ret = try_state(chain, end, end);
	if (!ret && last->state != end)
		ret = try_state(chain, end, last->state);
	if (!ret && last->nolder)
		ret = try_state(chain, end, last->older[0]);
	/* A dozen entries are read as fast as a listing. */
	if (!ret && end > 12)
		ret = try_listed(chain, end);
	return ret;
}

int chain_state(struct chain *chain, uint64_t *n, const struct json **out)
{
	const uint64_t have = chain->state.n;
	int ret = 1;

	/* What we have is near enough: the rest is a few entries. */
	if (!have || have > *n || *n - have > 16)
		ret = *n ? find_state(chain, *n) : 0;
	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_MISSING, "'%s' of silo '%s' has no state",
			    chain->dir, quoted(chain->b->url));
	*n = chain->state.n;
	*out = chain->state.json;
	return 0;
}

static void add_hash(struct buf *out, const unsigned char hash[DIGEST_SIZE])
{
	struct seal seal;
	char hex[SEAL_HEX_MAX];

	memcpy(seal.raw, hash, DIGEST_SIZE);
	buf_adds(out, seal_hex(&seal, hex));
}

/* Into the hint if it is small, else into a file of its own. */
static int put_state(struct chain *chain, struct chain_last *last,
		     const char *members)
{
	struct chain_state state = CHAIN_STATE_INIT;
	char *name = state_name(chain, last->n);
	int ret = 0;

	state_format(&state.text, last->n, last->entry, members);
	if (state.text.len <= CHAIN_SUM_MAX) {
		ret = state_parse(&state.json, state.text.ptr, state.text.len,
				  "state", &state.n, state.entry);
		if (!ret)
			SWAP(last->sum, state);
	} else if (state.text.len <= LEDGER_ENTRY_MAX) {
		ret = chain->b->ops->replace(chain->b, name, state.text.ptr,
					     state.text.len);
		if (!ret)
			last->state = last->n;
	}
	chain_state_release(&state);
	free(name);
	return ret;
}

static void format_last(const struct chain_last *last,
			const struct chain_state *sum, struct buf *out)
{
	/* It travels with each push: nothing in it twice, and nothing empty. */
	buf_addf(out, "{\"n\": %" PRIu64, last->n);
	if (sum->n != last->n) {
		buf_adds(out, ", \"entry\": \"");
		add_hash(out, last->entry);
		buf_addc(out, '"');
	}
	if (last->state)
		buf_addf(out, ", \"state\": %" PRIu64, last->state);
	for (size_t i = 0; i < last->nolder; i++)
		buf_addf(out, "%s%" PRIu64, i ? ", " : ", \"older\": [",
			 last->older[i]);
	buf_adds(out, last->nolder ? "]" : "");
	chain_servers_add(last, out);
	if (sum->n) {
		buf_adds(out, ", \"sum\": ");
		buf_add(out, sum->text.ptr, sum->text.len);
	}
	buf_adds(out, "}\n");
}

bool chain_memory(const struct chain *chain, struct buf *out)
{
	const struct chain_last *last = &chain->last;
	const struct chain_state *sum = &last->sum;

	/* Was it taken out, since it is the one that counts? */
	if (!sum->n && chain->state.n == last->n &&
	    chain->state.text.len <= CHAIN_SUM_MAX)
		sum = &chain->state;
	if (!last->n || !last->has_entry || last->n != chain->end ||
	    (sum->n != last->n && last->state != last->n))
		return false;
	format_last(last, sum, out);
	return true;
}

static int put_last(struct chain *chain)
{
	char *name = xstrfmt("%s/last", chain->dir);
	struct buf text = BUF_INIT;
	int ret;

	format_last(&chain->last, &chain->last.sum, &text);
	ret = chain->b->ops->replace(chain->b, name, text.ptr, text.len);
	buf_release(&text);
	free(name);
	return ret;
}

/* The newest two stay; others go some at a time, so that it seldom costs. */
static void drop_states(struct chain *chain, struct chain_last *last)
{
	if (last->nolder < CHAIN_OLDER_MAX)
		return;
	for (size_t i = 1; i < last->nolder; i++) {
		char *name = state_name(chain, last->older[i]);

		if (chain->b->ops->remove(chain->b, name) < 0)
			fail_clear();
		free(name);
	}
	last->nolder = 1;
}

static void push_older(struct chain_last *last, uint64_t n)
{
	if (!n || n == last->state || last->nolder == CHAIN_OLDER_MAX)
		return;
	memmove(last->older + 1, last->older,
		last->nolder * sizeof(*last->older));
	last->older[0] = n;
	last->nolder++;
}

/* The sum that we read came out of the hint, and goes back. */
static void keep_sum(struct chain *chain, uint64_t n)
{
	struct chain_last *last = &chain->last;
	const struct chain_state *state = &chain->state;

	if (last->sum.n || !state->n || state->n > n || n - state->n > 16 ||
	    state->text.len > CHAIN_SUM_MAX || state->n == last->state)
		return;
	buf_add(&last->sum.text, state->text.ptr, state->text.len);
	if (state_parse(&last->sum.json, last->sum.text.ptr,
			last->sum.text.len, "last", &last->sum.n,
			last->sum.entry))
		chain_state_release(&last->sum);
}

void chain_hint(struct chain *chain, uint64_t n, const char *members)
{
	struct chain_last *last = &chain->last;
	uint64_t before = last->state;
	int ret = chain_hash(chain, n, last->entry);

	if (ret > 0) {
		last->n = n;
		last->has_entry = true;
		ret = 0;
		if (members)
			ret = put_state(chain, last, members);
		else
			keep_sum(chain, n);
		if (!ret && before != last->state) {
			push_older(last, before);
			drop_states(chain, last);
		}
		if (!ret)
			ret = put_last(chain);
	}
	if (ret < 0 && ret != FAIL_STOPPED)
		say("warning: ", "%s", fail_text());
	fail_clear();
}
