/*
 * git medo sync: what MEDO.json mounts is there, and nothing that it mounts
 * no more.
 */
#include "git-medo/cmd.h"
#include "medo/sync.h"

static const char *const usage[] = {
	"git medo sync [<options>] [<dir>...]",
	NULL
};

static void each(void *data, char what, const char *path)
{
	const struct talk *talk = data;

	if (!talk->quiet)
		printf("%c\t%s\n", what, quoted(path));
}

int cmd_sync(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct talk talk = { 0, 0 };
	struct sync_result result = { .failed = 0 };
	struct sync_opts how = { .each = each, .data = &talk };
	int dry_run = 0, force = 0;
	const struct opt opts[] = {
		OPT_BOOL('n', "dry-run", &dry_run, "only say what would be done"),
		OPT_BOOL(0, "force", &force, "replace what is there and differs"),
		TALK_OPTS(&talk),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;

	how.dry_run = dry_run;
	how.force = force;
	ret = medo_open(&medo, MEDO_WORK_TREE);
	talk_apply(&talk, &medo);
	if (!ret && !n)
		ret = sync_all(&medo, medo.git.top, &how, &result);
	for (int i = 0; !ret && i < n; i++)
		ret = sync_all(&medo, argv[i], &how, &result);
	medo_release(&medo);
	return ret ? ret : result.failed ? fail_exit_code(result.code) : 0;
}
