#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/gather.h"
#include "medo/reach.h"
#include "model/repo.h"

static void note(struct reach *r, const char *path, const struct treeptr *ptr)
{
	size_t before = r->ids.n;
	size_t i = idset_add(&r->ids, &ptr->id);

	if (r->ids.n == before) {
		/* The same blob; a pointer with a seal says more. */
		if (!r->v[i].has_seal && ptr->has_seal) {
			r->v[i].has_seal = true;
			r->v[i].seal = ptr->seal;
		}
		return;
	}
	ALLOC_GROW(r->v, before, r->cap);
	r->v[i] = (struct named){
		.size = ptr->size, .has_seal = ptr->has_seal,
		.seal = ptr->seal, .path = xstrdup(path),
	};
}

struct silo_expect reach_expect(const struct reach *r, size_t i)
{
	return (struct silo_expect){
		.id = r->ids.ids[i], .size = &r->v[i].size,
		.seal = r->v[i].has_seal ? &r->v[i].seal : NULL,
	};
}

void reach_release(struct reach *r)
{
	for (size_t i = 0; i < r->ids.n; i++)
		free(r->v[i].path);
	free(r->v);
	idset_release(&r->ids);
	*r = (struct reach)REACH_INIT;
}

int reach_keep(struct reach *r, const struct reach *from, struct silo *silo)
{
	for (size_t i = 0; i < from->ids.n; i++) {
		struct treeptr ptr = TREEPTR_INIT;
		int has = silo_has(silo, &from->ids.ids[i]);

		if (has < 0)
			return has;
		if (!has)
			continue;
		ptr.id = from->ids.ids[i];
		ptr.size = from->v[i].size;
		ptr.has_seal = from->v[i].has_seal;
		ptr.seal = from->v[i].seal;
		note(r, from->v[i].path, &ptr);
	}
	return 0;
}

static int bad_pointer(struct reach *r, int ret)
{
	if (r->strict || ret == FAIL_STOPPED)
		return ret;
	say("warning: ", "%s", fail_text());
	fail_clear();
	return 0;
}

int reach_tree(struct reach *r, struct medo *medo, const char *const *operands)
{
	struct gather g = GATHER_INIT;
	int ret = gather(&g, medo, operands);

	for (size_t i = 0; !ret && i < g.n; i++) {
		struct treeptr ptr = TREEPTR_INIT;

		ret = treeptr_load(&ptr, g.v[i].path);
		if (!ret)
			note(r, g.v[i].path, &ptr);
		else
			ret = bad_pointer(r, ret);
		treeptr_release(&ptr);
	}
	gather_release(&g);
	return ret;
}

struct history {
	struct reach *r;
	char *up;	/* from where we are to the top: "" or "../../" */
};

static int each_pointer(void *data, const char *path,
			const struct treeptr *ptr)
{
	struct history *h = data;
	char *shown;

	if (!ptr)
		return bad_pointer(h->r, FAIL_FORMAT);
	shown = xstrfmt("%s%s", h->up, path);
	note(h->r, shown, ptr);
	free(shown);
	return stop_check();
}

int reach_history(struct reach *r, struct medo *medo, const char *const *revs,
		  const char *dir)
{
	struct history h = { r, gather_way_up(medo) };
	struct repo *repo = NULL;
	int ret = repo_open(&repo, &medo->git);

	if (!ret)
		ret = repo_pointers(repo, revs, dir, each_pointer, &h);
	repo_close(repo);
	free(h.up);
	return ret;
}

int reach_roots(struct reach *r, struct medo *medo)
{
	static const char *const revs[] = { "--all", "--reflog",
					    "--indexed-objects", NULL };

	return reach_history(r, medo, revs, NULL);
}
