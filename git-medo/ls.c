/*
 * git medo ls: what is in a tree, without expanding it.
 */
#include "git-medo/cmd.h"
#include "git-medo/operand.h"

#include <time.h>

static const char *const usage[] = {
	"git medo ls [<options>] <treeptr>[:<path>]",
	NULL
};

struct list {
	struct rows rows;
	const char *inside;
	int detailed;
	uint64_t shown;
};

static const char *type_of(const struct entry *e)
{
	switch (e->type) {
	case ENTRY_DIR:
		return "dir";
	case ENTRY_SYMLINK:
		return "symlink";
	case ENTRY_HARDLINK:
		return "hardlink";
	default:
		return "file";
	}
}

static bool at_or_below(const char *path, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	return !n || (!strncmp(path, dir, n) && (!path[n] || path[n] == '/'));
}

static void print_details(struct list *l, const struct entry *e)
{
	char mode[8], date[64] = "-";
	struct tm tm;
	time_t t = (time_t)e->mtime;

	snprintf(mode, sizeof(mode), "%04o", e->mode & 07777);
	if (gmtime_r(&t, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	rows_str(&l->rows, "type", type_of(e));
	rows_str(&l->rows, "mode", mode);
	rows_u64(&l->rows, "size", e->type == ENTRY_FILE ? e->size : 0);
	rows_str(&l->rows, "mtime", e->mtime < 0 ? "-" : date);
}

static int begin(void *data, const struct entry *e)
{
	struct list *l = data;

	if (!at_or_below(e->path, l->inside))
		return 0;
	if (l->detailed || l->rows.json)
		print_details(l, e);
	rows_str(&l->rows, "path", e->path);
	if (e->link && (l->detailed || l->rows.json))
		rows_str(&l->rows, "link", e->link);
	rows_end(&l->rows);
	l->shown++;
	return 0;
}

int cmd_ls(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct operand o = OPERAND_INIT;
	struct list l = { .shown = 0 };
	struct entry_handler handler = { .begin = begin, .data = &l };
	const struct opt opts[] = {
		OPT_BOOL('l', NULL, &l.detailed,
			 "type, mode, size and time as well"),
		ROWS_OPTS(&l.rows),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "ls takes one <treeptr>");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	if (!ret)
		ret = operand_open(&o, &medo, argv[0]);
	l.inside = o.inside;
	if (!ret)
		ret = operand_read(&o, &medo, &handler);
	if (!ret && o.inside && !l.shown)
		ret = fail(FAIL_MISSING, "'%s' has no '%s'", quoted(o.file),
			   quoted(o.inside));
	operand_release(&o);
	medo_release(&medo);
	return ret;
}
