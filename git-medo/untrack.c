/*
 * git medo untrack: .gitattributes gives these to the filter no more.
 */
#include "git-medo/attributes.h"
#include "base/file.h"
#include "base/temp.h"

#include <fcntl.h>

#define FILE_NAME ".gitattributes"

static const char *const usage[] = {
	"git medo untrack [<options>] <pattern>...",
	NULL
};

struct untrack {
	int literal;
	int dry_run;
	int quiet;
	unsigned missed;
};

static int untrack_one(struct untrack *u, struct buf *text, const char *typed)
{
	struct buf pattern = BUF_INIT, out = BUF_INIT;
	int ret = attributes_pattern(typed, u->literal, &pattern);

	if (ret)
		goto out;
	if (attributes_remove(text, pattern.ptr, &out)) {
		SWAP(*text, out);
		if (!u->quiet)
			printf("%s\n", quoted(typed));
	} else {
		say("error: ", "'%s' is not tracked by '%s' here",
		    quoted(typed), FILE_NAME);
		u->missed++;
	}
out:
	buf_release(&pattern);
	buf_release(&out);
	return ret;
}

int cmd_untrack(int argc, const char **argv)
{
	struct untrack u = { 0, 0, 0, 0 };
	struct medo medo = MEDO_INIT;
	struct buf text = BUF_INIT;
	const struct opt opts[] = {
		OPT_BOOL(0, "filename", &u.literal,
			 "names of files, no patterns"),
		OPT_BOOL('n', "dry-run", &u.dry_run,
			 "only say what would be taken out"),
		OPT_BOOL('q', "quiet", &u.quiet,
			 "do not say what was taken out"),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;
	size_t before;

	if (!n)
		opt_usage(usage, opts, "untrack takes a <pattern>");
	ret = medo_open(&medo, MEDO_WORK_TREE);
	if (!ret)
		ret = attributes_read(FILE_NAME, &text);
	before = text.len;
	for (int i = 0; !ret && i < n; i++)
		ret = untrack_one(&u, &text, argv[i]);
	/* Lines only go: a shorter text is a changed one. */
	if (!ret && text.len != before && !u.dry_run)
		ret = text.len ? temp_write(FILE_NAME, text.ptr, text.len, 0) :
		      file_remove_tree(AT_FDCWD, FILE_NAME);
	buf_release(&text);
	medo_release(&medo);
	return ret ? ret : u.missed ? 1 : 0;
}
