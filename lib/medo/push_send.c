#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/push.h"
#include "silo/move.h"

/*
 * All blobs of one silo go together (see move.h).  The first silo that a
 * pointer's SILO.json lets us write has to get its blob; what fails at the
 * others is a warning.
 */
struct lot {
	char *url;
	size_t *which;		/* index in the reach, of each blob */
	bool *must;
	size_t n;
	size_t cap;
	size_t must_cap;
};

/* So many at a time: a plan takes memory for each.  They are one pack. */
#define AT_ONCE ((size_t)65536)

struct pusher {
	struct medo *medo;
	const struct reach *r;
	const struct push_opts *opts;
	struct push_result *result;
	struct meter *meter;
	struct silo *near[2];	/* store, cache */
	size_t nnear;
	struct lot *lots;
	size_t nlots;
	size_t lots_cap;
	bool *any;		/* of the reach: it has a silo to go to */
	bool *failed;
	struct idset retired;
	size_t homeless;	/* no silo to go to, and only here */
	size_t first_homeless;
	int worst;
	char *why;
};

static struct lot *lot_of(struct pusher *p, const char *url)
{
	for (size_t i = 0; i < p->nlots; i++)
		if (!strcmp(p->lots[i].url, url))
			return &p->lots[i];
	ALLOC_GROW(p->lots, p->nlots, p->lots_cap);
	p->lots[p->nlots] = (struct lot){ .url = xstrdup(url) };
	medo_far_known(p->medo, url, true);
	return &p->lots[p->nlots++];
}

static void lot_add(struct pusher *p, const char *url, size_t i, bool must)
{
	struct lot *lot = lot_of(p, url);

	/* Paths of one blob come one after the other. */
	if (lot->n && lot->which[lot->n - 1] == i) {
		lot->must[lot->n - 1] |= must;
		return;
	}
	ALLOC_GROW(lot->which, lot->n, lot->cap);
	ALLOC_GROW(lot->must, lot->n, lot->must_cap);
	lot->which[lot->n] = i;
	lot->must[lot->n++] = must;
}

/* To the silos of all of its pointers. */
static int assign(struct pusher *p, size_t i)
{
	const char *path;
	int ret = 0;

	for (size_t k = 0; !ret && (path = reach_path(p->r, i, k)); k++) {
		struct silo_list list = SILO_LIST_INIT;
		bool first = true;

		ret = medo_silos(p->medo, path, &list);
		for (size_t j = 0; !ret && j < list.n; j++) {
			if (!list.v[j].push)
				continue;
			lot_add(p, list.v[j].push, i, first);
			p->any[i] = true;
			first = false;
		}
		silo_list_release(&list);
	}
	if (ret || p->any[i])
		return ret;
	/* Fetched from somewhere that we only read: nothing to do. */
	ret = silo_has(p->near[0], &p->r->ids.ids[i]);
	if (ret > 0 && !p->homeless++)
		p->first_homeless = i;
	return MIN(ret, 0);
}

static void note_worst(struct pusher *p, int ret)
{
	if (p->worst)
		say("error: ", "%s", p->why);
	free(p->why);
	p->why = xstrdup(fail_text());
	p->worst = ret;
	fail_clear();
}

/*
 * One silo as a whole did not work, from the k-th on: one sentence, not one
 * for each blob.
 */
static int lot_failed(struct pusher *p, struct lot *lot, size_t k, int ret)
{
	bool must = false;

	if (ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
		return ret;
	for (; k < lot->n; k++) {
		must |= lot->must[k];
		p->failed[lot->which[k]] |= lot->must[k];
	}
	if (must) {
		note_worst(p, ret);
	} else {
		say("warning: ", "%s", fail_text());
		fail_clear();
	}
	return 0;
}

static int sent(struct pusher *p, const struct lot *lot, size_t k)
{
	size_t i = lot->which[k];

	p->result->sent++;
	p->result->bytes += p->r->v[i].size;
	return p->opts->each ? p->opts->each(p->opts->data, &p->r->ids.ids[i],
					     lot->url, p->r->v[i].path) : 0;
}

/* The same trouble with each blob is said once. */
static void item_failed(struct pusher *p, struct lot *lot, size_t k,
			const struct move_item *item, char **last)
{
	size_t i = lot->which[k];
	char hex[ID_HEX_MAX];

	if (item->result == FAIL_MISSING) {
		fail(FAIL_MISSING, "'%s': blob %s is neither on this disk nor "
		     "in silo '%s'", quoted(p->r->v[i].path),
		     id_hex(&item->expect.id, hex), quoted(lot->url));
		p->result->missing++;
	} else {
		if (*last && !strcmp(*last, item->why)) {
			p->failed[i] |= lot->must[k];
			return;
		}
		free(*last);
		*last = xstrdup(item->why);
		fail_adopt(item->why);
	}
	if (lot->must[k]) {
		p->failed[i] = true;
		note_worst(p, item->result);
	} else {
		say("warning: ", "%s", fail_text());
		fail_clear();
	}
}

/* What would be sent: asked one by one, as nothing is put. */
static int would_send(struct pusher *p, struct silo *far,
		      struct move_item *items, size_t n)
{
	int ret = 0;

	for (size_t k = 0; !ret && k < n; k++) {
		struct move_item *item = &items[k];
		int there = silo_seen(far, &item->expect,
				      medo_pool(p->medo)), here = 0;

		for (size_t s = 0; !there && !here && s < p->nnear; s++)
			here = silo_has(p->near[s], &item->expect.id);
		ret = there < 0 ? there : MIN(here, 0);
		item->result = ret ? ret : there ? 0 :
			       here ? 1 : FAIL_MISSING;
	}
	return ret;
}

/* Those from `from` on. */
static int send_some(struct pusher *p, struct lot *lot, struct silo *far,
		     const struct move_opts *how, size_t from, char **last)
{
	size_t n = MIN(AT_ONCE, lot->n - from);
	struct move_item *items = xcalloc(n, sizeof(*items));
	int ret;

	for (size_t k = 0; k < n; k++)
		items[k].expect = reach_expect(p->r, lot->which[from + k]);
	ret = p->opts->dry_run ? would_send(p, far, items, n) :
	      move_there(p->near, p->nnear, far, items, n, how);
	if (ret) {
		ret = lot_failed(p, lot, from, ret);
		ret = ret ? ret : 1;
	}
	for (size_t k = 0; !ret && k < n; k++) {
		if (items[k].result > 0)
			ret = sent(p, lot, from + k);
		else if (!items[k].result)
			p->result->there++;
		else
			item_failed(p, lot, from + k, &items[k], last);
	}
	move_release(items, n);
	free(items);
	return ret;
}

static int send_lot(struct pusher *p, struct lot *lot)
{
	struct move_opts how;
	struct silo *far;
	char *last = NULL;
	int ret = medo_far(p->medo, lot->url, true, &far);

	if (!ret)
		ret = medo_move_opts(p->medo, &how);
	if (ret)
		return lot_failed(p, lot, 0, ret);
	how.meter = p->meter;
	for (size_t k = 0; !ret && k < lot->n; k += AT_ONCE)
		ret = send_some(p, lot, far, &how, k, &last);
	free(last);
	return MIN(ret, 0);
}

/* What was pushed is pushed, whatever ails the cache. */
static int forgive(int ret)
{
	if (!ret || ret == FAIL_STOPPED)
		return ret;
	say("warning: ", "%s; the store keeps what was pushed", fail_text());
	fail_clear();
	return 0;
}

static int open_near(struct pusher *p)
{
	int ret = medo_store(p->medo, &p->near[0]);

	p->nnear = 1;
	if (ret)
		return ret;
	ret = medo_cache(p->medo, &p->near[1]);
	p->nnear += !ret;
	return forgive(ret);
}

/* Seen in its first silo, so it may live in the cache from now on. */
static int retire(struct pusher *p)
{
	int ret = 0;

	if (p->nnear < 2)
		return 0;
	for (size_t i = 0; ret >= 0 && i < p->r->ids.n; i++) {
		if (!p->any[i] || p->failed[i])
			continue;
		ret = silo_has(p->near[0], &p->r->ids.ids[i]);
		if (ret > 0)
			idset_add(&p->retired, &p->r->ids.ids[i]);
	}
	if (ret < 0 || !p->retired.n)
		return MIN(ret, 0);
	return silo_move_all(p->near[0], p->near[1], &p->retired,
			     medo_pool(p->medo));
}

static void say_homeless(struct pusher *p)
{
	const char *path;

	if (!p->homeless)
		return;
	path = p->r->v[p->first_homeless].path;
	if (p->homeless == 1)
		fail(FAIL_REQUEST, "'%s': no SILO.json names a silo to push "
		     "to; add \"push\" to one, or say: git medo init --silo "
		     "URL DIR", quoted(path));
	else
		fail(FAIL_REQUEST, "'%s' and %zu more: no SILO.json names a "
		     "silo to push to; add \"push\" to one, or say: git medo "
		     "init --silo URL DIR", quoted(path), p->homeless - 1);
	note_worst(p, FAIL_REQUEST);
}

static void release(struct pusher *p)
{
	for (size_t i = 0; i < p->nlots; i++) {
		free(p->lots[i].url);
		free(p->lots[i].which);
		free(p->lots[i].must);
	}
	free(p->lots);
	free(p->any);
	free(p->failed);
	free(p->why);
	idset_release(&p->retired);
}

int push_blobs(struct medo *medo, const struct reach *r,
	       const struct push_opts *opts, struct push_result *result)
{
	struct pusher p = { .medo = medo, .r = r, .opts = opts,
			    .result = result };
	uint64_t total = 0;
	int ret = open_near(&p);

	p.any = xcalloc(r->ids.n, sizeof(*p.any));
	p.failed = xcalloc(r->ids.n, sizeof(*p.failed));
	for (size_t i = 0; !ret && i < r->ids.n; i++) {
		ret = assign(&p, i);
		total += r->v[i].size;
	}
	if (!ret)
		say_homeless(&p);
	p.meter = medo_meter(medo, "Pushing", METER_BYTES, total);
	for (size_t i = 0; !ret && i < p.nlots; i++)
		ret = send_lot(&p, &p.lots[i]);
	meter_stop(p.meter);
	/* Also after a failure: what was sent need not be asked for again. */
	if (!ret && !opts->dry_run)
		ret = forgive(retire(&p));
	if (!ret && p.worst) {
		fail_adopt(p.why);
		ret = p.worst;
	}
	release(&p);
	return ret;
}
