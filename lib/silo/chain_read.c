#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/chain_int.h"

/*
 * Reading entries: one, and many in order.
 */
struct gather {
	struct buf *out;
	size_t max;
	bool big;
};

static int gather_take(void *data, struct block *block)
{
	struct gather *gather = data;

	if (block->len > gather->max - gather->out->len) {
		gather->big = true;
		return fail(FAIL_FORMAT, "too large");
	}
	buf_add(gather->out, block->data, block->len);
	return 0;
}

int chain_slurp(struct chain *chain, const char *name, unsigned how,
		size_t max, struct buf *out)
{
	struct gather gather = { out, max, false };
	struct sink sink = { gather_take, &gather };
	uint64_t total;
	int ret;

	buf_reset(out);
	ret = chain->b->ops->read(chain->b, name, 0, UINT64_MAX, how, &sink,
				  &total);
	if (!ret)
		return READ_WHOLE;
	if (!gather.big && ret != FAIL_MISSING)
		return ret;
	fail_clear();
	buf_reset(out);
	return gather.big ? READ_BIG : READ_NONE;
}

int chain_read(struct chain *chain, uint64_t n, unsigned how, size_t max,
	       struct buf *out)
{
	char *name = chain_name(chain, n);
	int ret = chain_slurp(chain, name, how, max, out);

	free(name);
	return ret;
}

static const struct chain_known *known(const struct chain *chain, uint64_t n)
{
	for (size_t i = 0; n && i < ARRAY_SIZE(chain->known); i++)
		if (chain->known[i].n == n)
			return &chain->known[i];
	return NULL;
}

void chain_know(struct chain *chain, uint64_t n,
		const unsigned char hash[DIGEST_SIZE])
{
	struct chain_known *slot;

	if (known(chain, n))
		return;
	slot = &chain->known[chain->next_known++ % ARRAY_SIZE(chain->known)];
	slot->n = n;
	memcpy(slot->hash, hash, DIGEST_SIZE);
}

bool chain_seen(const struct chain *chain, uint64_t n,
		unsigned char hash[DIGEST_SIZE])
{
	const struct chain_known *slot = known(chain, n);

	if (slot)
		memcpy(hash, slot->hash, DIGEST_SIZE);
	return slot;
}

void chain_keep(struct chain *chain, uint64_t n, const struct buf *text)
{
	struct chain_kept *slot;

	for (size_t i = 0; i < ARRAY_SIZE(chain->kept); i++)
		if (chain->kept[i].n == n)
			return;
	slot = &chain->kept[chain->next_kept++ % ARRAY_SIZE(chain->kept)];
	slot->n = n;
	buf_reset(&slot->text);
	buf_add(&slot->text, text->ptr, text->len);
}

bool chain_take_kept(struct chain *chain, uint64_t n, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(chain->kept); i++)
		if (chain->kept[i].n == n) {
			chain->kept[i].n = 0;
			SWAP(*out, chain->kept[i].text);
			buf_reset(&chain->kept[i].text);
			return true;
		}
	return false;
}

int chain_parse(struct chain *chain, uint64_t n, const struct buf *text,
		struct entry *entry)
{
	char *name = chain_name(chain, n);
	char *what = xstrfmt("%s/%s", chain->b->url, name);
	unsigned char hash[DIGEST_SIZE];
	int ret = entry_parse(entry, text->ptr, text->len, what);

	if (!ret && entry->n != n)
		ret = fail(FAIL_CORRUPT, "'%s' says that it is entry %" PRIu64,
			   quoted(what), entry->n);
	if (!ret && chain_seen(chain, n, hash) &&
	    memcmp(hash, entry->hash, DIGEST_SIZE))
		ret = fail(FAIL_CORRUPT, "'%s' is not what it was before; "
			   "entries never change", quoted(what));
	if (!ret)
		chain_know(chain, n, entry->hash);
	free(what);
	free(name);
	return ret;
}

int chain_entry(struct chain *chain, uint64_t n, unsigned how,
		struct buf *text, struct entry *entry)
{
	int ret = READ_WHOLE;

	if ((how & READ_FRESH) || !chain_take_kept(chain, n, text))
		ret = chain_read(chain, n, how, LEDGER_ENTRY_MAX, text);
	if (ret == READ_BIG)
		return fail(FAIL_FORMAT, "entry %" PRIu64 " of '%s' in silo "
			    "'%s' is over %zu bytes", n, chain->dir,
			    quoted(chain->b->url), LEDGER_ENTRY_MAX);
	if (ret != READ_WHOLE)
		return ret;
	ret = chain_parse(chain, n, text, entry);
	return ret ? ret : 1;
}

int chain_hash(struct chain *chain, uint64_t n,
	       unsigned char hash[DIGEST_SIZE])
{
	struct entry entry = ENTRY_INIT;
	struct buf text = BUF_INIT;
	int ret = 1;

	if (!chain_seen(chain, n, hash)) {
		ret = chain_entry(chain, n, READ_FRESH, &text, &entry);
		if (ret > 0)
			memcpy(hash, entry.hash, DIGEST_SIZE);
	}
	entry_release(&entry);
	buf_release(&text);
	return ret;
}

struct ahead {
	struct job job;
	struct chain *chain;
	uint64_t n;
	bool submitted;
	struct buf text;
};

struct walk {
	struct chain *chain;
	struct ahead ahead[CHAIN_READERS];
	uint64_t next;		/* to be asked for */
	uint64_t to;
	bool alone;
	bool has_prev;
	unsigned char prev[DIGEST_SIZE];
	int (*each)(void *data, const struct entry *entry);
	void *data;
};

static int read_ahead(struct job *job)
{
	struct ahead *ahead = (struct ahead *)job;

	return chain_read(ahead->chain, ahead->n, 0, CHAIN_KEEP_MAX,
			  &ahead->text);
}

static void ask(struct walk *walk, uint64_t n)
{
	struct ahead *ahead = &walk->ahead[n % CHAIN_READERS];

	ahead->n = n;
	ahead->chain = walk->chain;
	ahead->submitted = false;
	ahead->job = (struct job)JOB_INIT(read_ahead);
	if (chain_take_kept(walk->chain, n, &ahead->text)) {
		ahead->job.ret = READ_WHOLE;
	} else if (walk->alone) {
		ahead->job.ret = read_ahead(&ahead->job);
	} else {
		job_submit(chain_pool(walk->chain), &ahead->job);
		ahead->submitted = true;
	}
}

static int answer(struct walk *walk, struct ahead *ahead)
{
	if (!ahead->submitted)
		return ahead->job.ret;
	ahead->submitted = false;
	return job_join(walk->chain->pool, &ahead->job);
}

static int check_prev(struct walk *walk, const struct entry *entry)
{
	if (!walk->has_prev || !memcmp(walk->prev, entry->prev, DIGEST_SIZE))
		return 0;
	return fail(FAIL_CORRUPT, "'%s' in silo '%s' breaks between entry %"
		    PRIu64 " and entry %" PRIu64 ": two copies of this silo "
		    "both went on, or it went back to an older one",
		    walk->chain->dir, quoted(walk->chain->b->url),
		    entry->n - 1, entry->n);
}

static int gone(struct walk *walk, uint64_t n)
{
	return fail(FAIL_CORRUPT, "'%s' in silo '%s' has no entry %" PRIu64
		    "; it should go on to %" PRIu64, walk->chain->dir,
		    quoted(walk->chain->b->url), n, walk->to);
}

/*
 * A cache on the way may have an old copy, or know that there is none: what
 * does not fit is asked for once more, past all caches.
 */
static int take_entry(struct walk *walk, struct ahead *ahead,
		      struct entry *entry)
{
	struct chain *chain = walk->chain;
	int ret = answer(walk, ahead);

	if (ret < 0)
		return ret;
	if (ret == READ_WHOLE) {
		ret = chain_parse(chain, ahead->n, &ahead->text, entry);
		if (!ret)
			ret = check_prev(walk, entry);
		if (!ret || ret == FAIL_DENIED)
			return ret;
		fail_clear();
		entry_release(entry);
	}
	ret = chain_entry(chain, ahead->n, READ_FRESH, &ahead->text, entry);
	if (!ret)
		ret = gone(walk, ahead->n);
	else if (ret > 0)
		ret = check_prev(walk, entry);
	return ret;
}

static int step(struct walk *walk, uint64_t n)
{
	struct ahead *ahead = &walk->ahead[n % CHAIN_READERS];
	struct entry entry = ENTRY_INIT;
	int ret;

	while (walk->next <= walk->to && walk->next < n + CHAIN_READERS &&
	       (walk->next == n || !walk->alone))
		ask(walk, walk->next++);
	ret = take_entry(walk, ahead, &entry);
	if (!ret) {
		memcpy(walk->prev, entry.hash, DIGEST_SIZE);
		walk->has_prev = true;
		ret = walk->each(walk->data, &entry);
	}
	entry_release(&entry);
	buf_release(&ahead->text);
	return ret;
}

/* What is known of the one before the first. */
static void begin(struct walk *walk, uint64_t from)
{
	struct chain *chain = walk->chain;

	walk->has_prev = chain_seen(chain, from - 1, walk->prev);
	if (!walk->has_prev && from > 1 && chain->state.n == from - 1) {
		memcpy(walk->prev, chain->state.entry, DIGEST_SIZE);
		walk->has_prev = true;
	}
}

int chain_walk(struct chain *chain, uint64_t from, uint64_t to,
	       int (*each)(void *data, const struct entry *entry), void *data)
{
	struct walk walk = {
		.chain = chain, .next = from, .to = to, .each = each,
		.data = data, .alone = from == to || chain->b->path,
	};
	int ret = 0;

	for (size_t i = 0; i < CHAIN_READERS; i++)
		walk.ahead[i].text = (struct buf)BUF_INIT;
	if (from > to)
		return 0;
	if (!from || to >= CHAIN_NUMBER_MAX)
		return fail(FAIL_REQUEST, "there is no entry %" PRIu64,
			    from ? to : from);
	begin(&walk, from);
	for (uint64_t n = from; ret >= 0 && n <= to; n++)
		ret = step(&walk, n);
	for (size_t i = 0; i < CHAIN_READERS; i++) {
		/* The first failure is the one to tell. */
		if (walk.ahead[i].submitted) {
			char *text = xstrdup(fail_text());

			if (job_join(chain->pool, &walk.ahead[i].job) < 0)
				fail_adopt(text);
			free(text);
		}
		buf_release(&walk.ahead[i].text);
	}
	return MIN(ret, 0);
}
