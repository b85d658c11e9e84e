#include "base/fail.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/backend.h"
#include "test-tool.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

/*
 * test-tool backend [-j N] [--strict] [--durable] URL|PATH VERB ARGS
 *	read [--fresh] NAME [FROM|- [TO|- [FILE]]]
 *				to stdout, or to FILE and "total N"
 *	put NAME FILE		"put"
 *	claim NAME FILE		"ours" or "taken"
 *	replace NAME FILE	"replaced"
 *	has NAME		its size, "?" if not told, or "no"
 *	list PREFIX		"SIZE NAME" each, sorted
 *	remove NAME		"removed"
 *	now			seconds since 1970
 *	-			lines of "VERB ARGS" on stdin, on N threads; each
 *				line's answer has the line in front, "LINE: ..."
 * A failure is said on stderr; the exit code is that of the commands.  With
 * --strict, as where a cloned repository names the place, not the user.
 */
struct line {
	struct job job;
	struct backend *b;
	pthread_mutex_t *lock;	/* of stdout; NULL: only one verb */
	char *text;
};

static int take(void *data, struct block *block)
{
	return file_write(*(int *)data, block->data, block->len);
}

static uint64_t number(const char *arg, uint64_t otherwise)
{
	return arg && strcmp(arg, "-") ? strtoull(arg, NULL, 10) : otherwise;
}

static int do_read(struct backend *b, const char **arg, struct buf *out)
{
	bool fresh = !strcmp(arg[0], "--fresh");
	int fd = 1, ret;
	struct sink sink = { take, &fd };
	uint64_t total = 0, from, to;

	arg += fresh;
	if (!arg[0])
		return fail(FAIL_REQUEST, "read what?");
	from = number(arg[1], 0);
	to = arg[1] ? number(arg[2], UINT64_MAX) : UINT64_MAX;
	if (arg[1] && arg[2] && arg[3])
		fd = open(arg[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			  0666);
	if (fd < 0)
		return fail_errno("cannot open '%s'", arg[3]);
	ret = b->ops->read(b, arg[0], from, to, fresh ? READ_FRESH : 0, &sink,
			   &total);
	if (fd > 1)
		close(fd);
	if (!ret && fd > 1)
		buf_addf(out, "total %" PRIu64 "\n", total);
	return ret;
}

static int do_put(struct backend *b, const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct source src;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return fail_errno("cannot open '%s'", path);
	src = source_fd(&fd, (uint64_t)st.st_size, path);
	ret = b->ops->put(b, name, &src);
	close(fd);
	return ret;
}

static int do_small(struct backend *b, const char *verb, const char *name,
		    const char *path)
{
	struct buf buf = BUF_INIT;
	int ret = file_read(path, 1 << 20, &buf);

	if (!ret)
		ret = *verb == 'c' ?
		      b->ops->claim(b, name, buf.ptr, buf.len) :
		      b->ops->replace(b, name, buf.ptr, buf.len);
	buf_release(&buf);
	return ret;
}

static int each(void *data, const char *name, uint64_t size)
{
	if (size == UINT64_MAX)
		strs_addf(data, "? %s", name);
	else
		strs_addf(data, "%" PRIu64 " %s", size, name);
	return 0;
}

static int do_list(struct backend *b, const char *prefix, struct buf *out)
{
	struct strs names = STRS_INIT;
	int ret = b->ops->list(b, prefix, each, &names);

	strs_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		buf_addf(out, "%s\n", names.v[i]);
	strs_release(&names);
	return ret;
}

static int do_has(struct backend *b, const char *name, struct buf *out)
{
	uint64_t size = 0;
	int ret = b->ops->has(b, name, &size);

	if (ret > 0 && size == UINT64_MAX)
		buf_adds(out, "?\n");
	else if (ret > 0)
		buf_addf(out, "%" PRIu64 "\n", size);
	else if (!ret)
		buf_adds(out, "no\n");
	return ret;
}

static int do_now(struct backend *b, struct buf *out)
{
	int64_t now = 0;
	int ret = b->ops->now(b, &now);

	if (!ret)
		buf_addf(out, "%" PRId64 "\n", now);
	return ret;
}

/* `arg` ends with NULLs enough. */
static int verb(struct backend *b, const char **arg, struct buf *out)
{
	const char *v = arg[0], *name = arg[1];
	int ret;

	if (v && !strcmp(v, "now"))
		return do_now(b, out);
	if (!v || !name)
		return fail(FAIL_REQUEST, "usage: see t/helper/test-backend.c");
	if (!strcmp(v, "read"))
		return do_read(b, arg + 1, out);
	if (!strcmp(v, "has"))
		return do_has(b, name, out);
	if (!strcmp(v, "list"))
		return do_list(b, name, out);
	if (!strcmp(v, "remove")) {
		ret = b->ops->remove(b, name);
		buf_adds(out, ret < 0 ? "" : "removed\n");
	} else if (!arg[2]) {
		ret = fail(FAIL_REQUEST, "'%s' wants a file", v);
	} else if (!strcmp(v, "put")) {
		ret = do_put(b, name, arg[2]);
		buf_adds(out, ret < 0 ? "" : "put\n");
	} else if (!strcmp(v, "claim")) {
		ret = do_small(b, v, name, arg[2]);
		buf_adds(out, ret < 0 ? "" : ret ? "ours\n" : "taken\n");
	} else if (!strcmp(v, "replace")) {
		ret = do_small(b, v, name, arg[2]);
		buf_adds(out, ret < 0 ? "" : "replaced\n");
	} else {
		ret = fail(FAIL_REQUEST, "what is '%s'?", v);
	}
	return ret;
}

static int run_line(struct job *job)
{
	struct line *line = (struct line *)job;
	struct buf out = BUF_INIT;
	const char *arg[8] = { NULL };
	char *text = xstrdup(line->text), *rest = text;
	int ret;

	for (size_t i = 0; i < 6 && (arg[i] = strtok_r(rest, " ", &rest)); i++)
		;
	ret = verb(line->b, arg, &out);
	pthread_mutex_lock(line->lock);
	if (ret < 0)
		printf("%s: failed %d: %s\n", line->text, fail_exit_code(ret),
		       fail_text());
	else
		printf("%s: %s", line->text, out.len ? out.ptr : "\n");
	fflush(stdout);
	pthread_mutex_unlock(line->lock);
	free(text);
	buf_release(&out);
	return ret;
}

static int script(struct backend *b, unsigned jobs)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	/* The thread that joins helps only with what it joins. */
	struct pool *pool = pool_new(jobs);
	struct line **lines = NULL;
	size_t n = 0, cap = 0, room = 0;
	char *text = NULL;
	int ret = 0;

	while (getline(&text, &room, stdin) > 0) {
		text[strcspn(text, "\n")] = '\0';
		ALLOC_GROW(lines, n, cap);
		lines[n] = xcalloc(1, sizeof(**lines));
		*lines[n] = (struct line){
			JOB_INIT(run_line), b, &lock, xstrdup(text)
		};
		job_submit(pool, &lines[n++]->job);
	}
	for (size_t i = 0; i < n; i++) {
		int bad = job_join(pool, &lines[i]->job);

		if (!ret && bad < 0)
			ret = bad;
		free(lines[i]->text);
		free(lines[i]);
	}
	pool_free(pool);
	free(lines);
	free(text);
	return ret;
}

static int open_place(struct backend **b, const char *url,
		      const struct backend_opts *opts)
{
	if (strstr(url, "://"))
		return backend_far(b, url, opts);
	return backend_folder(b, url, true, opts->durable);
}

int test_backend(int argc, const char **argv)
{
	struct backend_opts opts = { .any_address = true };
	struct backend *b = NULL;
	struct buf out = BUF_INIT;
	const char *arg[8] = { NULL };
	unsigned jobs = 1;
	int ret;

	/* As in git-medo. */
	signal(SIGPIPE, SIG_IGN);
	for (argv++, argc--; argc && **argv == '-'; argv++, argc--)
		if (!strcmp(*argv, "-j") && argc > 1) {
			jobs = (unsigned)atoi(argv[1]);
			argv++;
			argc--;
		} else if (!strcmp(*argv, "--strict")) {
			opts.any_address = false;
		} else if (!strcmp(*argv, "--durable")) {
			opts.durable = true;
		}
	for (int i = 0; i < 6 && i + 1 < argc; i++)
		arg[i] = argv[i + 1];
	if (argc < 2)
		ret = fail(FAIL_REQUEST, "usage: see t/helper/test-backend.c");
	else
		ret = open_place(&b, argv[0], &opts);
	if (!ret)
		ret = !strcmp(arg[0], "-") ? script(b, jobs) :
		      verb(b, arg, &out);
	fwrite(out.ptr, 1, out.len, stdout);
	fflush(stdout);
	if (ret < 0)
		say("error: ", "%s", fail_text());
	if (b)
		b->ops->close(b);
	buf_release(&out);
	stop_now();
	return ret < 0 ? fail_exit_code(ret) : 0;
}
