#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/fetch.h"
#include "silo/move.h"

#include <sys/stat.h>

/*
 * What to report when nobody has it: a silo that could not be asked weighs
 * more than one that said no, since asking again may help.
 */
static void weigh(struct fetch_item *item, int code, const char *text)
{
	static const int order[] = { FAIL_MISSING, FAIL_NET, FAIL_DENIED,
				     FAIL_CORRUPT };
	size_t old = 0, new = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] == item->result)
			old = i;
		if (order[i] == code)
			new = i;
	}
	if (item->result < 0 && new <= old)
		return;
	free(item->why);
	item->result = code;
	item->why = xstrdup(text);
}

static bool may_try_next(int code)
{
	return code == FAIL_MISSING || code == FAIL_NET ||
	       code == FAIL_DENIED || code == FAIL_CORRUPT ||
	       code == FAIL_FORMAT || code == FAIL_REQUEST;
}

/* The store of the repository that this one was cloned from, by path. */
static int origin_store(struct medo *medo, size_t n, char **out)
{
	size_t seen = 0;

	for (size_t i = 0; i < medo->git.keys.n; i++) {
		const char *key = medo->git.keys.v[i];
		const char *url = medo->git.values.v[i];
		static const char *const inside[] = { ".git/medo", "medo" };

		if (!starts_with(key, "remote.") || !ends_with(key, ".url") ||
		    (strstr(url, "://") && !starts_with(url, "file://")))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(inside); k++) {
			char *dir = medo_normal_url(url, medo->git.top);
			char *path = xstrfmt("%s/%s", dir, inside[k]);
			int there = file_exists(path);

			free(dir);
			if (there == 1 && seen++ == n) {
				*out = path;
				return 1;
			}
			free(path);
		}
	}
	fail_clear();
	return 0;
}

/*
 * A round: each blob that is still wanted is asked of the next of its silos,
 * all blobs of one silo together.
 */
#define STILL_WANTED 1

struct plan {
	struct medo *medo;
	struct silo *cache;
	struct meter *meter;
	struct move_opts how;
	struct fetch_item *items;
	size_t n;
	struct strs *urls;	/* of each item, in the order to try */
	size_t *next;
};

static int candidates(struct plan *p, size_t i)
{
	const struct strs *paths = &p->items[i].paths;
	int ret = 0;

	for (size_t k = 0; !ret && k < paths->n; k++) {
		struct silo_list list = SILO_LIST_INIT;

		ret = medo_silos(p->medo, paths->v[k], &list);
		for (size_t j = 0; !ret && j < list.n; j++)
			if (!strs_has(&p->urls[i], list.v[j].url))
				strs_add(&p->urls[i], list.v[j].url);
		silo_list_release(&list);
	}
	return ret;
}

/* Which of those still wanted have `url` next; NULL: all. */
static size_t pick(struct plan *p, const char *url, struct move_item *batch,
		   size_t *where)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct strs *urls = &p->urls[i];

		if (!p->next[i] || (url && (p->next[i] > urls->n ||
		    strcmp(urls->v[p->next[i] - 1], url))))
			continue;
		batch[n] = (struct move_item){ .expect = p->items[i].expect };
		where[n++] = i;
	}
	return n;
}

static int ask_silo(struct plan *p, struct silo *silo,
		    struct move_item *batch, const size_t *where, size_t n)
{
	int ret = move_here(p->cache, silo, batch, n, &p->how);

	for (size_t k = 0; !ret && k < n; k++) {
		size_t i = where[k];

		if (batch[k].result >= 0) {
			p->next[i] = 0;
			p->items[i].result = 0;
		} else if (may_try_next(batch[k].result)) {
			weigh(&p->items[i], batch[k].result, batch[k].why);
		} else {
			fail_adopt(batch[k].why);
			ret = batch[k].result;
		}
	}
	move_release(batch, n);
	return ret;
}

static int ask_url(struct plan *p, const char *url, struct move_item *batch,
		   size_t *where)
{
	size_t n = pick(p, url, batch, where);
	struct silo *far;
	int ret = medo_far(p->medo, url, false, &far);

	if (!ret)
		return ask_silo(p, far, batch, where, n);
	for (size_t k = 0; k < n; k++)
		weigh(&p->items[where[k]], ret, fail_text());
	return may_try_next(ret) ? 0 : ret;
}

/* Several silos may be next; the first item that waits chooses. */
static int ask_all(struct plan *p)
{
	struct move_item *batch = xcalloc(p->n, sizeof(*batch));
	size_t *where = xcalloc(p->n, sizeof(*where));
	int ret = 0;

	for (size_t i = 0; !ret && i < p->n; i++) {
		while (!ret && p->next[i] && p->next[i] <= p->urls[i].n) {
			const char *url = p->urls[i].v[p->next[i] - 1];
			size_t n;

			ret = ask_url(p, url, batch, where);
			/* Who got it is out; the others go on to their next. */
			n = ret ? 0 : pick(p, url, batch, where);
			for (size_t k = 0; k < n; k++)
				p->next[where[k]]++;
		}
	}
	free(batch);
	free(where);
	return ret;
}

static int ask_origins(struct plan *p)
{
	struct move_item *batch = xcalloc(p->n, sizeof(*batch));
	size_t *where = xcalloc(p->n, sizeof(*where));
	char *path = NULL;
	int ret = 0;

	for (size_t k = 0; !ret; k++) {
		size_t n = pick(p, NULL, batch, where);
		struct silo *silo = NULL;

		if (!n || !origin_store(p->medo, k, &path))
			break;
		if (silo_open(&silo, path, medo_algo(p->medo), 0))
			fail_clear();
		else
			ret = ask_silo(p, silo, batch, where, n);
		silo_close(silo);
		free(path);
	}
	free(batch);
	free(where);
	return ret;
}

/* The sentence of what nobody had. */
static void explain(struct plan *p, size_t i)
{
	struct fetch_item *item = &p->items[i];
	const char *path = quoted(item->paths.v[0]);
	char hex[ID_HEX_MAX];

	id_hex(&item->expect.id, hex);
	if (item->result < 0 && item->result != FAIL_MISSING) {
		fail_adopt(item->why);
		fail_in(item->result, "'%s'", path);
	} else if (!p->urls[i].n) {
		fail(FAIL_MISSING, "'%s': blob %s is not on this disk, and no "
		     "SILO.json says where else; see git medo init", path, hex);
		item->result = FAIL_MISSING;
	} else {
		fail(FAIL_MISSING, "'%s': blob %s is not in %s; whoever made "
		     "it has to: git medo push", path, hex,
		     p->urls[i].n == 1 ? "its silo" : "any of its silos");
		item->result = FAIL_MISSING;
	}
	free(item->why);
	item->why = xstrdup(fail_text());
	fail_clear();
}

static bool missed(struct plan *p, size_t i)
{
	const struct medo *medo = p->medo;
	ssize_t k = idset_find(&medo->missed, &p->items[i].expect.id);

	if (k < 0)
		return false;
	p->items[i].result = medo->missed_why[k].code;
	p->items[i].why = xstrfmt("'%s': %s", quoted(p->items[i].paths.v[0]),
				  medo->missed_why[k].why);
	return true;
}

/* Behind the pointer that explain() names: the next may be another. */
static const char *of_any(const struct fetch_item *item)
{
	char *head = xstrfmt("'%s': ", quoted(item->paths.v[0]));
	size_t n = starts_with(item->why, head) ? strlen(head) : 0;

	free(head);
	return item->why + n;
}

static void remember(struct medo *medo, const struct fetch_item *item)
{
	size_t n = medo->missed.n;

	if (idset_add(&medo->missed, &item->expect.id) < n)
		return;
	ALLOC_GROW(medo->missed_why, n, medo->missed_cap);
	medo->missed_why[n] = (struct medo_missed){
		item->result, xstrdup(of_any(item)),
	};
}

static int look_near(struct plan *p)
{
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < p->n; i++) {
		p->items[i].result = 0;
		ret = fetch_near(p->medo, &p->items[i].expect.id);
		if (ret || missed(p, i))
			continue;
		p->items[i].result = STILL_WANTED;
		p->next[i] = 1;
		ret = candidates(p, i);
	}
	return MIN(ret, 0);
}

int fetch_many(struct medo *medo, struct fetch_item *items, size_t n,
	       struct meter *meter)
{
	struct plan p = { .medo = medo, .items = items, .n = n,
			  .meter = meter };
	int ret = medo_cache(medo, &p.cache);

	p.urls = xcalloc(n, sizeof(*p.urls));
	p.next = xcalloc(n, sizeof(*p.next));
	if (!ret)
		ret = look_near(&p);
	if (!ret)
		ret = medo_move_opts(medo, &p.how);
	p.how.meter = meter;
	if (!ret)
		ret = ask_all(&p);
	if (!ret)
		ret = ask_origins(&p);
	for (size_t i = 0; i < n; i++) {
		if (!ret && p.next[i])
			explain(&p, i);
		strs_release(&p.urls[i]);
	}
	free(p.urls);
	free(p.next);
	return ret;
}

void fetch_release(struct fetch_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		strs_release(&items[i].paths);
		free(items[i].why);
		items[i].why = NULL;
	}
}

/* Other files than pointers are none of our business here. */
static bool load(struct treeptr *ptr, const char *path)
{
	struct buf text = BUF_INIT;
	struct stat st;
	bool yes = !lstat(path, &st) && S_ISREG(st.st_mode) &&
		   st.st_size <= TREEPTR_MAX &&
		   !file_read(path, TREEPTR_MAX, &text) &&
		   treeptr_likely(text.ptr, text.len) &&
		   !treeptr_parse(ptr, text.ptr, text.len, path);

	buf_release(&text);
	fail_clear();
	return yes;
}

int fetch_ahead(struct medo *medo, const struct strs *paths)
{
	struct fetch_item *items = xcalloc(paths->n, sizeof(*items));
	struct treeptr *ptrs = xcalloc(paths->n, sizeof(*ptrs));
	struct meter *meter;
	uint64_t total = 0;
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < paths->n; i++) {
		ptrs[n] = (struct treeptr)TREEPTR_INIT;
		if (!load(&ptrs[n], paths->v[i]))
			continue;
		strs_add(&items[n].paths, paths->v[i]);
		items[n].expect = medo_expect(&ptrs[n]);
		total += ptrs[n++].size;
	}
	meter = medo_meter(medo, "Fetching", METER_BYTES, total);
	ret = fetch_many(medo, items, n, meter);
	meter_stop(meter);
	for (size_t i = 0; i < n; i++) {
		if (!ret && items[i].result)
			remember(medo, &items[i]);
		treeptr_release(&ptrs[i]);
	}
	fetch_release(items, n);
	free(items);
	free(ptrs);
	return ret;
}
