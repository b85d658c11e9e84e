/*
 * git medo get, git medo drop: pointers in the work tree become content, and
 * content becomes pointers.
 */
#include "git-medo/cmd.h"
#include "medo/fetch.h"
#include "medo/swap.h"
#include "medo/tracked.h"

static const char *const get_usage[] = {
	"git medo get [-q] [<path>...]",
	NULL
};

static const char *const drop_usage[] = {
	"git medo drop [-q] <path>...",
	"git medo drop [-q] --all",
	NULL
};

/* Paths below the top: silos are found, and files opened, from there. */
static int list_from_top(struct medo *medo, const char **operands,
			 struct strs *paths)
{
	int ret = tracked_list(medo, operands, paths);

	if (!ret && chdir(medo->git.top))
		ret = fail_errno("cannot enter '%s'", quoted(medo->git.top));
	return ret;
}

/* What did not happen, each kind in a line; the exit code. */
static int report(const struct swap_result *r, bool quiet, const char *done)
{
	if (r->files && !quiet)
		printf("%zu file%s %s\n", r->files, r->files == 1 ? "" : "s",
		       done);
	if (r->missing)
		say("error: ", "%zu file%s cannot be had: %s", r->missing,
		    r->missing == 1 ? "" : "s",
		    r->missing_why ? r->missing_why : "no silo has them");
	if (r->pending)
		say("error: ", "%zu file%s left for later; try again",
		    r->pending, r->pending == 1 ? " was" : "s were");
	if (r->failed || r->pending)
		return 128;
	return r->missing ? fail_exit_code(r->missing_code) : 0;
}

static void add(struct swap_result *to, const struct swap_result *from)
{
	to->files += from->files;
	to->pending += from->pending;
	to->failed += from->failed;
}

int cmd_get(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct swap_result result = SWAP_RESULT_INIT, old = SWAP_RESULT_INIT;
	struct strs paths = STRS_INIT;
	struct talk talk = { 0, 0 };
	const struct opt opts[] = {
		TALK_OPTS(&talk),
		OPT_END
	};
	int ret;

	opt_parse(argc, argv, opts, get_usage);
	ret = medo_open(&medo, MEDO_WORK_TREE);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = swap_resume(&medo, &old);
	if (!ret)
		ret = list_from_top(&medo, argv, &paths);
	if (!ret)
		ret = fetch_ahead(&medo, &paths);
	if (!ret)
		ret = swap_get(&medo, &paths, &result);
	add(&result, &old);
	if (!ret)
		ret = report(&result, talk.quiet, "here now");
	swap_result_release(&result);
	swap_result_release(&old);
	strs_release(&paths);
	medo_release(&medo);
	return ret;
}

int cmd_drop(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct swap_result result = SWAP_RESULT_INIT;
	struct strs paths = STRS_INIT;
	struct talk talk = { 0, 0 };
	int all = 0, n, ret;
	const struct opt opts[] = {
		OPT_BOOL(0, "all", &all, "every file that the filter serves"),
		TALK_OPTS(&talk),
		OPT_END
	};

	n = opt_parse(argc, argv, opts, drop_usage);
	if (!n == !all)
		opt_usage(drop_usage, opts, "drop takes <path> or --all");
	ret = medo_open(&medo, MEDO_WORK_TREE);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = list_from_top(&medo, argv, &paths);
	if (!ret)
		ret = swap_drop(&medo, &paths, &result);
	if (!ret) {
		ret = report(&result, talk.quiet, "dropped");
		if (!ret && result.left && !talk.quiet)
			fprintf(stderr, "%zu left alone: changed, or in no silo "
				"that can be seen\n", result.left);
	}
	swap_result_release(&result);
	strs_release(&paths);
	medo_release(&medo);
	return ret;
}
