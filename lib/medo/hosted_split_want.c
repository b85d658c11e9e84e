#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/hosted_take.h"
#include "model/midx.h"

/*
 * Single objects out of large packs, whose tables say where they lie: entries
 * travel as they are and become a pack of their own.
 */
#define GAP ((uint64_t)128 << 10)	/* rather read that than ask again */
#define PACK_HEAD 12

struct span {
	size_t pack;		/* of the state */
	uint64_t from;
	uint64_t to;
};

struct wanted {
	struct take *t;
	struct idset ids;
	bool *found;
	struct strs *blind;	/* packs whose tables could not be read */
	struct span *v;
	size_t n;
	size_t cap;
	/* On the way. */
	struct feed feed;
	struct hash hash;
	size_t i;
	uint64_t pos;
	bool delta;
};

static int add_span(struct wanted *w, size_t k, const struct midx_place *place)
{
	const struct hosted_state *state = &w->t->h->state;
	uint64_t end = state->packs[k].size, tail = id_raw_size(state->algo);
	struct span span = { k, place->offset, place->next };

	if (span.to == UINT64_MAX)
		span.to = end > tail ? end - tail : 0;
	if (end < tail || span.to > end - tail || span.from >= span.to)
		return fail(FAIL_CORRUPT, "the table of '%s' names what is "
			    "not in it", state->packs[k].name);
	ALLOC_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = span;
	return 0;
}

/* The other packs, or the silo, may have what its table should name. */
static int no_table(struct wanted *w, const char *pack, int code)
{
	if (code != FAIL_MISSING && code != FAIL_CORRUPT && code != FAIL_FORMAT)
		return code;
	fail_clear();
	strs_add(w->blind, pack);
	return 0;
}

static int look_into(struct wanted *w, size_t k)
{
	struct hosted *h = w->t->h;
	const char *pack = h->state.packs[k].name;
	char *name = xstrfmt("%sobjects/pack/%s.idx", h->dir, pack);
	struct buf bytes = BUF_INIT;
	struct midx *midx = NULL;
	struct midx_place place;
	int ret = backend_slurp(h->b, name, (size_t)1 << 30, 0, &bytes);

	if (!ret)
		ret = midx_open_idx(&midx, &bytes, h->state.algo, pack);
	for (size_t i = 0; !ret && i < w->ids.n; i++) {
		if (w->found[i])
			continue;
		ret = midx_find(midx, &w->ids.ids[i], &place);
		if (ret > 0) {
			ret = add_span(w, k, &place);
			w->found[i] = !ret;
		}
	}
	midx_free(midx);
	buf_release(&bytes);
	free(name);
	return no_table(w, pack, ret);
}

static int cmp_span(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Newest first: what is asked for mostly came last. */
static int find_spans(struct wanted *w, bool large)
{
	const struct hosted_state *state = &w->t->h->state;
	int ret = 0;

	w->found = xcalloc(w->ids.n + 1, sizeof(*w->found));
	for (size_t k = state->npacks; !ret && k && w->n < w->ids.n; k--)
		if (state->packs[k - 1].large == large)
			ret = look_into(w, k - 1);
	if (!ret && w->n)
		qsort(w->v, w->n, sizeof(*w->v), cmp_span);
	return ret;
}

static int send_bytes(struct wanted *w, const void *data, size_t len)
{
	hash_add(&w->hash, data, len);
	return take_feed(&w->feed, data, len);
}

static int begin(struct wanted *w)
{
	unsigned char head[PACK_HEAD] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };
	int ret = take_begin(w->t, &w->feed);

	put_be32(head + 8, (uint32_t)w->n);
	return ret ? ret : send_bytes(w, head, sizeof(head));
}

/* git index-pack starts with the first byte that comes: none may. */
static int send(struct wanted *w, const void *data, size_t len)
{
	int ret = w->feed.child.pid ? 0 : begin(w);

	return ret ? ret : send_bytes(w, data, len);
}

/* What a type of 6 or 7 begins needs another object. */
static int take_bytes(void *data, struct block *block)
{
	struct wanted *w = data;
	size_t at = 0, n;
	int ret = 0;

	for (; !ret && at < block->len; at += n, w->pos += n) {
		const struct span *span = &w->v[w->i];
		unsigned char type = (block->data[at] >> 4) & 7;
		uint64_t end = w->pos < span->from ? span->from : span->to;

		n = (size_t)MIN(end - w->pos, block->len - at);
		if (w->pos < span->from)
			continue;
		w->delta |= w->pos == span->from && (type > 4 || !type);
		ret = w->delta ? FAIL_FORMAT : send(w, block->data + at, n);
		w->i += w->pos + n == span->to && w->i + 1 < w->n;
	}
	return ret;
}

/* Neighbours in one request; the end of those. */
static size_t run_from(const struct wanted *w, size_t i)
{
	size_t j = i + 1;

	while (j < w->n && w->v[j].pack == w->v[i].pack &&
	       w->v[j].from >= w->v[j - 1].to &&
	       w->v[j].from - w->v[j - 1].to <= GAP)
		j++;
	return j;
}

static int read_spans(struct wanted *w)
{
	struct hosted *h = w->t->h;
	struct sink sink = { take_bytes, w };
	uint64_t total;
	int ret = 0;

	for (size_t i = 0, j; ret >= 0 && i < w->n; i = j) {
		const char *pack = h->state.packs[w->v[i].pack].name;
		char *name = xstrfmt("%sobjects/pack/%s.pack", h->dir, pack);

		j = run_from(w, i);
		w->i = i;
		w->pos = w->v[i].from;
		ret = h->b->ops->read(h->b, name, w->pos, w->v[j - 1].to, 0,
				      &sink, &total);
		if (ret >= 0 && w->pos != w->v[j - 1].to)
			ret = fail(FAIL_CORRUPT, "'%s' ends too early", pack);
		free(name);
	}
	return MIN(ret, 0);
}

/* A pack of those entries, made while they come. */
static int take_spans(struct wanted *w)
{
	enum id_algo algo = w->t->h->state.algo;
	char hex[ID_HEX_MAX], *name;
	struct id id;
	int ret;

	w->delta = false;
	w->feed = (struct feed){ .child = CHILD_INIT, .max = PACK_HEAD +
				 ID_RAW_MAX, .name = "what git asked for" };
	for (size_t i = 0; i < w->n; i++)
		w->feed.max += w->v[i].to - w->v[i].from;
	hash_init(&w->hash, algo);
	ret = read_spans(w);
	hash_final(&w->hash, &id);
	if (!ret)
		ret = take_feed(&w->feed, id.raw, id_raw_size(algo));
	if (w->delta || ret == FAIL_MISSING) {
		take_stop(&w->feed);
		return w->delta ? FAIL_FORMAT : ret;
	}
	name = xstrfmt("pack-%s", id_hex(&id, hex));
	ret = take_end(w->t, &w->feed, name, ret);
	free(name);
	return ret;
}

/* Somebody else's packing: deltas need what is around them. */
static int take_packs(struct wanted *w)
{
	const struct hosted_state *state = &w->t->h->state;
	int ret = 0;

	for (size_t i = 0; !ret && i < w->n; i++)
		if (!i || w->v[i].pack != w->v[i - 1].pack)
			ret = take_pack(w->t, &state->packs[w->v[i].pack]);
	return ret;
}

/* A pack whose table outlived it has nothing for us; the others may. */
static void forget_pack(struct wanted *w, size_t pack)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].pack != pack)
			w->v[n++] = w->v[i];
	w->n = n;
	fail_clear();
}

static int take_ids(struct take *t, const struct strs *hex, bool large,
		    struct strs *blind)
{
	struct wanted w = { .t = t, .ids = IDSET_INIT, .blind = blind };
	struct id id;
	int ret;

	for (size_t i = 0; i < hex->n; i++)
		if (!id_parse(&id, hex->v[i], strlen(hex->v[i])))
			idset_add(&w.ids, &id);
	ret = find_spans(&w, large);
	while (!ret && w.n) {
		ret = take_spans(&w);
		if (ret != FAIL_MISSING)
			break;
		forget_pack(&w, w.v[w.i].pack);
		ret = 0;
	}
	if (w.delta)
		ret = take_packs(&w);
	idset_release(&w.ids);
	free(w.found);
	free(w.v);
	return ret;
}

/* Also what a tag names: it may be a blob. */
static void add_peeled(const struct take *t, struct strs *out)
{
	const struct hosted_state *state = &t->h->state;
	struct idset wants = IDSET_INIT;
	char hex[ID_HEX_MAX];
	struct id id;

	for (size_t i = 0; i < t->how->wants->n; i++) {
		const char *want = t->how->wants->v[i];

		strs_add(out, want);
		if (!id_parse(&id, want, strlen(want)))
			idset_add(&wants, &id);
	}
	for (size_t i = 0; i < state->nrefs; i++)
		if (state->refs[i].peeled.algo &&
		    idset_find(&wants, &state->refs[i].id) >= 0)
			strs_add(out, id_hex(&state->refs[i].peeled, hex));
	idset_release(&wants);
}

static int find_lack(const struct take *t, const struct strs *wants,
		     struct strs *lack)
{
	struct strs have = STRS_INIT;
	int ret;

	strs_release(lack);
	ret = hosted_have_env(&t->env, wants, &have, lack);
	strs_release(&have);
	return ret;
}

/* What is left in `lack` came from nowhere. */
static int take_some(struct take *t, const struct strs *wants,
		     struct strs *lack, struct strs *blind)
{
	int ret = find_lack(t, wants, lack);

	if (!ret && lack->n) {
		ret = take_ids(t, lack, true, blind);
		if (!ret)
			ret = find_lack(t, wants, lack);
	}
	if (!ret && lack->n) {
		ret = take_blobs(t, lack);
		if (!ret)
			ret = find_lack(t, wants, lack);
	}
	return ret;
}

int take_promised(struct take *t)
{
	struct strs wants = STRS_INIT, lack = STRS_INIT, blind = STRS_INIT;
	int ret;

	add_peeled(t, &wants);
	ret = take_some(t, &wants, &lack, &blind);
	strs_release(&wants);
	strs_release(&lack);
	strs_release(&blind);
	return ret;
}

static int take_whole(struct take *t, const struct strs *names)
{
	const struct hosted_state *state = &t->h->state;
	int ret = 0;

	for (size_t i = 0; !ret && i < state->npacks; i++)
		if (strs_has(names, state->packs[i].name)) {
			ret = take_pack(t, &state->packs[i]);
			if (ret == FAIL_MISSING) {
				fail_clear();
				ret = 0;
			}
		}
	return ret;
}

/* Objects of every kind may be gone here: so the small packs, too. */
static int take_more(struct take *t, struct strs *lack, struct strs *blind)
{
	int ret = take_ids(t, lack, false, blind);

	if (!ret)
		ret = find_lack(t, t->how->wants, lack);
	if (!ret && lack->n && blind->n) {
		ret = take_whole(t, blind);
		if (!ret)
			ret = find_lack(t, t->how->wants, lack);
	}
	return ret;
}

static int lacks(const struct take *t, const struct strs *lack)
{
	char *more = lack->n == 1 ? xstrdup("") :
		     xstrfmt(", nor %zu more,", lack->n - 1);
	int ret = fail(FAIL_MISSING, "'%s' has not the object %s%s that git "
		       "asks for", quoted(t->h->url), lack->v[0], more);

	free(more);
	return ret;
}

/* What came stays: git asks another promisor for the rest. */
int hosted_fetch_lazy(struct hosted *h, const struct hosted_fetch *how)
{
	struct strs lack = STRS_INIT, blind = STRS_INIT;
	struct take take = TAKE_INIT;
	int ret = take_open(&take, h, how, true);

	if (!ret)
		ret = take_some(&take, how->wants, &lack, &blind);
	if (!ret && lack.n)
		ret = take_more(&take, &lack, &blind);
	if (!ret)
		ret = take_commit(&take, false);
	if (!ret && lack.n)
		ret = lacks(&take, &lack);
	take_release(&take);
	strs_release(&lack);
	strs_release(&blind);
	return ret;
}
