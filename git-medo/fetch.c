/*
 * git medo fetch: blobs come from the silos into the cache.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "medo/fetch.h"
#include "medo/reach.h"

static const char *const usage[] = {
	"git medo fetch [<options>] [<treeptr>|<dir>...]",
	"git medo fetch [<options>] --stdin",
	NULL
};

#define STDIN_MAX ((size_t)1 << 30)

/* Pairs of path and text of its pointer, each with a NUL behind it. */
static int read_pointers(struct reach *r)
{
	struct buf input = BUF_INIT;
	int ret = file_read_fd(0, "standard input", STDIN_MAX, &input);
	const char *p = input.ptr, *end = p + input.len, *path;

	if (!ret && input.len && end[-1])
		ret = fail(FAIL_FORMAT, "standard input is cut off");
	while (!ret && p < end) {
		struct treeptr ptr = TREEPTR_INIT;

		path = p;
		p += strlen(p) + 1;
		if (p >= end)
			ret = fail(FAIL_FORMAT, "standard input is cut off");
		if (!ret)
			ret = treeptr_parse(&ptr, p, strlen(p), path);
		if (!ret) {
			reach_note(r, path, &ptr);
			p += strlen(p) + 1;
		}
		treeptr_release(&ptr);
	}
	buf_release(&input);
	return ret;
}

/* One that cannot be had does not keep back the others. */
static int fetch_all(struct medo *medo, const struct reach *r, bool silent)
{
	struct fetch_item *items = xcalloc(r->ids.n, sizeof(*items));
	struct meter *meter;
	uint64_t total = 0;
	int worst = 0, ret;
	const char *path;

	for (size_t i = 0; i < r->ids.n; i++) {
		items[i].expect = reach_expect(r, i);
		for (size_t k = 0; (path = reach_path(r, i, k)); k++)
			strs_add(&items[i].paths, path);
		total += r->v[i].size;
	}
	meter = medo_meter(medo, "Fetching", METER_BYTES, total);
	ret = fetch_many(medo, items, r->ids.n, meter);
	meter_stop(meter);
	for (size_t i = 0; !ret && i < r->ids.n; i++) {
		if (!items[i].result)
			continue;
		worst = MAX(worst, fail_exit_code(items[i].result));
		if (!silent)
			say("error: ", "%s", items[i].why);
	}
	fetch_release(items, r->ids.n);
	free(items);
	return ret ? ret : worst;
}

int cmd_fetch(int argc, const char **argv)
{
	static const char *const revs[] = { "--all", "--indexed-objects",
					    NULL };
	struct medo medo = MEDO_INIT;
	struct reach r = REACH_INIT;
	struct talk talk = { 0, 0 };
	int all = 0, from_stdin = 0, n, ret;
	const char *treeish = NULL, *bwlimit = NULL;
	const struct opt opts[] = {
		OPT_BOOL(0, "all", &all, "all that history names"),
		OPT_BOOL(0, "stdin", &from_stdin,
			 "pairs of path and pointer, each ended by NUL"),
		OPT_STR(0, "treeish", &treeish, "commit",
			"where SILO.json is looked for that is not checked "
			"out"),
		BWLIMIT_OPT(&bwlimit),
		TALK_OPTS(&talk),
		OPT_END
	};

	n = opt_parse(argc, argv, opts, usage);
	if ((all || from_stdin) && n)
		opt_usage(usage, opts, "%s takes no <treeptr>",
			  all ? "--all" : "--stdin");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	talk_apply(&talk, &medo);
	medo.treeish = treeish;
	if (!ret)
		ret = rate_parse(bwlimit, &medo.rate);
	if (!ret && from_stdin)
		ret = read_pointers(&r);
	else if (!ret)
		ret = all ? reach_history(&r, &medo, revs, NULL) :
		      reach_tree(&r, &medo, argv);
	if (!ret)
		ret = fetch_all(&medo, &r, from_stdin && talk.quiet);
	reach_release(&r);
	medo_release(&medo);
	return ret;
}
