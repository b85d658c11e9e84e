#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/fetch.h"

int fetch_near(struct medo *medo, const struct id *id)
{
	struct silo *silo;
	int ret = 0;

	if (id->algo != medo_algo(medo))
		return fail(FAIL_DENIED, "the pointer has a %s id, this "
			    "repository %s; ids are never translated",
			    id_algo_name(id->algo),
			    id_algo_name(medo_algo(medo)));
	if (medo->git.common) {
		ret = medo_store(medo, &silo);
		if (!ret)
			ret = silo_has(silo, id);
	}
	if (ret)
		return ret;
	ret = medo_cache(medo, &silo);
	return ret ? ret : silo_has(silo, id);
}

int fetch_one(struct medo *medo, const char *path, const struct treeptr *ptr,
	      struct meter *meter)
{
	struct fetch_item item = { .expect = medo_expect(ptr) };
	int ret;

	strs_add(&item.paths, path);
	ret = fetch_many(medo, &item, 1, meter);
	if (!ret && item.result) {
		fail_adopt(item.why);
		ret = item.result;
	}
	fetch_release(&item, 1);
	return ret;
}

static int open_near(struct medo *medo, const struct id *id, struct blob *blob)
{
	struct silo *silo;
	int ret = FAIL_MISSING;

	if (medo->git.common) {
		ret = medo_store(medo, &silo);
		if (!ret)
			ret = silo_blob(silo, id, blob);
	}
	if (ret == FAIL_MISSING) {
		ret = medo_cache(medo, &silo);
		if (!ret)
			ret = silo_blob(silo, id, blob);
	}
	return ret;
}

int fetch_open(struct medo *medo, const char *path, const struct treeptr *ptr,
	       struct blob *blob)
{
	int ret = open_near(medo, &ptr->id, blob);

	if (ret == FAIL_CORRUPT)
		return fetch_again(medo, path, ptr, blob);
	if (ret != FAIL_MISSING)
		return ret;
	ret = fetch_one(medo, path, ptr, NULL);
	return ret ? ret : open_near(medo, &ptr->id, blob);
}

int fetch_again(struct medo *medo, const char *path, const struct treeptr *ptr,
		struct blob *blob)
{
	struct silo_expect by_id = { .id = ptr->id };
	struct silo *cache;
	char *why = xstrdup(fail_text());
	int there, ret = medo_cache(medo, &cache);

	blob_close(blob);
	if (ret)
		goto out;
	there = silo_has(cache, &ptr->id);
	if (there <= 0) {
		/* It lies in the store: the only copy, not ours to drop. */
		fail_adopt(why);
		ret = there < 0 ? there : FAIL_CORRUPT;
		goto out;
	}
	/* A pointer that lies must not cost us a blob that is right. */
	if (!silo_read(cache, &by_id, medo_pool(medo), NULL, NULL)) {
		ret = fail(FAIL_CORRUPT, "%s; the blob itself is what its id "
			   "says", why);
		goto out;
	}
	say("warning: ", "%s; fetching it again", why);
	ret = silo_remove(cache, &ptr->id);
	if (!ret)
		ret = fetch_one(medo, path, ptr, NULL);
	if (!ret)
		ret = silo_blob(cache, &ptr->id, blob);
out:
	free(why);
	return ret;
}
