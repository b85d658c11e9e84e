#include "git-medo/cmd.h"
#include "git-medo/status_filtered.h"
#include "base/file.h"
#include "medo/fetch.h"
#include "medo/tracked.h"

#include <sys/stat.h>

/* Is what lies there a pointer still?  1, 0. */
static int is_pointer(const char *file)
{
	struct buf text = BUF_INIT;
	struct stat st;
	int yes = 0;

	if (!lstat(file, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= TREEPTR_MAX && !file_read(file, TREEPTR_MAX, &text))
		yes = treeptr_likely(text.ptr, text.len);
	fail_clear();
	buf_release(&text);
	return yes;
}

/* The pointer that the index has: 1, or 0 where it has none. */
static int indexed(struct medo *medo, const char *path, struct treeptr *ptr)
{
	char *name = xstrfmt(":0:%s", path);
	struct buf text = BUF_INIT;
	int ret = catfile_get(&medo->cat, name, TREEPTR_MAX, &text);

	if (ret > 0) {
		ret = treeptr_likely(text.ptr, text.len) &&
		      !treeptr_parse(ptr, text.ptr, text.len, path);
		fail_clear();
	}
	buf_release(&text);
	free(name);
	return ret;
}

static int judge(struct medo *medo, const char *path, const struct id *id,
		 const struct idset *stored)
{
	char *file = xstrfmt("%s/%s", medo->git.top, path);
	bool pointer = is_pointer(file);
	struct silo *cache;
	int near;

	free(file);
	if (!pointer && idset_find(stored, id) < 0)
		return FILTERED_HERE;
	if (!pointer) {
		/* git runs clean over what came from a silo, too. */
		near = medo_cache(medo, &cache);
		if (!near)
			near = silo_has(cache, id);
		return near < 0 ? near : near ? FILTERED_HERE :
		       FILTERED_UNPUSHED;
	}
	near = fetch_near(medo, id);
	return near < 0 ? near : near ? FILTERED_POINTER : FILTERED_ABSENT;
}

int filtered_each(struct medo *medo, const char *const *operands,
		  const struct idset *stored,
		  int (*each)(void *data, enum filtered_state state,
			      const char *path, uint64_t size),
		  void *data)
{
	struct strs paths = STRS_INIT;
	int ret = 0;

	if (!medo->git.top || !gitdir_get(&medo->git, "filter.medo.process"))
		return 0;
	ret = tracked_list(medo, operands, &paths);
	medo->cat.g = &medo->git;
	for (size_t i = 0; !ret && i < paths.n; i++) {
		struct treeptr ptr = TREEPTR_INIT;
		int state = indexed(medo, paths.v[i], &ptr);

		ret = state < 0 ? state : 0;
		if (state > 0) {
			state = judge(medo, paths.v[i], &ptr.id, stored);
			ret = state < 0 ? state :
			      each(data, state, paths.v[i], ptr.size);
		}
		treeptr_release(&ptr);
	}
	strs_release(&paths);
	return ret;
}
