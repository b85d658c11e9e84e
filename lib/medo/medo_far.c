#include "base/base.h"
#include "base/fail.h"
#include "medo/medo.h"

static struct medo_far *far_slot(struct medo *medo, const char *url)
{
	for (size_t i = 0; i < medo->nfar; i++)
		if (!strcmp(medo->far[i].url, url))
			return &medo->far[i];
	ALLOC_GROW(medo->far, medo->nfar, medo->far_cap);
	medo->far[medo->nfar] = (struct medo_far){ .url = xstrdup(url) };
	return &medo->far[medo->nfar++];
}

void medo_far_known(struct medo *medo, const char *url, bool write)
{
	struct medo_far *far;

	if (!strstr(url, "://"))
		return;
	far = far_slot(medo, url);
	far->write = far->write || write;
}

static void bury(struct medo_far *far, int code, const char *why)
{
	far->dead = code;
	far->why = xstrdup(why);
}

/*
 * One is out of reach, and perhaps all are: the time that it takes to find
 * that out is spent once, not for one after the other.
 */
static int knock_at_others(struct medo *medo)
{
	struct backend_knock *v = xcalloc(medo->nfar, sizeof(*v));
	size_t *where = xcalloc(medo->nfar, sizeof(*where));
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; i < medo->nfar; i++) {
		struct medo_far *far = &medo->far[i];

		if (far->silo || far->dead || far->knocked ||
		    medo_may(medo, far->url, far->write))
			continue;
		v[n] = (struct backend_knock){
			.url = far->url,
			.any_address = medo_users_own(medo, far->url,
						      far->write),
		};
		where[n++] = i;
	}
	fail_clear();
	/* A single one is as quickly opened as knocked at. */
	if (n > 1 && backend_knock)
		ret = backend_knock(v, n);
	for (size_t k = 0; k < n; k++) {
		medo->far[where[k]].knocked = n > 1;
		if (v[k].why)
			bury(&medo->far[where[k]], FAIL_NET, v[k].why);
		free(v[k].why);
	}
	free(where);
	free(v);
	return ret;
}

static void keep_indexes(struct medo *medo, struct silo *far)
{
	struct silo *cache;

	if (medo_cache(medo, &cache))
		fail_clear();
	else
		silo_keep_indexes(far, cache);
}

static int open_far(struct medo *medo, struct medo_far *far, bool write)
{
	unsigned flags = 0;
	int ret = medo_durable(medo, &flags);

	if (write)
		flags |= SILO_WRITE;
	if (medo_users_own(medo, far->url, write))
		flags |= SILO_ANY_ADDRESS;
	if (!ret)
		ret = silo_open(&far->silo, far->url, medo_algo(medo), flags);
	if (!ret && strstr(far->url, "://"))
		keep_indexes(medo, far->silo);
	return ret;
}

int medo_far(struct medo *medo, const char *url, bool write,
	     struct silo **out)
{
	struct medo_far *far;
	int ret = medo_may(medo, url, write);

	if (ret)
		return ret;
	far = far_slot(medo, url);
	if (!far->silo && !far->dead) {
		ret = open_far(medo, far, write);
		if (ret)
			bury(far, ret, fail_text());
		if (ret == FAIL_NET && strstr(url, "://"))
			ret = knock_at_others(medo);
		if (ret == FAIL_STOPPED)
			return ret;
	}
	if (far->dead) {
		fail_adopt(far->why);
		return far->dead;
	}
	*out = far->silo;
	return 0;
}
