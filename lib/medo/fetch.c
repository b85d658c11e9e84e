#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/fetch.h"

/* The store of the repository that this one was cloned from, by path. */
static int origin_store(struct medo *medo, size_t n, char **out)
{
	size_t seen = 0;

	for (size_t i = 0; i < medo->git.keys.n; i++) {
		const char *key = medo->git.keys.v[i];
		const char *url = medo->git.values.v[i];
		static const char *const inside[] = { ".git/medo", "medo" };

		if (!starts_with(key, "remote.") || !ends_with(key, ".url") ||
		    (strstr(url, "://") && !starts_with(url, "file://")))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(inside); k++) {
			char *dir = medo_normal_url(url, medo->git.top);
			char *path = xstrfmt("%s/%s", dir, inside[k]);
			int there = file_exists(path);

			free(dir);
			if (there == 1 && seen++ == n) {
				*out = path;
				return 1;
			}
			free(path);
		}
	}
	fail_clear();
	return 0;
}

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

/*
 * What to report when nobody has it: a silo that could not be asked weighs
 * more than one that said no, since asking again may help.
 */
struct verdict {
	int code;
	char *text;
};

static void weigh(struct verdict *v, int code)
{
	static const int order[] = { FAIL_MISSING, FAIL_NET, FAIL_DENIED,
				     FAIL_CORRUPT };
	size_t old = 0, new = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] == v->code)
			old = i;
		if (order[i] == code)
			new = i;
	}
	if (v->code && new <= old)
		return;
	free(v->text);
	v->code = code;
	v->text = xstrdup(fail_text());
}

static bool may_try_next(int code)
{
	return code == FAIL_MISSING || code == FAIL_NET ||
	       code == FAIL_DENIED || code == FAIL_CORRUPT ||
	       code == FAIL_FORMAT || code == FAIL_REQUEST;
}

static int from_origin(struct medo *medo, struct silo *cache,
		       const struct silo_expect *expect, struct meter *meter)
{
	struct silo *silo = NULL;
	char *path = NULL;
	int ret = FAIL_MISSING;

	for (size_t n = 0; ret && origin_store(medo, n, &path); n++) {
		ret = silo_open(&silo, path, medo_algo(medo), 0);
		if (!ret)
			ret = silo_import(cache, silo, expect, medo_pool(medo),
					  meter);
		silo_close(silo);
		silo = NULL;
		free(path);
		if (ret && !may_try_next(ret))
			return ret;
	}
	return ret;
}

static int from_far(struct medo *medo, const char *path, struct silo *cache,
		    const struct silo_expect *expect, struct meter *meter)
{
	struct silo_list list = SILO_LIST_INIT;
	struct verdict v = { 0, NULL };
	char hex[ID_HEX_MAX];
	int ret = medo_silos(medo, path, &list);

	if (ret)
		goto out;
	for (size_t i = 0; i < list.n; i++) {
		struct silo *far;

		ret = medo_far(medo, list.v[i].url, false, &far);
		if (!ret)
			ret = silo_import(cache, far, expect, medo_pool(medo),
					  meter);
		if (!ret || !may_try_next(ret))
			goto out;
		weigh(&v, ret);
	}
	ret = from_origin(medo, cache, expect, meter);
	if (!ret || !may_try_next(ret))
		goto out;
	id_hex(&expect->id, hex);
	if (v.code && v.code != FAIL_MISSING) {
		fail_adopt(v.text);
		ret = fail_in(v.code, "'%s'", quoted(path));
	} else if (!list.n) {
		ret = fail(FAIL_MISSING, "'%s': blob %s is not on this disk, "
			   "and no SILO.json says where else; see git medo "
			   "init", quoted(path), hex);
	} else {
		ret = fail(FAIL_MISSING, "'%s': blob %s is not in %s; "
			   "whoever made it has to: git medo push",
			   quoted(path), hex, list.n == 1 ? "its silo" :
			   "any of its silos");
	}
out:
	free(v.text);
	silo_list_release(&list);
	return ret;
}

int fetch_one(struct medo *medo, const char *path, const struct treeptr *ptr,
	      struct meter *meter)
{
	struct silo_expect expect = medo_expect(ptr);
	struct silo *cache;
	int ret = fetch_near(medo, &ptr->id);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = medo_cache(medo, &cache);
	return ret ? ret : from_far(medo, path, cache, &expect, meter);
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
	struct silo_expect expect = medo_expect(ptr);
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
		ret = from_far(medo, path, cache, &expect, NULL);
	if (!ret)
		ret = silo_blob(cache, &ptr->id, blob);
out:
	free(why);
	return ret;
}
