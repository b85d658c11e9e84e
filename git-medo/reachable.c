/*
 * git medo reachable: which blobs do pointers name?
 */
#include "git-medo/cmd.h"
#include "medo/reach.h"

#include <sys/stat.h>

static const char *const usage[] = {
	"git medo reachable [<options>] [<dir>...]",
	"git medo reachable [<options>] --all [<dir>]",
	"git medo reachable [<options>] <rev>..<rev> [<dir>]",
	NULL
};

struct ask {
	int all;
	int files;
	const char *missing;
	const char *unreachable;
	uint64_t packed;	/* have no file of their own */
	struct rows rows;
};

static void print_id(struct ask *ask, const struct id *id,
		     const struct named *named)
{
	char name[SILO_NAME_MAX], hex[ID_HEX_MAX];

	if (ask->files) {
		rows_str(&ask->rows, "file", silo_blob_name(id, name));
	} else {
		rows_str(&ask->rows, "id", id_hex(id, hex));
		if (named) {
			rows_u64(&ask->rows, "size", named->size);
			rows_str(&ask->rows, "path", named->path);
		}
	}
	rows_end(&ask->rows);
}

struct unreached {
	struct ask *ask;
	struct silo *silo;
	const struct reach *r;
};

static int each_unreached(void *data, const struct id *id,
			  uint64_t size UNUSED)
{
	struct unreached *u = data;
	int packed;

	if (idset_find(&u->r->ids, id) >= 0)
		return 0;
	packed = u->ask->files ? silo_packed(u->silo, id) : 0;
	if (packed < 0)
		return packed;
	u->ask->packed += packed;
	if (!packed)
		print_id(u->ask, id, NULL);
	return 0;
}

static int print(struct medo *medo, struct ask *ask, const struct reach *r)
{
	struct unreached u = { ask, NULL, r };
	struct silo *silo = NULL;
	const char *url = ask->missing ? ask->missing : ask->unreachable;
	int ret = url ? silo_open(&silo, url, medo_algo(medo),
				  SILO_ANY_ADDRESS) : 0;

	u.silo = silo;
	if (!ret && ask->unreachable)
		ret = silo_each(silo, each_unreached, &u);
	for (size_t i = 0; !ret && !ask->unreachable && i < r->ids.n; i++) {
		int has = silo ? silo_has(silo, &r->ids.ids[i]) : 0;

		if (has < 0)
			ret = has;
		else if (!has)
			print_id(ask, &r->ids.ids[i], &r->v[i]);
	}
	silo_close(silo);
	if (!ret && ask->packed)
		say("warning: ", "%" PRIu64 " more lie in packs and have no "
		    "file of their own", ask->packed);
	return ret;
}

static int gather_ids(struct medo *medo, struct ask *ask, const char **argv,
		      int n, struct reach *r)
{
	const char *revs[3] = { "--all", "--indexed-objects", NULL };
	struct stat st;
	bool range = n && stat(argv[0], &st) && strstr(argv[0], "..");
	char *dir = NULL;
	int ret = 0;

	/* What nothing names may be removed, so everything has a say. */
	if (ask->unreachable && !range && !n) {
		if (medo->git.top)
			ret = reach_tree(r, medo, argv);
		return ret ? ret : reach_roots(r, medo);
	}
	if (!ask->all && !range)
		return reach_tree(r, medo, argv);
	if (range) {
		if (*argv[0] == '-')
			return fail(FAIL_REQUEST, "'%s' is no range",
				    quoted(argv[0]));
		revs[0] = argv[0];
		revs[1] = NULL;
	}
	ret = gitdir_below_top(&medo->git, argv[range], &dir);
	if (!ret)
		ret = reach_history(r, medo, revs, dir);
	free(dir);
	return ret;
}

int cmd_reachable(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct reach r = REACH_INIT;
	struct ask ask = { .all = 0 };
	const struct opt opts[] = {
		OPT_BOOL(0, "all", &ask.all, "walk the history of all refs"),
		OPT_BOOL(0, "files", &ask.files,
			 "print names as they are in a silo"),
		OPT_STR(0, "missing-from", &ask.missing, "url",
			"only those that this silo does not have"),
		OPT_STR(0, "unreachable-in", &ask.unreachable, "url",
			"blobs of this silo that nothing names"),
		ROWS_OPTS(&ask.rows),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;

	if (ask.missing && ask.unreachable)
		opt_usage(usage, opts, "--missing-from or --unreachable-in, "
			  "not both");
	if (ask.all && n > 1)
		opt_usage(usage, opts, "--all takes one <dir>");
	r.strict = !!ask.unreachable;
	ret = medo_open(&medo, MEDO_REPO);
	if (!ret)
		ret = gather_ids(&medo, &ask, argv, n, &r);
	if (!ret)
		ret = print(&medo, &ask, &r);
	reach_release(&r);
	medo_release(&medo);
	return ret;
}
