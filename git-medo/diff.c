/*
 * git medo diff: what changed from one tree to another.
 */
#include "git-medo/cmd.h"
#include "git-medo/diff_driver.h"
#include "git-medo/operand.h"

static const char *const usage[] = {
	"git medo diff [<options>] <treeptr> [<treeptr>]",
	"git medo diff --driver -- <path> <old> <id> <mode> <new> <id> <mode>",
	"git medo diff --textconv -- <file>",
	NULL
};

struct side {
	struct operand o;
	struct tree_list list;
};

#define SIDE_INIT { .o = OPERAND_INIT, .list = TREE_LIST_INIT }

static int load(struct side *s, struct medo *medo, const char *arg)
{
	struct entry_handler handler = tree_list_handler(&s->list);
	int ret = operand_open_rev(&s->o, medo, arg);

	if (!ret)
		ret = operand_read(&s->o, medo, &handler);
	tree_list_sort(&s->list);
	return ret;
}

static void side_release(struct side *s)
{
	tree_list_release(&s->list);
	operand_release(&s->o);
}

static void print(void *data, const struct tree_item *old,
		  const struct tree_item *new)
{
	struct rows *rows = data;

	rows_str(rows, "change", !old ? "A" : !new ? "D" : "M");
	if (old)
		rows_u64(rows, "old", old->size);
	else
		rows_null(rows, "old");
	if (new)
		rows_u64(rows, "new", new->size);
	else
		rows_null(rows, "new");
	rows_str(rows, "path", old ? old->path : new->path);
	rows_end(rows);
}

int cmd_diff(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct side a = SIDE_INIT, b = SIDE_INIT;
	int driver = 0, textconv = 0;
	struct rows rows = { 0, 0, 0 };
	const struct opt opts[] = {
		ROWS_OPTS(&rows),
		OPT_BOOL(0, "driver", &driver, "called by git diff"),
		OPT_BOOL(0, "textconv", &textconv, "called by git log -p"),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;
	char *committed = NULL, *below = NULL;

	if (driver && n)
		return diff_driver(n, argv);
	if (textconv && n == 1)
		return diff_textconv(argv[0]);
	if (n < 1 || n > 2)
		opt_usage(usage, opts, "diff takes one or two <treeptr>");
	ret = medo_open(&medo, n == 1 ? MEDO_WORK_TREE : MEDO_ANYWHERE);
	/* One operand: what HEAD has against what lies here. */
	if (!ret && n == 1)
		ret = gitdir_below_top(&medo.git, argv[0], &below);
	if (!ret && n == 1)
		committed = xstrfmt("HEAD:%s", below);
	if (!ret)
		ret = load(&a, &medo, n == 1 ? committed : argv[0]);
	if (!ret)
		ret = load(&b, &medo, argv[n - 1]);
	if (!ret)
		ret = tree_list_compare(&a.list, &b.list, print, &rows) != 0;
	free(committed);
	free(below);
	side_release(&a);
	side_release(&b);
	medo_release(&medo);
	return ret;
}
