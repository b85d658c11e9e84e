#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/quote.h"
#include "test-tool.h"

static int read_stdin(struct buf *in)
{
	for (;;) {
		ssize_t n;

		buf_grow(in, 65536);
		n = read(STDIN_FILENO, in->ptr + in->len, 65536);
		if (n <= 0)
			return (int)n;
		buf_setlen(in, in->len + (size_t)n);
	}
}

/* stdin, quoted, to stdout. */
static int do_quote(int argc UNUSED, const char **argv UNUSED)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	if (read_stdin(&in))
		return 128;
	quote_add(&out, in.ptr, in.len);
	fwrite(out.ptr, 1, out.len, stdout);
	buf_release(&in);
	buf_release(&out);
	return 0;
}

/* stdin as the subject of a message. */
static int do_quoted(int argc UNUSED, const char **argv UNUSED)
{
	struct buf in = BUF_INIT;

	if (read_stdin(&in))
		return 128;
	printf("%s\n", quoted(in.ptr));
	buf_release(&in);
	return 0;
}

static int do_quoted_ring(int argc UNUSED, const char **argv UNUSED)
{
	const char *q[9];

	for (int i = 0; i < 9; i++) {
		char name[2] = { (char)('0' + i), '\0' };

		q[i] = quoted(name);
	}
	printf("%s %s %s\n", q[1], q[8], q[0]);
	return 0;
}

/* stdin as a message. */
static int do_say(int argc, const char **argv)
{
	struct buf in = BUF_INIT;

	if (argc != 2 || read_stdin(&in))
		return 128;
	say(argv[1], "%s", in.ptr);
	buf_release(&in);
	return 0;
}

static int do_opt(int argc, const char **argv)
{
	static const char *const usage[] = {
		"test-tool base opt [<options>] FILE...",
		"test-tool base opt --once",
		NULL
	};
	int quiet = -1, level = 0;
	const char *silo = "none";
	struct strs metas = STRS_INIT;
	uint64_t size = 0;
	struct opt opts[] = {
		OPT_BOOL('q', "quiet", &quiet, "be quiet"),
		OPT_BOOL('v', NULL, &level, "say more"),
		OPT_SET('9', "best", &level, 9, "take all the time it needs"),
		OPT_STR('s', "silo", &silo, "url", "where to put it\nand more"),
		OPT_STRS('m', "meta", &metas, "key=value",
			 "remember this about the source"),
		OPT_UINT(0, "size", &size, "n", "as many bytes"),
		OPT_BOOL(0, "an-option-of-many-words", &level, "wraps"),
		OPT_BOOL(0, "secret", &level, NULL),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage);

	printf("quiet %d level %d silo '%s' size %" PRIu64 "\n", quiet, level,
	       silo, size);
	for (size_t i = 0; i < metas.n; i++)
		printf("meta '%s'\n", metas.v[i]);
	for (int i = 0; i < n; i++)
		printf("operand '%s'\n", argv[i]);
	printf("%s\n", argv[n] ? "more?" : "end");
	strs_release(&metas);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(int argc, const char **argv);
} verbs[] = {
	{ "opt", do_opt },
	{ "quote", do_quote },
	{ "quoted", do_quoted },
	{ "quoted-ring", do_quoted_ring },
	{ "say", do_say },
};

int test_base(int argc, const char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].fn(argc - 1, argv + 1);
	fprintf(stderr, "usage: test-tool base <verb>\n");
	return 129;
}
