/*
 * git medo clean: one content on stdin becomes a pointer on stdout.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "medo/filter.h"

static const char *const usage[] = {
	"git medo clean [<path>]",
	NULL
};

static ssize_t read_stdin(void *data UNUSED, void *buf, size_t len)
{
	return file_read_some(0, "standard input", buf, len);
}

int cmd_clean(int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	struct inflow in = { read_stdin, NULL };
	struct buf out = BUF_INIT;
	struct filter *filter;
	int ret;

	if (opt_parse(argc, argv, opts, usage) > 1)
		opt_usage(usage, opts, "clean takes one <path>");
	filter = filter_new();
	ret = filter_clean(filter, argv[0] ? argv[0] : "", &in, &out);
	/* Nothing is said before it is stored for good. */
	if (!ret)
		ret = filter_finish(filter);
	if (!ret)
		fwrite(out.ptr, 1, out.len, stdout);
	filter_free(filter);
	buf_release(&out);
	return ret;
}
