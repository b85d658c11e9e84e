#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/gather.h"
#include "medo/reach_int.h"
#include "model/repo.h"

static bool same_dir(const char *a, const char *b)
{
	size_t n = (size_t)(file_basename(a) - a);

	return n == (size_t)(file_basename(b) - b) && !strncmp(a, b, n);
}

const char *reach_path(const struct reach *r, size_t i, size_t k)
{
	const struct named *named = &r->v[i];

	if (!k)
		return named->path;
	return named->more && k <= named->more->n ? named->more->v[k - 1] :
	       NULL;
}

static void note_again(struct reach *r, size_t i, const char *path)
{
	const char *have;

	for (size_t k = 0; (have = reach_path(r, i, k)); k++)
		if (same_dir(have, path))
			return;
	if (!r->v[i].more)
		r->v[i].more = xcalloc(1, sizeof(*r->v[i].more));
	strs_add(r->v[i].more, path);
}

void reach_note(struct reach *r, const char *path, const struct treeptr *ptr)
{
	size_t before = r->ids.n;
	size_t i = idset_add(&r->ids, &ptr->id);

	if (r->ids.n == before) {
		note_again(r, i, path);
		/* A pointer with a seal says more. */
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
	for (size_t i = 0; i < r->ids.n; i++) {
		free(r->v[i].path);
		if (r->v[i].more)
			strs_release(r->v[i].more);
		free(r->v[i].more);
	}
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
		for (size_t k = 0; reach_path(from, i, k); k++)
			reach_note(r, reach_path(from, i, k), &ptr);
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
			reach_note(r, g.v[i].path, &ptr);
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
	reach_note(h->r, shown, ptr);
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
	if (!ret)
		ret = reach_small(r, medo, revs, dir);
	repo_close(repo);
	free(h.up);
	return ret;
}

int reach_roots(struct reach *r, struct medo *medo)
{
	struct strs revs = STRS_INIT;
	int ret;

	strs_add(&revs, "--all");
	strs_add(&revs, "--reflog");
	strs_add(&revs, "--indexed-objects");
	strs_add(&revs, "--ignore-missing");
	ret = repo_state(&medo->git, &revs);
	if (!ret)
		ret = reach_history(r, medo, strs_argv(&revs), NULL);
	strs_release(&revs);
	return ret;
}
