#include "base/base.h"
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
