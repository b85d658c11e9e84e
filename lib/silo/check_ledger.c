#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/chain.h"
#include "silo/check_int.h"

/*
 * What entries add up to, or what a state says: "pack-<hash>" and its size,
 * "refs/..." and its ids, "midx" and its name; sorted by name.
 */
struct fact {
	char *name;
	char *text;
	uint64_t size;
};

struct facts {
	struct fact *v;
	size_t n;
	size_t cap;
	enum id_algo algo;
};

static void facts_release(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].name);
		free(f->v[i].text);
	}
	free(f->v);
}

/* Where it is, or would be. */
static size_t facts_find(const struct facts *f, const char *name, bool *is)
{
	size_t lo = 0, hi = f->n;
	int cmp = 1;

	/* Lists are sorted, as a rule: look at the end first. */
	if (hi && strcmp(f->v[hi - 1].name, name) < 0)
		lo = hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		cmp = strcmp(f->v[mid].name, name);
		if (!cmp)
			lo = hi = mid;
		else if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*is = !cmp;
	return lo;
}

static void facts_drop(struct facts *f, const char *name)
{
	bool is;
	size_t at = facts_find(f, name, &is);

	if (!is)
		return;
	free(f->v[at].name);
	free(f->v[at].text);
	memmove(&f->v[at], &f->v[at + 1], (--f->n - at) * sizeof(*f->v));
}

static void facts_set(struct facts *f, const char *name, const char *text,
		      uint64_t size)
{
	bool is;
	size_t at = facts_find(f, name, &is);

	if (!is) {
		ALLOC_GROW(f->v, f->n, f->cap);
		memmove(&f->v[at + 1], &f->v[at], (f->n++ - at) * sizeof(*f->v));
		f->v[at] = (struct fact){ .name = xstrdup(name) };
	}
	free(f->v[at].text);
	f->v[at].text = xstrdup(text);
	f->v[at].size = size;
}

/* Names become parts of files' names. */
static bool is_pack_name(const char *name)
{
	struct id id;

	return starts_with(name, "pack-") &&
	       !id_parse(&id, name + 5, strlen(name + 5));
}

static int no_sense(const char *member)
{
	return fail(FAIL_FORMAT, "\"%s\" makes no sense", member);
}

static int take_packs(struct facts *f, const struct json *json)
{
	const struct json *packs = json_get(json, "packs");
	struct strs gone = STRS_INIT;
	int ret = json_take_strs(json, "replaced", (size_t)1 << 20, &gone);

	for (size_t i = 0; ret >= 0 && i < gone.n; i++)
		facts_drop(f, gone.v[i]);
	for (size_t i = 0; packs && ret >= 0 && i < json_count(packs); i++) {
		const struct json *pack = json_at(packs, i);
		const char *name = NULL;
		uint64_t size = 0;

		ret = json_take_str(pack, "name", &name);
		if (ret > 0)
			ret = json_take_u64(pack, "size", &size);
		if (ret <= 0 || !is_pack_name(name))
			ret = no_sense("packs");
		else
			facts_set(f, name, "", size);
	}
	strs_release(&gone);
	return MIN(ret, 0);
}

/* In a state ID or [ID, PEELED]; in an entry [OLD, NEW] or [OLD, NEW, PEELED]. */
static int take_ref(struct facts *f, const char *name, const struct json *json,
		    bool entry)
{
	bool many = json_type(json) == JSON_ARRAY;
	size_t n = many ? json_count(json) : 1, len, more = 0;
	const struct json *new = many ? json_at(json, entry) : json;
	const char *raw, *peeled = "";
	struct buf text = BUF_INIT;

	if ((entry && !many) || n < 1u + many || n > 2u + entry ||
	    !starts_with(name, "refs/"))
		return no_sense("refs");
	if (json_type(new) == JSON_NULL) {
		facts_drop(f, name);
		return 0;
	}
	raw = json_raw(new, &len);
	if (many && n > 1u + entry)
		peeled = json_raw(json_at(json, 1 + entry), &more);
	buf_add(&text, raw, len);
	buf_add(&text, peeled, more);
	facts_set(f, name, text.ptr, 0);
	buf_release(&text);
	return 0;
}

static int take_facts(struct facts *f, const struct json *json, bool entry)
{
	const struct json *refs = json_get(json, "refs");
	const char *format = NULL, *midx = NULL;
	int ret = take_packs(f, json);

	if (!ret)
		ret = json_take_str(json, "object-format", &format);
	if (ret > 0)
		f->algo = id_algo_parse(format);
	if (ret >= 0)
		ret = json_take_str(json, "midx", &midx);
	if (ret > 0)
		facts_set(f, "midx", midx, 0);
	ret = MIN(ret, 0);
	if (refs && json_type(refs) != JSON_OBJECT)
		ret = no_sense("refs");
	for (size_t i = 0; refs && !ret && i < json_count(refs); i++)
		ret = take_ref(f, json_key_at(refs, i), json_at(refs, i),
			       entry);
	return ret;
}

static int apply(void *data, const struct entry *entry)
{
	int ret = take_facts(data, entry->json, true);

	if (ret)
		return fail_in(ret, "entry %" PRIu64, entry->n);
	return stop_check();
}

/* The first name of which the two say something else, or NULL. */
static const char *difference(const struct facts *a, const struct facts *b)
{
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		const struct fact *one = i < a->n ? &a->v[i] : NULL;
		const struct fact *two = i < b->n ? &b->v[i] : NULL;
		int cmp = !one ? 1 : !two ? -1 : strcmp(one->name, two->name);

		if (cmp)
			return cmp < 0 ? one->name : two->name;
		if (strcmp(one->text, two->text) || one->size != two->size)
			return one->name;
	}
	return NULL;
}

/*
 * A state is a hint that readers believe: it has to be what the entries up to
 * its own add up to.
 */
static int check_state(struct check *check, const char *dir,
		       const struct facts *replayed, uint64_t n,
		       const struct json *state)
{
	struct facts says = { .algo = replayed->algo };
	int ret = take_facts(&says, state, false);
	const char *name = ret ? NULL : difference(replayed, &says);

	if (name)
		ret = fail(FAIL_CORRUPT, "the state at entry %" PRIu64 " is "
			   "not the sum of the entries: '%s' differs; remove "
			   "'%s/last' and '%s/state', which are hints",
			   n, quoted(name), dir, dir);
	if (check_is_verdict(ret))
		ret = check_tell(check, CHECK_CORRUPT, dir, fail_text());
	facts_release(&says);
	return ret;
}

/* A pack ends with the hash of all before it. */
struct trailer {
	struct hash hash;
	uint64_t off;
	uint64_t end;		/* where the hash begins */
	unsigned char raw[ID_RAW_MAX];
};

static int take(void *data, struct block *block)
{
	struct trailer *t = data;
	size_t n = t->off < t->end ?
		   (size_t)MIN((uint64_t)block->len, t->end - t->off) : 0;

	hash_add(&t->hash, block->data, n);
	for (size_t i = n; i < block->len; i++)
		if (t->off + i - t->end < sizeof(t->raw))
			t->raw[t->off + i - t->end] = block->data[i];
	t->off += block->len;
	return stop_check();
}

static int check_sum(struct backend *b, const char *name, uint64_t size,
		     enum id_algo algo)
{
	size_t raw = id_raw_size(algo);
	struct trailer t = { .end = size - raw };
	struct sink sink = { take, &t };
	uint64_t total;
	struct id is;
	int ret;

	if (size < raw)
		return fail(FAIL_CORRUPT, "it is too short for a pack");
	hash_init(&t.hash, algo);
	ret = b->ops->read(b, name, 0, UINT64_MAX, 0, &sink, &total);
	hash_final(&t.hash, &is);
	if (!ret && (t.off != size || memcmp(is.raw, t.raw, raw)))
		ret = fail(FAIL_CORRUPT, "its bytes are not those of its hash");
	return ret;
}

static int check_pack(struct silo *silo, struct check *check, const char *base,
		      const struct fact *pack, enum id_algo algo)
{
	struct backend *b = silo_backend(silo);
	char *name = xstrfmt("%s%spack/%s.pack", base, *base ? "objects/" : "",
			     pack->name);
	uint64_t size = 0;
	int ret = b->ops->has(b, name, &size);

	if (!ret)
		ret = fail(FAIL_CORRUPT, "the ledger names it, and it is not "
			   "there; who has all of it may push it again");
	else if (ret > 0 && size != pack->size && size != UINT64_MAX)
		ret = fail(FAIL_CORRUPT, "it has %" PRIu64 " bytes, and the "
			   "ledger says %" PRIu64, size, pack->size);
	/* The packs of the silo itself are read by packs_check(). */
	else if (ret > 0)
		ret = *base && !check->quick ?
		      check_sum(b, name, pack->size, algo) : 0;
	if (check_is_verdict(ret))
		ret = check_tell(check, CHECK_CORRUPT, name, fail_text());
	free(name);
	return ret;
}

/* All of it from the first entry on, and the state on the way. */
static int replay(struct chain *chain, struct check *check, const char *dir,
		  struct facts *f)
{
	const struct json *state = NULL;
	uint64_t n = 0, at;
	int ret = chain_end(chain, true, &n);

	if (ret)
		return ret;
	at = n;
	ret = chain_state(chain, &at, &state);
	if (ret == FAIL_MISSING) {
		fail_clear();
		at = ret = 0;
	}
	if (!ret)
		ret = chain_walk(chain, 1, at, apply, f);
	if (!ret && at)
		ret = check_state(check, dir, f, at, state);
	return ret ? ret : chain_walk(chain, at + 1, n, apply, f);
}

int check_ledger(struct silo *silo, struct check *check, const char *base)
{
	struct facts f = { .algo = silo_algo(silo) };
	char *dir = xstrfmt("%sledger", base);
	struct chain *chain = NULL;
	int ret = chain_open(&chain, silo_backend(silo), dir);

	if (!ret)
		ret = replay(chain, check, dir, &f);
	if (!ret && !f.algo)
		ret = fail(FAIL_FORMAT, "an object format that is not known");
	for (size_t i = 0; !ret && i < f.n; i++)
		if (is_pack_name(f.v[i].name))
			ret = check_pack(silo, check, base, &f.v[i], f.algo);
	chain_close(chain);
	if (check_is_verdict(ret))
		ret = check_tell(check, CHECK_CORRUPT, dir, fail_text());
	facts_release(&f);
	free(dir);
	return ret;
}
