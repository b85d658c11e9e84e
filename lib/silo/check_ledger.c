#include "base/base.h"
#include "base/fail.h"
#include "base/temp.h"
#include "silo/chain.h"
#include "silo/check_int.h"

struct alive {
	char *name;		/* "pack-<hash>"; NULL: replaced */
	uint64_t size;
};

struct replay {
	struct alive *v;
	size_t n;
	size_t cap;
	enum id_algo algo;
};

static void drop(struct replay *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!r->v[i].name || strcmp(r->v[i].name, name))
			continue;
		free(r->v[i].name);
		r->v[i].name = NULL;
	}
}

/* Names become parts of files' names. */
static bool is_pack_name(const char *name)
{
	struct id id;

	return starts_with(name, "pack-") &&
	       !id_parse(&id, name + 5, strlen(name + 5));
}

static int apply(void *data, const struct entry *entry)
{
	const struct json *packs = json_get(entry->json, "packs");
	struct replay *r = data;
	struct strs gone = STRS_INIT;
	const char *format = NULL;
	int ret = json_take_strs(entry->json, "replaced", (size_t)1 << 20,
				 &gone);

	if (ret >= 0)
		ret = json_take_str(entry->json, "object-format", &format);
	if (ret > 0)
		r->algo = id_algo_parse(format);
	for (size_t i = 0; ret >= 0 && i < gone.n; i++)
		drop(r, gone.v[i]);
	for (size_t i = 0; packs && ret >= 0 && i < json_count(packs); i++) {
		const struct json *pack = json_at(packs, i);
		const char *name = NULL;
		uint64_t size = 0;

		ret = json_take_str(pack, "name", &name);
		if (ret > 0)
			ret = json_take_u64(pack, "size", &size);
		if (ret <= 0 || !is_pack_name(name))
			ret = fail(FAIL_FORMAT, "entry %" PRIu64 ": \"packs\" "
				   "makes no sense", entry->n);
		if (ret < 0)
			break;
		drop(r, name);
		ALLOC_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = (struct alive){ xstrdup(name), size };
	}
	strs_release(&gone);
	return ret < 0 ? ret : stop_check();
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
		      const struct alive *pack, enum id_algo algo)
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

int check_ledger(struct silo *silo, struct check *check, const char *base)
{
	struct replay r = { .algo = silo_algo(silo) };
	char *dir = xstrfmt("%sledger", base);
	struct chain *chain = NULL;
	uint64_t n = 0;
	int ret = chain_open(&chain, silo_backend(silo), dir);

	if (!ret)
		ret = chain_end(chain, true, &n);
	if (!ret)
		ret = chain_walk(chain, 1, n, apply, &r);
	if (!ret && !r.algo)
		ret = fail(FAIL_FORMAT, "an object format that is not known");
	for (size_t i = 0; !ret && i < r.n; i++)
		if (r.v[i].name)
			ret = check_pack(silo, check, base, &r.v[i], r.algo);
	chain_close(chain);
	if (check_is_verdict(ret))
		ret = check_tell(check, CHECK_CORRUPT, dir, fail_text());
	for (size_t i = 0; i < r.n; i++)
		free(r.v[i].name);
	free(r.v);
	free(dir);
	return ret;
}
