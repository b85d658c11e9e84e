#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/medo.h"
#include "silo/move.h"

#include <sys/stat.h>

int medo_open(struct medo *medo, enum medo_need need)
{
	int ret = gitdir_open(&medo->git, need == MEDO_ANYWHERE);

	if (!ret && need == MEDO_WORK_TREE && !medo->git.top)
		ret = fail(FAIL_REQUEST, "this command needs a work tree");
	return ret;
}

void medo_release(struct medo *medo)
{
	for (size_t i = 0; i < medo->nfar; i++) {
		silo_close(medo->far[i].silo);
		free(medo->far[i].url);
		free(medo->far[i].why);
	}
	for (size_t i = 0; i < medo->missed.n; i++)
		free(medo->missed_why[i].why);
	idset_release(&medo->missed);
	free(medo->missed_why);
	free(medo->far);
	free(medo->swept);
	silo_close(medo->store);
	silo_close(medo->cache);
	pool_free(medo->pool);
	catfile_release(&medo->cat);
	free(medo->last_dir);
	silo_list_release(&medo->last);
	gitdir_release(&medo->git);
	*medo = (struct medo)MEDO_INIT;
}

struct pool *medo_pool(struct medo *medo)
{
	if (!medo->pool)
		medo->pool = pool_new(0);
	return medo->pool;
}

enum id_algo medo_algo(const struct medo *medo)
{
	return medo->git.algo ? medo->git.algo : ID_SHA1;
}

int medo_durable(struct medo *medo, unsigned *flags)
{
	const char *value = gitdir_get(&medo->git, "medo.fsync");

	if (value && strcmp(value, "committed") && strcmp(value, "none"))
		return fail(FAIL_REQUEST, "git config medo.fsync: '%s' is "
			    "neither committed nor none", quoted(value));
	*flags = value && !strcmp(value, "none") ? 0 : SILO_DURABLE;
	return 0;
}

int medo_store(struct medo *medo, struct silo **out)
{
	unsigned flags = 0;
	char *path;
	int ret;

	if (!medo->store) {
		if (!medo->git.common)
			return fail(FAIL_REQUEST, "not in a git repository, so "
				    "there is no store; say --silo DIR");
		ret = medo_durable(medo, &flags);
		if (ret)
			return ret;
		path = xstrfmt("%s/medo", medo->git.common);
		ret = silo_open(&medo->store, path, medo_algo(medo),
				flags | SILO_CREATE | SILO_WRITE);
		free(path);
		if (ret)
			return ret;
	}
	*out = medo->store;
	return 0;
}

static int cache_path(struct medo *medo, char **out)
{
	const char *set = gitdir_get(&medo->git, "medo.cache");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *tail = medo_algo(medo) == ID_SHA1 ? "" : "-sha256";

	if (set && starts_with(set, "~/") && home)
		*out = xstrfmt("%s%s%s", home, set + 1, tail);
	else if (set && *set == '/')
		*out = xstrfmt("%s%s", set, tail);
	else if (set && *set)
		return fail(FAIL_REQUEST, "git config medo.cache: '%s' is not "
			    "an absolute path", quoted(set));
	else if (xdg && *xdg == '/')
		*out = xstrfmt("%s/medo%s", xdg, tail);
	else if (home && *home == '/')
		*out = xstrfmt("%s/.cache/medo%s", home, tail);
	else
		return fail(FAIL_REQUEST, "HOME is not set, so there is no "
			    "place for the cache; set medo.cache");
	return 0;
}

/* Somebody else's symlink would choose where our bytes go. */
static int check_owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	if (S_ISLNK(st.st_mode) && st.st_uid != geteuid() && st.st_uid)
		return fail(FAIL_DENIED, "cache '%s' is another user's "
			    "symlink; set medo.cache", quoted(path));
	return 0;
}

int medo_cache(struct medo *medo, struct silo **out)
{
	unsigned flags = 0;
	char *path = NULL;
	int ret = 0;

	if (!medo->cache) {
		ret = medo_durable(medo, &flags);
		if (!ret)
			ret = cache_path(medo, &path);
		if (!ret)
			ret = check_owner(path);
		if (!ret)
			ret = silo_open(&medo->cache, path, medo_algo(medo),
					flags | SILO_CREATE | SILO_WRITE);
		free(path);
	}
	*out = medo->cache;
	return ret;
}

int medo_move_opts(struct medo *medo, struct move_opts *out)
{
	uint64_t jobs = 0, rate = 0;
	int ret = gitdir_get_u64(&medo->git, "medo.jobs", 8, &jobs);

	if (!ret && (jobs < 1 || jobs > 64))
		ret = fail(FAIL_REQUEST, "git config medo.jobs: 1 to 64, not "
			   "%" PRIu64, jobs);
	if (!ret)
		ret = gitdir_get_u64(&medo->git, "medo.bwlimit", 0, &rate);
	*out = (struct move_opts){
		.jobs = (unsigned)jobs,
		.rate = medo->rate ? medo->rate : rate,
		.pool = medo_pool(medo),
	};
	return ret;
}

struct silo_expect medo_expect(const struct treeptr *ptr)
{
	return (struct silo_expect){
		.id = ptr->id, .size = &ptr->size,
		.seal = ptr->has_seal ? &ptr->seal : NULL,
	};
}

void medo_sweep(struct medo *medo, const char *dir)
{
	if (medo->swept && !strcmp(medo->swept, dir))
		return;
	free(medo->swept);
	medo->swept = xstrdup(dir);
	temp_sweep(dir);
}

struct meter *medo_meter(struct medo *medo, const char *title,
			 enum meter_unit unit, uint64_t total)
{
	bool off = medo->quiet && medo->progress != METER_ON;

	return meter_start(title, unit, total,
			   off ? METER_OFF : medo->progress);
}

char *medo_normal_url(const char *url, const char *base)
{
	char *joined, *ret;

	if (starts_with(url, "file://localhost/"))
		url += strlen("file://localhost");
	else if (starts_with(url, "file:///"))
		url += strlen("file://");
	else if (strstr(url, "://"))
		return xstrdup(url);
	if (*url == '/' || !base)
		return file_absolute(url);
	joined = xstrfmt("%s/%s", base, url);
	ret = file_absolute(joined);
	free(joined);
	return ret;
}
