#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/chain_int.h"

/*
 * The hints: DIR/last and DIR/state/N.json.  Whatever is wrong with one, it
 * is as if it were not there.
 */
#define LAST_MAX 4096

static int only_trouble(int ret)
{
	if (ret == FAIL_NET || ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
		return ret;
	fail_clear();
	return 0;
}

static void take_last(struct chain_last *last, const struct json *json)
{
	const struct json *older = json_get(json, "older");
	struct seal entry;
	uint64_t n;

	if (json_take_u64(json, "n", &n) > 0 && n && n < CHAIN_NUMBER_MAX)
		last->n = n;
	if (json_take_seal(json, "entry", &entry) > 0) {
		last->has_entry = true;
		memcpy(last->entry, entry.raw, DIGEST_SIZE);
	}
	if (json_take_u64(json, "state", &n) > 0 && n <= last->n)
		last->state = n;
	for (size_t i = 0; older && json_type(older) == JSON_ARRAY &&
	     i < MIN(json_count(older), CHAIN_OLDER_MAX); i++) {
		size_t len;
		const char *raw = json_raw(json_at(older, i), &len);

		if (json_type(json_at(older, i)) == JSON_NUMBER && len < 16)
			last->older[last->nolder++] = strtoull(raw, NULL, 10);
	}
}

int chain_read_last(struct chain *chain)
{
	char *name = xstrfmt("%s/last", chain->dir);
	struct buf text = BUF_INIT;
	struct json *json = NULL;
	int ret = chain_slurp(chain, name, READ_FRESH, LAST_MAX, &text);

	memset(&chain->last, 0, sizeof(chain->last));
	/* Written in place where nothing else can be had: is it all of it? */
	if (ret == READ_WHOLE && text.len && text.ptr[text.len - 1] == '\n') {
		ret = json_parse(&json, text.ptr, text.len, name);
		if (!ret)
			take_last(&chain->last, json);
		fail_clear();
	}
	chain->last.read = true;
	json_free(json);
	buf_release(&text);
	free(name);
	return ret < 0 ? only_trouble(ret) : 0;
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

static int put_state(struct chain *chain, uint64_t n,
		     const unsigned char hash[DIGEST_SIZE],
		     const char *members)
{
	char *name = state_name(chain, n);
	struct buf text = BUF_INIT;
	int ret = 0;

	state_format(&text, n, hash, members);
	if (text.len <= LEDGER_ENTRY_MAX)
		ret = chain->b->ops->replace(chain->b, name, text.ptr,
					     text.len);
	buf_release(&text);
	free(name);
	return ret;
}

static int put_last(struct chain *chain, const struct chain_last *last)
{
	char *name = xstrfmt("%s/last", chain->dir);
	struct buf text = BUF_INIT;
	int ret;

	buf_addf(&text, "{\"n\": %" PRIu64 ", \"entry\": \"", last->n);
	add_hash(&text, last->entry);
	buf_addf(&text, "\", \"state\": %" PRIu64 ", \"older\": [",
		 last->state);
	for (size_t i = 0; i < last->nolder; i++)
		buf_addf(&text, "%s%" PRIu64, i ? ", " : "", last->older[i]);
	buf_adds(&text, "]}\n");
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

void chain_hint(struct chain *chain, uint64_t n, const char *members)
{
	struct chain_last last = chain->last;
	int ret = chain_hash(chain, n, last.entry);

	if (ret > 0)
		ret = members ? put_state(chain, n, last.entry, members) : 0;
	last.n = n;
	last.has_entry = true;
	if (!ret && members && last.state != n) {
		if (last.state && last.nolder < CHAIN_OLDER_MAX) {
			memmove(last.older + 1, last.older,
				last.nolder * sizeof(*last.older));
			last.older[0] = last.state;
			last.nolder++;
		}
		last.state = n;
		drop_states(chain, &last);
	}
	if (!ret)
		ret = put_last(chain, &last);
	if (!ret)
		chain->last = last;
	if (ret < 0 && ret != FAIL_STOPPED)
		say("warning: ", "%s", fail_text());
	fail_clear();
}
