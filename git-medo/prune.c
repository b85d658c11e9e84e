/*
 * git medo prune: the cache within its limit, and out of the store what a
 * silo was seen to have.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "medo/reach.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

static const char *const usage[] = {
	"git medo prune [<options>]",
	NULL
};

/*
 * What is younger may have a name that nobody can see yet: git stash makes
 * its commit out of an index of its own, and names it last.
 */
#define GRACE 3600

struct item {
	struct id id;
	uint64_t size;
	int64_t used;
};

struct prune {
	struct medo medo;
	struct rows rows;
	int dry_run;
	int unnamed;
	int now;
	int quiet;
	struct silo *store;
	struct silo *cache;
	struct reach reach;
	struct item *v;
	size_t n;
	size_t cap;
};

static int64_t last_use(struct silo *silo, const struct id *id)
{
	char name[SILO_NAME_MAX];
	struct stat st;

	/* In a pack, where one alone frees little: these go last. */
	if (fstatat(silo_backend(silo)->fd, silo_blob_name(id, name), &st,
		    AT_SYMLINK_NOFOLLOW))
		return INT64_MAX;
	return MAX(st.st_atime, st.st_mtime);
}

static int64_t made(struct silo *silo, const char *name)
{
	struct stat st;

	return fstatat(silo_backend(silo)->fd, name, &st, AT_SYMLINK_NOFOLLOW) ?
	       -1 : st.st_mtime;
}

/* Is it so young?  In a pack: is any of them? */
static bool is_young(struct prune *p, const struct id *id)
{
	char name[SILO_NAME_MAX];
	int64_t when = p->now ? 0 : made(p->store, silo_blob_name(id, name));

	if (when < 0)
		when = made(p->store, "pack");
	return when > (int64_t)time(NULL) - GRACE;
}

static int collect(void *data, const struct id *id, uint64_t size)
{
	struct prune *p = data;

	ALLOC_GROW(p->v, p->n, p->cap);
	p->v[p->n++] = (struct item){ *id, size, 0 };
	return 0;
}

static int by_use(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->used < y->used ? -1 : x->used > y->used;
}

static void tell(struct prune *p, const char *what, const struct id *id)
{
	char hex[ID_HEX_MAX];

	if (p->quiet)
		return;
	rows_str(&p->rows, "action", what);
	rows_str(&p->rows, "id", id_hex(id, hex));
	rows_end(&p->rows);
}

/* Has any silo that its pointer may be read from got it?  Asked, not believed. */
static int seen_from(struct prune *p, size_t i, const char *path)
{
	struct silo_list list = SILO_LIST_INIT;
	struct silo_expect expect = reach_expect(&p->reach, i);
	int ret = medo_silos(&p->medo, path, &list);
	bool seen = false;

	for (size_t k = 0; !ret && !seen && k < list.n; k++) {
		struct silo *silo;

		ret = medo_far(&p->medo, list.v[k].url, false, &silo);
		if (!ret)
			ret = silo_seen(silo, &expect, medo_pool(&p->medo));
		seen = ret > 0;
		if (ret < 0 && ret != FAIL_STOPPED) {
			say("warning: ", "%s", fail_text());
			fail_clear();
		}
		ret = ret == FAIL_STOPPED ? ret : 0;
	}
	silo_list_release(&list);
	return ret ? ret : seen;
}

/* Whichever of its pointers' silos has it. */
static int seen_far(struct prune *p, size_t i)
{
	const char *path;
	int ret = 0;

	for (size_t k = 0; !ret && (path = reach_path(&p->reach, i, k)); k++)
		ret = seen_from(p, i, path);
	return ret;
}

static int prune_store(struct prune *p)
{
	struct idset moved = IDSET_INIT, removed = IDSET_INIT;
	int ret = silo_each(p->store, collect, p);
	size_t nameless = 0, young = 0;

	for (size_t i = 0; !ret && i < p->n; i++) {
		const struct id *id = &p->v[i].id;
		ssize_t at = idset_find(&p->reach.ids, id);

		ret = at < 0 ? 0 : seen_far(p, (size_t)at);
		if (ret > 0) {
			tell(p, "cached", id);
			idset_add(&moved, id);
			ret = 0;
		} else if (!ret && at < 0 && p->unnamed && is_young(p, id)) {
			young++;
		} else if (!ret && at < 0 && p->unnamed) {
			tell(p, "removed", id);
			idset_add(&removed, id);
		} else if (!ret && at < 0) {
			nameless++;
		}
	}
	if (!ret && !p->dry_run)
		ret = silo_move_all(p->store, p->cache, &moved,
				    medo_pool(&p->medo));
	if (!ret && !p->dry_run)
		ret = silo_remove_all(p->store, &removed);
	idset_release(&moved);
	idset_release(&removed);
	if (!ret && nameless && !p->quiet)
		fprintf(stderr, "%zu blobs of the store are named by no pointer "
			"that git knows; --unnamed removes them\n", nameless);
	if (!ret && young && !p->quiet)
		fprintf(stderr, "%zu unnamed blobs are younger than an hour; "
			"--now removes them, too\n", young);
	return ret;
}

static int prune_cache(struct prune *p)
{
	struct idset removed = IDSET_INIT;
	uint64_t limit, total = 0;
	int ret = gitdir_get_u64(&p->medo.git, "medo.cachesize", 0, &limit);

	if (ret || !limit)
		return ret;
	p->n = 0;
	ret = silo_each(p->cache, collect, p);
	for (size_t i = 0; i < p->n; i++) {
		total += p->v[i].size;
		p->v[i].used = last_use(p->cache, &p->v[i].id);
	}
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), by_use);
	for (size_t i = 0; !ret && i < p->n && total > limit; i++) {
		total -= p->v[i].size;
		tell(p, "removed", &p->v[i].id);
		idset_add(&removed, &p->v[i].id);
	}
	if (!ret && !p->dry_run)
		ret = silo_remove_all(p->cache, &removed);
	idset_release(&removed);
	return ret;
}

int cmd_prune(int argc, const char **argv)
{
	struct prune p = { .medo = MEDO_INIT };
	static const char *const none[] = { NULL };
	const struct opt opts[] = {
		OPT_BOOL('n', "dry-run", &p.dry_run, "only say what would go"),
		OPT_BOOL(0, "unnamed", &p.unnamed,
			 "also blobs of the store that no pointer names"),
		OPT_BOOL(0, "now", &p.now, "and however young they are"),
		OPT_BOOL('q', "quiet", &p.quiet, "do not say what went"),
		ROWS_OPTS(&p.rows),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage))
		opt_usage(usage, opts, "prune takes no operands");
	/* A pointer that we cannot read may name any blob. */
	p.reach.strict = p.unnamed;
	ret = medo_open(&p.medo, MEDO_REPO);
	if (!ret)
		ret = medo_store(&p.medo, &p.store);
	if (!ret)
		ret = medo_cache(&p.medo, &p.cache);
	/* An add may have stored a blob and not yet written its pointer. */
	if (!ret && p.unnamed)
		ret = silo_hold(p.store, true);
	if (!ret && p.medo.git.top)
		ret = reach_tree(&p.reach, &p.medo, none);
	if (!ret)
		ret = reach_roots(&p.reach, &p.medo);
	if (!ret)
		ret = prune_store(&p);
	if (!ret)
		ret = prune_cache(&p);
	free(p.v);
	reach_release(&p.reach);
	medo_release(&p.medo);
	return ret;
}
