/*
 * git medo fetch: blobs come from the silos into the cache.
 */
#include "git-medo/cmd.h"
#include "medo/fetch.h"
#include "medo/reach.h"

static const char *const usage[] = {
	"git medo fetch [<options>] [<treeptr>|<dir>...]",
	NULL
};

/* One that cannot be had does not keep back the others. */
static int fetch_all(struct medo *medo, const struct reach *r)
{
	struct meter *meter;
	uint64_t total = 0;
	int worst = 0, ret = 0;

	for (size_t i = 0; i < r->ids.n; i++)
		total += r->v[i].size;
	meter = medo_meter(medo, "Fetching", METER_BYTES, total);
	for (size_t i = 0; i < r->ids.n && ret != FAIL_STOPPED; i++) {
		struct treeptr ptr = TREEPTR_INIT;

		ptr.id = r->ids.ids[i];
		ptr.size = r->v[i].size;
		ptr.has_seal = r->v[i].has_seal;
		ptr.seal = r->v[i].seal;
		ret = fetch_one(medo, r->v[i].path, &ptr, meter);
		if (!ret)
			continue;
		worst = fail_exit_code(ret);
		if (ret != FAIL_STOPPED)
			say("error: ", "%s", fail_text());
	}
	meter_stop(meter);
	return ret == FAIL_STOPPED ? ret : worst;
}

int cmd_fetch(int argc, const char **argv)
{
	static const char *const revs[] = { "--all", "--indexed-objects",
					    NULL };
	struct medo medo = MEDO_INIT;
	struct reach r = REACH_INIT;
	struct talk talk = { 0, 0 };
	int all = 0, n, ret;
	const struct opt opts[] = {
		OPT_BOOL(0, "all", &all, "all that history names"),
		TALK_OPTS(&talk),
		OPT_END
	};

	n = opt_parse(argc, argv, opts, usage);
	if (all && n)
		opt_usage(usage, opts, "--all takes no <treeptr>");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = all ? reach_history(&r, &medo, revs, NULL) :
		      reach_tree(&r, &medo, argv);
	if (!ret)
		ret = fetch_all(&medo, &r);
	reach_release(&r);
	medo_release(&medo);
	return ret;
}
