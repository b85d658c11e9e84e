#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/table_int.h"

#define IDX_MAX ((size_t)1 << 28)
#define MIDX_MAX ((size_t)1 << 30)

int table_open(struct table **out, struct backend *b, enum id_algo algo)
{
	struct table *t = xcalloc(1, sizeof(*t));
	int ret = chain_open(&t->chain, b, "ledger");

	if (ret) {
		free(t);
		return ret;
	}
	t->b = b;
	t->algo = algo;
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return 0;
}

void live_release(struct live *live)
{
	free(live->name);
	free(live->path);
	midx_free(live->idx);
}

void table_forget(struct table *t)
{
	for (size_t i = 0; i < t->nlive; i++) {
		strs_take(&t->old, t->v[i].path);
		t->v[i].path = NULL;
		live_release(&t->v[i]);
	}
	t->nlive = 0;
	t->n = 0;
	free(t->midx_name);
	free(t->midx_live);
	midx_free(t->midx);
	t->midx_name = NULL;
	t->midx_live = NULL;
	t->midx = NULL;
}

void table_close(struct table *t)
{
	if (!t)
		return;
	table_forget(t);
	free(t->v);
	strs_release(&t->old);
	free(t->keep);
	chain_close(t->chain);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

ssize_t table_pack(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->nlive; i++)
		if (!strcmp(t->v[i].name, name))
			return (ssize_t)i;
	return -1;
}

/* An index on its way; `pack` NULL: that of all packs. */
struct fetch {
	struct job job;
	struct table *t;
	const char *pack;
	struct midx *midx;
};

static int check_name(const struct buf *bytes, const char *name)
{
	unsigned char digest[DIGEST_SIZE];
	struct seal is, want;

	digest_of(bytes->ptr, bytes->len, digest);
	memcpy(is.raw, digest, DIGEST_SIZE);
	if (seal_parse(&want, name + strlen("index-"), SEAL_HEX_MAX - 1) ||
	    !seal_eq(&is, &want))
		return fail(FAIL_CORRUPT, "'%s.midx' has other bytes", name);
	return 0;
}

/* Takes the bytes over. */
static int open_index(struct fetch *f, const char *name, struct buf *bytes)
{
	struct table *t = f->t;
	int ret = f->pack ? 0 : check_name(bytes, t->midx_name);

	if (!ret)
		ret = f->pack ?
		      midx_open_idx(&f->midx, bytes, t->algo, f->pack) :
		      midx_open(&f->midx, bytes, t->algo, name);
	buf_release(bytes);
	return ret;
}

static int fetch(struct job *job)
{
	struct fetch *f = (struct fetch *)job;
	struct table *t = f->t;
	struct buf bytes = BUF_INIT;
	char *name = f->pack ? xstrfmt("pack/%s.idx", f->pack) :
		     xstrfmt("pack/%s.midx", t->midx_name);
	size_t max = f->pack ? IDX_MAX : MIDX_MAX;
	int ret = FAIL_MISSING;

	if (table_kept(t, name, max, &bytes))
		ret = open_index(f, name, &bytes);
	if (ret) {
		fail_clear();
		ret = backend_slurp(t->b, name, max, 0, &bytes);
		if (!ret)
			table_keep_this(t, name, &bytes);
		if (!ret)
			ret = open_index(f, name, &bytes);
	}
	buf_release(&bytes);
	free(name);
	return ret;
}

/*
 * One that is gone or damaged hides its packs, not all of them: what is not
 * found here is looked for under its own name.
 */
static int take_verdict(const struct table *t, int ret)
{
	if (ret != FAIL_MISSING && ret != FAIL_CORRUPT && ret != FAIL_FORMAT)
		return ret;
	say("warning: ", "silo '%s': %s", quoted(t->b->url), fail_text());
	fail_clear();
	return 0;
}

static void take_midx(struct table *t, struct midx *midx)
{
	size_t n = midx_packs(midx);

	t->midx = midx;
	t->midx_live = xcalloc(n + 1, sizeof(*t->midx_live));
	for (size_t i = 0; i < t->nlive; i++)
		t->v[i].in_midx = false;
	for (size_t i = 0; i < n; i++) {
		ssize_t k = table_pack(t, midx_pack(midx, i));

		t->midx_live[i] = k < 0 ? SIZE_MAX : (size_t)k;
		if (k >= 0)
			t->v[k].in_midx = true;
	}
}

/* All at once what is still missing. */
static int fetch_round(struct table *t)
{
	struct fetch *v = xcalloc(t->nlive + 1, sizeof(*v));
	struct pool *pool;
	size_t n = 0;
	int ret = 0;

	if (t->midx_name && !t->midx)
		v[n++].t = t;
	for (size_t i = 0; i < t->nlive; i++)
		if (!t->v[i].idx && !t->v[i].in_midx) {
			v[n].pack = t->v[i].name;
			v[n++].t = t;
		}
	pool = n > 1 ? pool_new((unsigned)MIN(n, TABLE_JOBS)) : NULL;
	for (size_t i = 0; pool && i < n; i++) {
		v[i].job = (struct job)JOB_INIT(fetch);
		job_submit(pool, &v[i].job);
	}
	for (size_t i = 0; i < n; i++) {
		int one = pool ? job_join(pool, &v[i].job) : fetch(&v[i].job);

		one = take_verdict(t, one);
		if (one && !ret)
			ret = one;
		if (v[i].midx && !v[i].pack)
			take_midx(t, v[i].midx);
		else if (v[i].midx)
			t->v[table_pack(t, v[i].pack)].idx = v[i].midx;
	}
	pool_free(pool);
	free(v);
	return ret;
}

/*
 * Whether a pack is in the midx the ledger says; if it turns out not to be, a
 * second round gets its own index.
 */
int table_complete(struct table *t)
{
	bool all = true;
	int ret;

	/* Who is where may have changed since: a new numbering. */
	if (t->midx) {
		struct midx *midx = t->midx;

		free(t->midx_live);
		take_midx(t, midx);
	}
	ret = fetch_round(t);
	if (!t->midx && t->midx_name)
		for (size_t i = 0; i < t->nlive; i++)
			t->v[i].in_midx = false;
	for (size_t i = 0; i < t->nlive; i++)
		all = all && (t->v[i].in_midx || t->v[i].idx);
	if (!ret && !all) {
		free(t->midx ? NULL : t->midx_name);
		if (!t->midx)
			t->midx_name = NULL;
		ret = fetch_round(t);
	}
	return ret;
}

static int apply_entry(void *data, const struct entry *entry)
{
	struct table *t = data;
	char *what = xstrfmt("entry %" PRIu64 " of the ledger", entry->n);
	int ret = table_apply(t, entry->json, what);

	if (!ret)
		t->n = entry->n;
	free(what);
	return ret;
}

/* From a state near the end, if there is one. */
static int load_state(struct table *t, uint64_t end)
{
	const struct json *json;
	uint64_t n = end;
	int ret = chain_state(t->chain, &n, &json);

	if (ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	if (ret || n <= t->n)
		return ret;
	table_forget(t);
	ret = table_apply(t, json, "the ledger's state");
	if (ret)
		table_forget(t);
	else
		t->n = n;
	return take_verdict(t, ret);
}

#define FAR_BEHIND 32

int table_load(struct table *t, bool again)
{
	uint64_t end = 0;
	int ret;

	if (t->loaded && !again)
		return 0;
	ret = chain_end(t->chain, again, &end);
	/* Only believed till now: what was built on it never was. */
	if (!ret && end < t->n)
		table_forget(t);
	if (!ret && end > t->n && (!t->n || end - t->n > FAR_BEHIND))
		ret = load_state(t, end);
	if (!ret && end > t->n)
		ret = chain_walk(t->chain, t->n + 1, end, apply_entry, t);
	if (!ret)
		ret = table_complete(t);
	t->loaded = !ret;
	return ret ? fail_in(ret, "silo '%s'", quoted(t->b->url)) : 0;
}

int table_again(struct table *t)
{
	int ret;

	pthread_mutex_lock(&t->lock);
	ret = table_load(t, true);
	pthread_mutex_unlock(&t->lock);
	return ret;
}

bool table_loaded(struct table *t)
{
	bool loaded;

	pthread_mutex_lock(&t->lock);
	loaded = t->loaded;
	pthread_mutex_unlock(&t->lock);
	return loaded;
}

static bool place(const struct table *t, const struct live *live,
		  const struct midx_place *at, struct table_place *out)
{
	uint64_t hash = id_raw_size(t->algo);

	out->pack = live->path;
	out->offset = at->offset;
	out->end = at->next;
	if (out->end == UINT64_MAX)
		out->end = live->size < hash ? 0 : live->size - hash;
	return out->end > out->offset;
}

static int find(const struct table *t, const struct id *id,
		struct table_place *out)
{
	struct midx_place at;

	if (t->midx && midx_find(t->midx, id, &at) &&
	    t->midx_live[at.pack] != SIZE_MAX &&
	    place(t, &t->v[t->midx_live[at.pack]], &at, out))
		return 1;
	for (size_t i = t->nlive; i-- > 0;)
		if (t->v[i].idx && midx_find(t->v[i].idx, id, &at) &&
		    place(t, &t->v[i], &at, out))
			return 1;
	return 0;
}

int table_find(struct table *t, const struct id *id, struct table_place *out)
{
	int ret;

	pthread_mutex_lock(&t->lock);
	ret = table_load(t, false);
	if (!ret)
		ret = find(t, id, out);
	pthread_mutex_unlock(&t->lock);
	return ret;
}

static int each_of(const struct table *t, const struct midx *midx,
		   const struct live *own,
		   int (*each)(void *data, const struct id *id,
			       const struct table_place *place), void *data)
{
	struct table_place found;
	struct midx_place at;
	struct id id;
	int ret = 0;

	for (size_t i = 0; !ret && i < midx_objects(midx); i++) {
		const struct live *live = own;

		midx_at(midx, i, &id, &at);
		if (!own && t->midx_live[at.pack] != SIZE_MAX)
			live = &t->v[t->midx_live[at.pack]];
		if (live && place(t, live, &at, &found))
			ret = each(data, &id, &found);
	}
	return ret;
}

int table_each_locked(struct table *t,
		      int (*each)(void *data, const struct id *id,
				  const struct table_place *place), void *data)
{
	int ret = 0;

	if (t->midx)
		ret = each_of(t, t->midx, NULL, each, data);
	for (size_t i = 0; !ret && i < t->nlive; i++)
		if (t->v[i].idx)
			ret = each_of(t, t->v[i].idx, &t->v[i], each, data);
	return ret;
}

int table_each(struct table *t,
	       int (*each)(void *data, const struct id *id,
			   const struct table_place *place), void *data)
{
	int ret;

	pthread_mutex_lock(&t->lock);
	ret = table_load(t, false);
	if (!ret)
		ret = table_each_locked(t, each, data);
	pthread_mutex_unlock(&t->lock);
	return ret;
}
