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

/*
 * So many at a time: a plan takes memory for each.  In the order of paths,
 * which is that of the packs in which they were pushed.
 */
#define AT_ONCE ((size_t)65536)

/* One that cannot be had does not keep back the others. */
static int fetch_some(struct medo *medo, const struct reach *r, size_t from,
		      size_t n, struct meter *meter, struct strs *errors)
{
	struct fetch_item *items = xcalloc(n, sizeof(*items));
	int worst = 0, ret;
	const char *path;

	for (size_t i = 0; i < n; i++) {
		items[i].expect = reach_expect(r, from + i);
		for (size_t k = 0; (path = reach_path(r, from + i, k)); k++)
			strs_add(&items[i].paths, path);
	}
	ret = fetch_many(medo, items, n, meter);
	for (size_t i = 0; !ret && i < n; i++) {
		if (!items[i].result)
			continue;
		worst = MAX(worst, fail_exit_code(items[i].result));
		if (errors)
			strs_add(errors, items[i].why);
	}
	fetch_release(items, n);
	free(items);
	return ret ? ret : worst;
}

static int fetch_all(struct medo *medo, const struct reach *r, bool silent)
{
	struct strs errors = STRS_INIT;
	struct meter *meter;
	uint64_t total = 0;
	int worst = 0, ret = 0;

	for (size_t i = 0; i < r->ids.n; i++)
		total += r->v[i].size;
	meter = medo_meter(medo, "Fetching", METER_BYTES, total);
	for (size_t i = 0; ret >= 0 && i < r->ids.n; i += AT_ONCE) {
		ret = fetch_some(medo, r, i, MIN(AT_ONCE, r->ids.n - i),
				 meter, silent ? NULL : &errors);
		worst = MAX(worst, ret);
	}
	meter_stop(meter);
	for (size_t i = 0; ret >= 0 && i < errors.n; i++)
		say("error: ", "%s", errors.v[i]);
	strs_release(&errors);
	return ret < 0 ? ret : worst;
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
