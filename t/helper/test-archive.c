#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/quote.h"
#include "codec/stream.h"
#include "codec/tar.h"
#include "codec/zip.h"
#include "medo/extract.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char *const usage[] = {
	"test-tool archive extract [<options>] <format> <file> <dir>",
	"test-tool archive list [<options>] <format> <file>",
	"test-tool archive cat <format> <file>",
	"test-tool archive sniff <file>...",
	NULL,
};

struct options {
	int preserve;
	int touch;
	int links_out;
	int keep_top;
	int single_top;
	uint64_t entries;
	uint64_t size;
	uint64_t depth;
	uint64_t block;		/* bytes fed at once; 0: a piece */
	uint64_t threads;
};

static int to_tar(void *data, struct block *block)
{
	return tar_feed(data, block);
}

static int to_stdout(void *data, struct block *block)
{
	(void)data;
	return file_write(STDOUT_FILENO, block->data, block->len);
}

static int open_file(const char *path, struct source *src, int *fd)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st))
		return fail_errno("cannot open '%s'", quoted(path));
	*src = source_fd(fd, (uint64_t)st.st_size, path);
	return 0;
}

/* Feed all of a file, through a decoder or not, into a sink. */
static int pump(const struct source *src, enum stream_kind kind,
		const struct sink *sink, size_t step)
{
	struct stream *stream = NULL;
	uint64_t off = 0;
	int ret = 0;

	if (kind != STREAM_NONE)
		ret = stream_new(&stream, kind, sink);
	while (!ret && off < src->size) {
		struct block *block = block_new();

		block->len = (size_t)MIN(step, src->size - off);
		ret = src->read(src->data, off, block->data, block->len);
		if (!ret)
			ret = stream ? stream_feed(stream, block) :
				       sink->take(sink->data, block);
		off += block->len;
		block_drop(block);
	}
	if (!ret && stream)
		ret = stream_finish(stream);
	stream_free(stream);
	return ret;
}

static int read_archive(const char *format, const struct source *src,
			const struct entry_handler *handler,
			const struct options *opts, bool *ours)
{
	const struct entry_limits limits = {
		.entries = opts->entries, .size = opts->size,
		.depth = (unsigned)opts->depth,
	};
	struct sink sink = { .take = to_tar };
	size_t step = opts->block ? (size_t)opts->block : PIECE_SIZE;
	struct tar *tar;
	int ret;

	if (!strcmp(format, "zip"))
		return zip_read(src, handler, &limits);
	tar = tar_new(handler, &limits);
	sink.data = tar;
	ret = pump(src, stream_of_format(format), &sink, step);
	if (!ret)
		ret = tar_finish(tar);
	*ours = !ret && tar_is_ours(tar);
	tar_free(tar);
	return ret;
}

static int say_failure(int ret)
{
	if (ret >= 0)
		return 0;
	say("error: ", "%s", fail_text());
	return fail_exit_code(ret);
}

static int extract(const char *format, const char *file, const char *dir,
		   const struct options *opts)
{
	const struct extract_opts eopts = {
		.preserve = opts->preserve, .touch = opts->touch,
		.links_out = opts->links_out, .names = opts->entries,
	};
	struct pool *pool = pool_new((unsigned)opts->threads);
	struct extract *extract = NULL;
	struct entry_handler handler;
	struct source src;
	int fd = -1, dirfd, ret;
	bool ours = false;

	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = dirfd < 0 ? fail_errno("cannot open '%s'", quoted(dir)) :
			  open_file(file, &src, &fd);
	if (!ret) {
		extract = extract_new(dirfd, pool, &eopts);
		handler = extract_handler(extract);
		ret = read_archive(format, &src, &handler, opts, &ours);
	}
	if (!ret && opts->keep_top)
		extract_keep_top(extract);
	if (!ret)
		ret = extract_finish(extract);
	if (!ret && opts->single_top) {
		const char *top = extract_single_top(extract);

		printf("%s\n", top ? top : "-");
	}
	extract_free(extract);
	pool_free(pool);
	if (fd >= 0)
		close(fd);
	if (dirfd >= 0)
		close(dirfd);
	return say_failure(ret);
}

static int print_entry(void *data, const struct entry *entry)
{
	static const char types[] = { 'f', 'd', 'l', 'h' };

	(void)data;
	printf("%c %04o %" PRIu64 " %" PRId64 " %s", types[entry->type],
	       entry->mode, entry->size, entry->mtime, quoted(entry->path));
	if (entry->link)
		printf(" -> %s", quoted(entry->link));
	putchar('\n');
	return 0;
}

static int list(const char *format, const char *file,
		const struct options *opts)
{
	const struct entry_handler handler = { .begin = print_entry };
	struct source src;
	bool ours = false;
	int fd, ret;

	ret = open_file(file, &src, &fd);
	if (!ret)
		ret = read_archive(format, &src, &handler, opts, &ours);
	if (fd >= 0)
		close(fd);
	return say_failure(ret);
}

/* The content of a compressed stream, tar or not. */
static int cat(const char *format, const char *file,
	       const struct options *opts)
{
	const struct sink sink = { .take = to_stdout };
	struct source src;
	int fd, ret;

	ret = open_file(file, &src, &fd);
	if (!ret)
		ret = pump(&src, stream_of_format(format), &sink,
			   opts->block ? (size_t)opts->block : PIECE_SIZE);
	if (fd >= 0)
		close(fd);
	return say_failure(ret);
}

static int sniff(const char **files)
{
	unsigned char *head = xmalloc(STREAM_SNIFF_SIZE);
	int fd, ret = 0;

	for (; *files && !ret; files++) {
		struct source src;
		const char *format;
		size_t len;

		ret = open_file(*files, &src, &fd);
		if (ret)
			break;
		len = (size_t)MIN(src.size, STREAM_SNIFF_SIZE);
		ret = src.read(src.data, 0, head, len);
		close(fd);
		if (ret)
			break;
		format = stream_sniff(head, len);
		printf("%s %s\n", *files, format ? format : "-");
	}
	free(head);
	return say_failure(ret);
}

int test_archive(int argc, const char **argv)
{
	struct options o = { .preserve = 0 };
	const struct opt opts[] = {
		OPT_BOOL(0, "preserve", &o.preserve, "modes as recorded"),
		OPT_BOOL(0, "touch", &o.touch, "mtimes: now"),
		OPT_BOOL(0, "links-out", &o.links_out, "allow links out"),
		OPT_BOOL(0, "keep-top", &o.keep_top, "the top stays"),
		OPT_BOOL(0, "single-top", &o.single_top, "print it"),
		OPT_UINT(0, "entries", &o.entries, "n", "limit"),
		OPT_UINT(0, "size", &o.size, "n", "limit"),
		OPT_UINT(0, "depth", &o.depth, "n", "limit"),
		OPT_UINT(0, "block", &o.block, "n", "bytes fed at once"),
		OPT_UINT(0, "threads", &o.threads, "n", "of the pool"),
		OPT_END,
	};

	argc = opt_parse(argc, argv, opts, usage);
	if (o.block > PIECE_SIZE)
		opt_usage(usage, opts, "a block has at most 262144 bytes");
	if (argc == 4 && !strcmp(argv[0], "extract"))
		return extract(argv[1], argv[2], argv[3], &o);
	if (argc == 3 && !strcmp(argv[0], "list"))
		return list(argv[1], argv[2], &o);
	if (argc == 3 && !strcmp(argv[0], "cat"))
		return cat(argv[1], argv[2], &o);
	if (argc > 1 && !strcmp(argv[0], "sniff"))
		return sniff(argv + 1);
	opt_usage(usage, opts, "what?");
}
