/*
 * git medo push: blobs go from the store into the silos.
 */
#include "git-medo/cmd.h"
#include "medo/push.h"

static const char *const usage[] = {
	"git medo push [<options>]",
	NULL
};

struct answer {
	const struct talk *talk;
	struct rows rows;
};

static int each(void *data, const struct id *id, const char *url,
		const char *path)
{
	struct answer *a = data;
	char hex[ID_HEX_MAX];

	if (a->talk->quiet)
		return 0;
	rows_str(&a->rows, "id", id_hex(id, hex));
	rows_str(&a->rows, "silo", url);
	rows_str(&a->rows, "path", path);
	rows_end(&a->rows);
	return 0;
}

int cmd_push(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct reach r = REACH_INIT;
	struct talk talk = { 0, 0 };
	struct answer answer = { .talk = &talk };
	struct push_opts how = { .each = each, .data = &answer };
	struct push_result result = { 0, 0, 0, 0 };
	int all = 0, dry_run = 0, ret;
	const char *bwlimit = NULL;
	const struct opt opts[] = {
		OPT_BOOL(0, "all", &all, "all that history names"),
		OPT_BOOL('n', "dry-run", &dry_run, "only say what would be sent"),
		BWLIMIT_OPT(&bwlimit),
		TALK_OPTS(&talk),
		ROWS_OPTS(&answer.rows),
		OPT_END
	};

	if (opt_parse(argc, argv, opts, usage))
		opt_usage(usage, opts, "push takes no operands");
	how.dry_run = dry_run;
	ret = medo_open(&medo, MEDO_REPO);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = rate_parse(bwlimit, &medo.rate);
	if (!ret)
		ret = push_gather(&r, &medo, all);
	if (!ret)
		ret = push_blobs(&medo, &r, &how, &result);
	reach_release(&r);
	medo_release(&medo);
	return ret;
}
