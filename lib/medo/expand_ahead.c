#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "medo/expand.h"
#include "medo/fetch.h"
#include "medo/gather.h"

static bool is_new(const struct found *f, const char *dest, bool relocate)
{
	struct treeptr ptr = TREEPTR_INIT;
	bool ret = false;
	char *place;

	if (!treeptr_load(&ptr, f->path)) {
		place = expand_shown(f->name, &ptr, dest, relocate);
		ret = !file_exists(place);
		free(place);
	}
	/* What is wrong with it is said when its turn comes. */
	fail_clear();
	treeptr_release(&ptr);
	return ret;
}

int expand_ahead(struct medo *medo, const struct gather *g, const char *dest,
		 bool relocate)
{
	struct strs paths = STRS_INIT;
	int ret = 0;

	/* A single one fetches as it goes. */
	if (g->n < 2)
		return 0;
	for (size_t i = 0; i < g->n; i++)
		if (is_new(&g->v[i], dest, relocate))
			strs_add(&paths, g->v[i].path);
	if (paths.n)
		ret = fetch_ahead(medo, &paths);
	strs_release(&paths);
	return ret;
}
