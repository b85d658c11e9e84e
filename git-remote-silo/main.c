/*
 * git remote-silo: git's helper for repositories in a silo.  git starts it as
 * `git-remote-silo REMOTE ADDRESS`, and both words may come from somebody
 * else (a .gitmodules, say): they are never options.
 */
#include "git-remote-silo/helper.h"
#include "base/file.h"
#include "base/temp.h"

#include <fcntl.h>
#include <signal.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)

static void print_usage(FILE *to)
{
	fputs("usage: git remote-silo <remote> <address>\n\n"
	      "git runs this for URLs that begin with 'silo::'; see "
	      "'git help remote-silo'.\n", to);
}

static void sane_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			exit(128);
	} while (fd <= 2);
	close(fd);
}

void reply(struct helper *helper, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&helper->out, fmt, ap);
	va_end(ap);
}

static int flush(struct helper *helper)
{
	int ret = file_write(1, helper->out.ptr, helper->out.len);

	buf_reset(&helper->out);
	return ret;
}

/* Lines, however they arrive. */
struct lines {
	struct buf buf;
	size_t at;
	bool end;
};

/* 1 and a line, good until the next call; 0 at the end. */
static int next_line(struct lines *lines, char **out)
{
	for (;;) {
		char *line = lines->buf.ptr + lines->at;
		size_t len = lines->buf.len - lines->at;
		char *lf = memchr(line, '\n', len);
		ssize_t n;

		if (lf && memchr(line, '\0', (size_t)(lf - line)))
			return fail(FAIL_FORMAT, "git says NUL");
		if (lf) {
			*lf = '\0';
			lines->at += (size_t)(lf - line) + 1;
			*out = line;
			return 1;
		}
		if (len > LINE_MAX_BYTES)
			return fail(FAIL_FORMAT, "git's line has no end");
		if (lines->end)
			return 0;
		memmove(lines->buf.ptr, line, len);
		buf_setlen(&lines->buf, len);
		lines->at = 0;
		buf_grow(&lines->buf, 65536);
		n = file_read_some(0, "standard input",
				   lines->buf.ptr + len, 65536);
		if (n < 0)
			return (int)n;
		buf_setlen(&lines->buf, len + (size_t)n);
		lines->end = !n;
	}
}

static int do_capabilities(struct helper *helper, const char *arg UNUSED)
{
	reply(helper, "fetch\npush\noption\ncheck-connectivity\n"
	      "object-format\n\n");
	return 0;
}

static const struct verb {
	const char *name;
	int (*one)(struct helper *helper, const char *arg);
	int (*batch)(struct helper *helper);
} verbs[] = {
	{ "capabilities", do_capabilities, NULL },
	{ "list", do_list, NULL },
	{ "option", do_option, NULL },
	{ "fetch", NULL, do_fetch },
	{ "push", NULL, do_push },
};

static const struct verb *find(const char *line, const char **arg)
{
	size_t len = strcspn(line, " ");

	*arg = line[len] ? line + len + 1 : "";
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strlen(verbs[i].name) == len &&
		    !memcmp(line, verbs[i].name, len))
			return &verbs[i];
	return NULL;
}

/* A blank line ends a batch, or the conversation. */
static int converse(struct helper *helper)
{
	struct lines lines = { .buf = BUF_INIT };
	const struct verb *verb, *under_way = NULL;
	const char *arg;
	char *line = NULL;
	int ret;

	while ((ret = next_line(&lines, &line)) > 0) {
		if (!*line && !under_way)
			break;
		if (!*line) {
			ret = under_way->batch(helper);
			strs_release(&helper->batch);
			under_way = NULL;
		} else if (!(verb = find(line, &arg)) ||
			   (under_way && verb != under_way)) {
			ret = fail(FAIL_REQUEST, "git says '%s', which we do "
				   "not know%s", quoted(line),
				   under_way ? " here" : "");
		} else if (verb->batch) {
			under_way = verb;
			strs_add(&helper->batch, arg);
			continue;
		} else {
			ret = verb->one(helper, arg);
		}
		if (ret >= 0)
			ret = flush(helper);
		if (ret < 0)
			break;
	}
	if (!ret && under_way)
		ret = fail(FAIL_REQUEST, "git went away in the middle of '%s'",
			   under_way->name);
	buf_release(&lines.buf);
	return MIN(ret, 0);
}

static void release(struct helper *helper)
{
	hosted_close(helper->hosted);
	medo_release(&helper->medo);
	buf_release(&helper->out);
	strs_release(&helper->batch);
	strs_release(&helper->cas);
	strs_release(&helper->options);
}

int main(int argc, const char **argv)
{
	struct helper helper = HELPER_INIT;
	int ret;

	sane_fds();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc == 2 && (!strcmp(argv[1], "-h") ||
			  !strcmp(argv[1], "--help"))) {
		print_usage(stdout);
		return 0;
	}
	if (argc < 2 || argc > 3) {
		print_usage(stderr);
		return 129;
	}
	/* History is what the objects say, for everybody. */
	setenv("GIT_NO_REPLACE_OBJECTS", "1", 1);
	setenv("GIT_GRAFT_FILE", "/dev/null/none", 1);
	helper.remote = argv[1];
	helper.address = argv[argc - 1];
	ret = medo_open(&helper.medo, MEDO_ANYWHERE);
	no_lazy_fetch(&helper);
	if (!ret)
		ret = protocol_check(&helper);
	if (!ret)
		ret = converse(&helper);
	release(&helper);
	/* ^C goes to our children, too; what became of them is no news. */
	if (ret < 0)
		stop_now();
	if (ret < 0)
		say("fatal: ", "%s", fail_text());
	return ret < 0 ? 128 : 0;
}
