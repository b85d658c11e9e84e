#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/opt.h"
#include "base/quote.h"
#include "codec/id.h"
#include "codec/tar.h"
#include "test-tool.h"

#include <fcntl.h>

/* One line an entry: type, mode, size, mtime, path, link, blob id. */
struct list {
	struct buf line;
	struct hash hash;
	uint64_t left;
	int with_hash;
	bool is_file;
	int unended;
};

static int list_begin(void *data, const struct entry *entry)
{
	struct list *list = data;
	struct buf *line = &list->line;

	list->unended++;
	list->is_file = entry->type == ENTRY_FILE;
	list->left = entry->size;
	if (list->is_file && list->with_hash)
		hash_init_object(&list->hash, ID_SHA1, "blob", entry->size);
	buf_reset(line);
	buf_addf(line, "%c %04o %" PRIu64 " %" PRId64, "fdlh"[entry->type],
		 entry->mode, entry->size, entry->mtime);
	if (entry->mtime_nsec)
		buf_addf(line, ".%09u", entry->mtime_nsec);
	buf_addc(line, ' ');
	quote_add(line, entry->path, strlen(entry->path));
	if (entry->link) {
		buf_adds(line, " -> ");
		quote_add(line, entry->link, strlen(entry->link));
	}
	return 0;
}

static int list_content(void *data, struct block *block, size_t off,
			size_t len)
{
	struct list *list = data;

	if (!len || len > list->left || off + len > block->len)
		return fail(FAIL_REQUEST, "content out of bounds");
	list->left -= len;
	if (list->with_hash)
		hash_add(&list->hash, block->data + off, len);
	return 0;
}

static int list_end(void *data)
{
	struct list *list = data;
	char hex[ID_HEX_MAX];
	struct id id;

	if (list->left)
		return fail(FAIL_REQUEST, "the end before all content");
	list->unended--;
	if (list->is_file && list->with_hash) {
		hash_final(&list->hash, &id);
		buf_addf(&list->line, " %s", id_hex(&id, hex));
	}
	puts(list->line.ptr);
	return 0;
}

/* Each block is one of its own, so that a read past it is noticed. */
static int feed_file(struct tar *tar, int fd, size_t step)
{
	for (;;) {
		struct block *block = block_new();
		ssize_t n;
		int ret;

		block->data = xrealloc(block->data, step, 1);
		n = read(fd, block->data, step);
		block->len = n > 0 ? (size_t)n : 0;
		ret = n < 0 ? fail_errno("cannot read") :
		      n ? tar_feed(tar, block) : 0;
		block_drop(block);
		if (ret || !n)
			return ret;
	}
}

static int do_list(int argc, const char **argv)
{
	struct list list = { .line = BUF_INIT };
	struct entry_handler handler = { list_begin, list_content, list_end,
					 &list };
	uint64_t step = PIECE_SIZE, entries = 0, size = 0, depth = 0;
	int show_ours = 0, fd, ret;
	const struct opt opts[] = {
		OPT_UINT(0, "feed", &step, "n", "bytes a block"),
		OPT_UINT(0, "entries", &entries, "n", "limit"),
		OPT_UINT(0, "size", &size, "n", "limit"),
		OPT_UINT(0, "depth", &depth, "n", "limit"),
		OPT_BOOL(0, "hash", &list.with_hash, "blob ids of contents"),
		OPT_BOOL(0, "ours", &show_ours, "say whether we wrote it"),
		OPT_END
	};
	static const char *const usage[] = {
		"test-tool tar list [<options>] <file>", NULL
	};
	struct entry_limits limits;
	struct tar *tar;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "one file");
	limits = (struct entry_limits){ entries, size, (unsigned)depth };
	tar = tar_new(&handler, &limits);
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? fail_errno("cannot open '%s'", quoted(argv[0])) :
		       feed_file(tar, fd, (size_t)step);
	if (!ret)
		ret = tar_finish(tar);
	if (!ret && list.unended)
		ret = fail(FAIL_REQUEST, "an entry had no end");
	if (ret)
		say("error: ", "%s", fail_text());
	if (show_ours)
		puts(tar_is_ours(tar) ? "ours" : "foreign");
	if (fd >= 0)
		close(fd);
	tar_free(tar);
	buf_release(&list.line);
	return ret ? fail_exit_code(ret) : 0;
}

/* Arguments: type mode size mtime nsec path link; the header to stdout. */
static int do_header(int argc, const char **argv)
{
	struct buf out = BUF_INIT;
	struct entry entry;
	const char *type;

	if (argc != 8 || !(type = strchr("fdlh", argv[1][0])))
		return 129;
	entry = (struct entry){
		.type = (enum entry_type)(type - "fdlh"),
		.mode = (unsigned)strtoul(argv[2], NULL, 8),
		.size = strtoull(argv[3], NULL, 10),
		.mtime = strtoll(argv[4], NULL, 10),
		.mtime_nsec = (uint32_t)strtoul(argv[5], NULL, 10),
		.path = argv[6], .link = argv[7],
	};
	tar_add_header(&out, &entry);
	if (tar_header_size(&entry) != out.len)
		return 1;
	fwrite(out.ptr, 1, out.len, stdout);
	buf_release(&out);
	return 0;
}

/* Arguments: type (f d l h) and paths; a line of verdict for each. */
static int do_path(int argc, const char **argv)
{
	const char *type;
	int bad = 0;

	if (argc < 2 || !(type = strchr("fdlh", argv[1][0])))
		return 129;
	for (int i = 2; i < argc; i++) {
		int ret = entry_check_path(argv[i], strlen(argv[i]),
					   (enum entry_type)(type - "fdlh"));

		puts(ret ? fail_text() : "ok");
		bad |= ret;
	}
	return bad ? 1 : 0;
}

int test_tar(int argc, const char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "list"))
		return do_list(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "header"))
		return do_header(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "path"))
		return do_path(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "create"))
		return test_dirtar(argc - 1, argv + 1);
	fprintf(stderr, "usage: test-tool tar list|header|path|create ...\n");
	return 129;
}
