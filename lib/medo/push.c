#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/fetch.h"
#include "medo/push.h"
#include "model/repo.h"

struct leftover {
	struct reach *r;
	size_t unknown;
};

static int count_unknown(void *data, const struct id *id, uint64_t size UNUSED)
{
	struct leftover *l = data;

	l->unknown += idset_find(&l->r->ids, id) < 0;
	return 0;
}

/*
 * First what is new: commits that no remote has, the index, the work tree.
 * Only when the store holds more than that is the whole history worth a walk.
 */
int push_gather(struct reach *r, struct medo *medo, bool all)
{
	const char *revs[6] = { "--indexed-objects", "--branches" };
	const char *everything[5] = { "--indexed-objects",
				      all ? "--all" : "--branches" };
	static const char *const none[] = { NULL };
	struct leftover left = { r, 0 };
	struct repo *repo = NULL;
	struct silo *store;
	size_t n = 2;
	int head, ret = repo_open(&repo, &medo->git);

	if (ret)
		return ret;
	head = repo_has_head(repo);
	repo_close(repo);
	if (head < 0)
		return head;
	if (head)
		revs[n++] = everything[2] = "HEAD";
	revs[n++] = "--not";
	revs[n++] = "--remotes";
	ret = medo_store(medo, &store);
	if (!ret && medo->git.top)
		ret = reach_tree(r, medo, none);
	if (!ret)
		ret = reach_history(r, medo, all ? everything : revs, NULL);
	if (!ret && !all)
		ret = silo_each(store, count_unknown, &left);
	if (!ret && left.unknown) {
		struct reach full = REACH_INIT;

		ret = reach_history(&full, medo, everything, NULL);
		if (!ret)
			ret = reach_keep(r, &full, store);
		reach_release(&full);
	}
	return ret;
}

struct pusher {
	struct medo *medo;
	const struct push_opts *opts;
	struct push_result *result;
	struct meter *meter;
	struct silo *store;
	struct silo *cache;
	struct idset retired;	/* out of packs, which go as a whole */
};

/* 1 it can be read here, and from where; 0 it is not on this disk. */
static int find_here(struct pusher *p, const struct id *id, struct silo **out)
{
	int ret = silo_has(p->store, id);

	*out = p->store;
	if (ret)
		return ret;
	*out = p->cache;
	return silo_has(p->cache, id);
}

static int send(struct pusher *p, const struct silo_expect *expect,
		const char *path, const char *url)
{
	struct silo *far = NULL, *near = NULL;
	char hex[ID_HEX_MAX];
	int ret = medo_far(p->medo, url, true, &far);

	if (!ret)
		ret = silo_seen(far, expect, medo_pool(p->medo));
	if (ret) {
		p->result->there += ret > 0;
		return ret < 0 ? ret : 0;
	}
	ret = find_here(p, &expect->id, &near);
	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_MISSING, "'%s': blob %s is neither on this disk "
			    "nor in silo '%s'", quoted(path),
			    id_hex(&expect->id, hex), quoted(url));
	ret = p->opts->dry_run ? 1 :
	      silo_export(near, far, expect, medo_pool(p->medo), p->meter);
	if (ret < 0)
		return ret;
	p->result->sent++;
	p->result->bytes += *expect->size;
	return p->opts->each ? p->opts->each(p->opts->data, &expect->id, url,
					     path) : 0;
}

/* Seen in the first silo, so it may live in the cache from now on. */
static int retire(struct pusher *p, const struct id *id)
{
	int ret = silo_packed(p->store, id);

	if (ret > 0)
		idset_add(&p->retired, id);
	if (ret)
		return MIN(ret, 0);
	ret = silo_has(p->store, id);
	return ret <= 0 ? ret : silo_move(p->store, p->cache, id,
					  medo_pool(p->medo));
}

/* Also after a failure: what was sent need not be asked for again. */
static int retire_packed(struct pusher *p)
{
	return p->retired.n ? silo_move_all(p->store, p->cache, &p->retired,
					    medo_pool(p->medo)) : 0;
}

/*
 * To the silos of one of its pointers.  The first silo decides; what fails at
 * the others is a warning.  1 if there was one to push to.
 */
static int push_path(struct pusher *p, const struct silo_expect *expect,
		     const char *path, struct strs *done)
{
	struct silo_list list = SILO_LIST_INIT;
	int any = 0, ret = medo_silos(p->medo, path, &list);

	for (size_t k = 0; !ret && k < list.n; k++) {
		if (!list.v[k].push)
			continue;
		if (!strs_has(done, list.v[k].push)) {
			strs_add(done, list.v[k].push);
			ret = send(p, expect, path, list.v[k].push);
		}
		if (ret && any && ret != FAIL_STOPPED) {
			say("warning: ", "%s", fail_text());
			fail_clear();
			ret = 0;
		}
		any = 1;
	}
	silo_list_release(&list);
	return ret ? ret : any;
}

/* To the silos of all of its pointers; then it may leave the store. */
static int push_one(struct pusher *p, const struct reach *r, size_t i)
{
	struct silo_expect expect = reach_expect(r, i);
	struct strs done = STRS_INIT;
	const char *path;
	int any = 0, ret = 0;

	for (size_t k = 0; ret >= 0 && (path = reach_path(r, i, k)); k++) {
		ret = push_path(p, &expect, path, &done);
		any |= ret > 0;
	}
	if (ret >= 0 && any) {
		ret = p->opts->dry_run ? 0 : retire(p, &expect.id);
	} else if (ret >= 0) {
		/* Fetched from somewhere that we only read: nothing to do. */
		ret = silo_has(p->store, &expect.id);
		if (ret > 0)
			ret = fail(FAIL_REQUEST, "'%s': no SILO.json names a "
				   "silo to push to; add \"push\" to one, or "
				   "say: git medo init --silo URL DIR",
				   quoted(r->v[i].path));
	}
	strs_release(&done);
	return ret;
}

int push_blobs(struct medo *medo, const struct reach *r,
	       const struct push_opts *opts, struct push_result *result)
{
	struct pusher p = { .medo = medo, .opts = opts, .result = result };
	uint64_t total = 0;
	int worst = 0, ret = medo_store(medo, &p.store);
	char *why = NULL;

	if (!ret)
		ret = medo_cache(medo, &p.cache);
	for (size_t i = 0; i < r->ids.n; i++)
		total += r->v[i].size;
	p.meter = medo_meter(medo, "Pushing", METER_BYTES, total);
	for (size_t i = 0; !ret && i < r->ids.n; i++) {
		ret = push_one(&p, r, i);
		if (ret == FAIL_STOPPED || ret == FAIL_SYSTEM || !ret)
			continue;
		/* One that cannot be pushed must not keep back the others. */
		if (worst)
			say("error: ", "%s", why);
		result->missing += ret == FAIL_MISSING;
		free(why);
		why = xstrdup(fail_text());
		worst = ret;
		ret = 0;
	}
	meter_stop(p.meter);
	if (!ret)
		ret = retire_packed(&p);
	idset_release(&p.retired);
	if (!ret && worst) {
		fail_adopt(why);
		ret = worst;
	}
	free(why);
	return ret;
}
