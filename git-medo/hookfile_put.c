/*
 * The hooks of a repository, all at once.
 */
#include "git-medo/hookfile.h"
#include "base/temp.h"

#include <sys/stat.h>

int hooks_put(const struct medo *medo,
	      void (*changed)(void *data, const char *name), void *data,
	      unsigned *left)
{
	char *dir;
	bool husky;
	int ret = hooks_dir(medo, &dir, &husky);

	if (!ret)
		ret = temp_mkdirs(dir, 0);
	for (size_t i = 0; !ret && i < NHOOKS; i++) {
		ret = hook_put(dir, hook_names[i], husky);
		if (ret == FAIL_REQUEST) {
			say("warning: ", "%s", fail_text());
			fail_clear();
			++*left;
			ret = 0;
		}
		if (ret > 0 && changed)
			changed(data, hook_names[i]);
		ret = MIN(ret, 0);
	}
	free(dir);
	return ret;
}

/* git runs a filter at the top of the work tree. */
bool hooks_may_lack(void)
{
	const char *dir = getenv("GIT_DIR");
	char *path = xstrfmt("%s/hooks/pre-push", dir ? dir : ".git");
	struct stat st;
	bool lack = lstat(path, &st) != 0;

	free(path);
	return lack;
}

int hooks_put_new(const struct medo *medo)
{
	char *dir = NULL;
	bool wanted, husky;
	int ret = gitdir_get_bool(&medo->git, "medo.hooks", true, &wanted);

	if (ret || !wanted || !medo->git.top ||
	    gitdir_get(&medo->git, "core.hookspath"))
		return ret;
	ret = hooks_dir(medo, &dir, &husky);
	if (!ret)
		ret = temp_mkdirs(dir, 0);
	for (size_t i = 0; !ret && i < NHOOKS; i++) {
		char *path = xstrfmt("%s/%s", dir, hook_names[i]);
		struct stat st;

		if (lstat(path, &st) && errno == ENOENT)
			ret = hook_put(dir, hook_names[i], false);
		ret = MIN(ret, 0);
		free(path);
	}
	free(dir);
	return ret;
}
