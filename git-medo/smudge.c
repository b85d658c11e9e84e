/*
 * git medo smudge: one pointer on stdin becomes its content on stdout.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "medo/filter.h"

static const char *const usage[] = {
	"git medo smudge [--skip] [<path>]",
	NULL
};

static ssize_t read_stdin(void *data UNUSED, void *buf, size_t len)
{
	return file_read_some(0, "standard input", buf, len);
}

static int print(const void *data, size_t len)
{
	errno = 0;
	return fwrite(data, 1, len, stdout) == len ? 0 :
	       fail_errno("cannot write to standard output");
}

static int to_stdout(void *data UNUSED, struct block *block)
{
	return print(block->data, block->len);
}

int cmd_smudge(int argc, const char **argv)
{
	int skip = 0, ret;
	const struct opt opts[] = {
		OPT_BOOL(0, "skip", &skip, "leave pointers as they are"),
		OPT_END
	};
	struct inflow in = { read_stdin, NULL };
	struct sink sink = { to_stdout, NULL };
	struct smudge smudge = SMUDGE_INIT;
	struct filter *filter;

	if (opt_parse(argc, argv, opts, usage) > 1)
		opt_usage(usage, opts, "smudge takes one <path>");
	if (skip)
		setenv("MEDO_SKIP_SMUDGE", "1", 1);
	filter = filter_new();
	smudge.path = argv[0] ? argv[0] : "";
	ret = filter_smudge(filter, &smudge, &in);
	if (!ret && smudge.how == SMUDGE_STREAM)
		ret = filter_stream(filter, &smudge, &sink);
	else if (!ret)
		ret = print(smudge.text.ptr, smudge.text.len);
	if (!ret)
		ret = filter_finish(filter);
	smudge_release(&smudge);
	filter_free(filter);
	return ret;
}
