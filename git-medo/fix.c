/*
 * git medo fix: treeptrs get their one canonical spelling.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/temp.h"
#include "medo/gather.h"

static const char *const usage[] = {
	"git medo fix [<options>] [<treeptr>|<dir>...]",
	NULL
};

/* 1: it was rewritten. */
static int fix(const char *path)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf old = BUF_INIT, new = BUF_INIT;
	int ret = file_read(path, TREEPTR_MAX, &old);

	if (!ret)
		ret = treeptr_parse(&ptr, old.ptr, old.len, path);
	if (!ret && !treeptr_canonical(&ptr, old.ptr, old.len)) {
		treeptr_format(&ptr, &new);
		ret = temp_write(path, new.ptr, new.len, 0);
		ret = ret ? ret : 1;
	}
	treeptr_release(&ptr);
	buf_release(&old);
	buf_release(&new);
	return ret;
}

int cmd_fix(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct gather g = GATHER_INIT;
	struct rows rows = { 0, 0, 0 };
	int quiet = 0, worst = 0, ret;
	const struct opt opts[] = {
		OPT_BOOL('q', "quiet", &quiet, "do not say what was rewritten"),
		ROWS_OPTS(&rows),
		OPT_END
	};

	opt_parse(argc, argv, opts, usage);
	ret = medo_open(&medo, MEDO_ANYWHERE);
	if (!ret)
		ret = gather(&g, &medo, argv);
	for (size_t i = 0; !ret && i < g.n; i++) {
		int one = fix(g.v[i].path);

		if (one < 0) {
			say("error: ", "%s", fail_text());
			worst = MAX(worst, fail_exit_code(one));
		} else if (one && !quiet) {
			rows_str(&rows, "path", g.v[i].path);
			rows_end(&rows);
		}
	}
	gather_release(&g);
	medo_release(&medo);
	return ret ? ret : worst;
}
