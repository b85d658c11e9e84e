#include "base/base.h"
#include "base/block.h"
#include "base/fail.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/quote.h"
#include "codec/id.h"
#include "medo/dirtar.h"
#include "test-tool.h"

#include <fcntl.h>

/* Each thread takes every n-th piece; they go into the file by pwrite. */
struct part {
	struct job job;
	struct source *source;
	int fd;
	size_t step;
	unsigned index;
	unsigned count;
};

static int run_part(struct job *job)
{
	struct part *part = (struct part *)job;
	uint64_t size = part->source->size, off = part->index * part->step;
	char *piece = xmalloc(part->step);
	int ret = 0;

	for (; off < size && !ret; off += part->count * part->step) {
		size_t n = (size_t)MIN(size - off, part->step);

		ret = part->source->read(part->source->data, off, piece, n);
		if (!ret && part->fd >= 0 &&
		    pwrite(part->fd, piece, n, (off_t)off) != (ssize_t)n)
			ret = fail_errno("cannot write");
	}
	free(piece);
	return ret;
}

static int write_tar(struct dirtar *d, const char *path, size_t step,
		     unsigned threads)
{
	struct source source = dirtar_source(d);
	struct part *parts = xcalloc(threads, sizeof(*parts));
	struct pool *pool = pool_new(threads);
	int fd = strcmp(path, "-") ? open(path, O_WRONLY | O_CREAT | O_TRUNC,
					  0666) : -1;
	int ret = 0;

	for (unsigned i = 0; i < threads; i++) {
		parts[i] = (struct part){
			.job = JOB_INIT(run_part), .source = &source,
			.fd = fd, .step = step, .index = i, .count = threads,
		};
		job_submit(pool, &parts[i].job);
	}
	for (unsigned i = 0; i < threads; i++) {
		int got = job_join(pool, &parts[i].job);

		ret = ret ? ret : got;
	}
	pool_free(pool);
	free(parts);
	if (fd >= 0 && close(fd) && !ret)
		ret = fail_errno("cannot write '%s'", path);
	return ret;
}

/* Let a test change the tree: a line on stdin ends the wait. */
static void pause_for(int pause, const char *when)
{
	if (!pause)
		return;
	printf("%s\n", when);
	fflush(stdout);
	while (getchar() != '\n' && !feof(stdin))
		;
}

static int print_tree(struct dirtar *d, const char *algo)
{
	char hex[ID_HEX_MAX];
	struct id id;
	int ret;

	if (!algo)
		return 0;
	ret = dirtar_tree_id(d, id_algo_parse(algo), &id);
	if (ret >= 0)
		puts(ret ? id_hex(&id, hex) : "no tree");
	return MIN(ret, 0);
}

int test_dirtar(int argc, const char **argv)
{
	struct dirtar_opts dopts = { .keep_mtime = false };
	uint64_t step = PIECE_SIZE, threads = 1;
	int mtime = 0, mode = 0, pause = 0, plan = 0, ret;
	const char *tree = NULL, *hash = NULL;
	struct dirtar *d = NULL;
	const struct opt opts[] = {
		OPT_BOOL(0, "mtime", &mtime, "preserve mtime"),
		OPT_BOOL(0, "mode", &mode, "preserve mode"),
		OPT_BOOL(0, "pause", &pause, "before reading and rechecking"),
		OPT_BOOL(0, "plan", &plan, "print count and size only"),
		OPT_UINT(0, "step", &step, "n", "bytes a read"),
		OPT_UINT(0, "threads", &threads, "n", "that read"),
		OPT_STR(0, "tree", &tree, "algo", "print the tree id"),
		OPT_STR(0, "hash", &hash, "algo", "on the way"),
		OPT_END
	};
	static const char *const usage[] = {
		"test-tool tar create [<options>] <dir> [<out>|-]", NULL
	};

	argc = opt_parse(argc, argv, opts, usage);
	if (argc != 2 - plan)
		opt_usage(usage, opts, "a directory and a file");
	dopts.keep_mtime = mtime;
	dopts.keep_mode = mode;
	dopts.tree = hash ? id_algo_parse(hash) : ID_NONE;

	ret = dirtar_open(&d, argv[0], &dopts);
	pause_for(pause, "read");
	if (!ret && plan)
		printf("%" PRIu64 " %" PRIu64 "\n", dirtar_count(d),
		       dirtar_source(d).size);
	if (!ret && !plan)
		ret = write_tar(d, argv[1], (size_t)step, (unsigned)threads);
	if (!ret)
		ret = print_tree(d, tree);
	pause_for(pause, "recheck");
	if (!ret)
		ret = dirtar_recheck(d);
	if (ret)
		say("fatal: ", "%s", fail_text());
	dirtar_close(d);
	return ret ? fail_exit_code(ret) : 0;
}
