#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/opt.h"
#include "codec/gz.h"
#include "codec/gz_int.h"

#include <fcntl.h>
#include <sys/stat.h>

/*
 * Blob files, one step at a time.  What is a failure in the library is one
 * "error:" line here, and the exit code a command would have.
 */
static const char *const usage[] = {
	"test-tool gz write [options] IN OUT.gz\t(id seal size file-size)",
	"test-tool gz read [options] IN.gz\t(content)",
	"test-tool gz check [options] IN.gz\t(id seal size file-size)",
	"test-tool gz pread [--seal HEX] IN.gz OFFSET:LENGTH...",
	"test-tool gz facts IN.gz",
	"test-tool gz flip [--step N] IN.gz\t(each bit of a small file)",
	"test-tool gz cut IN.gz\t(each length of a small file)",
	NULL
};

struct args {
	const char *algo;
	const char *size;
	const char *seal;
	const char *id;
	uint64_t level;
	uint64_t threads;
	uint64_t max_size;
	uint64_t spill;
	uint64_t step;
	int serial;
	int inlined;
};

static int complain(int ret)
{
	fprintf(stderr, "error: %s\n", fail_text());
	return fail_exit_code(ret);
}

static void print_facts(const struct gz_facts *f)
{
	char id[ID_HEX_MAX], seal[SEAL_HEX_MAX];

	printf("%s %s %" PRIu64 " %" PRIu64 "\n",
	       f->id.algo ? id_hex(&f->id, id) : "-", seal_hex(&f->seal, seal),
	       f->size, f->file_size);
}

static uint64_t open_in(const char *path, int *fd)
{
	struct stat st;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st)) {
		perror(path);
		exit(128);
	}
	return (uint64_t)st.st_size;
}

/* A source that insists on being read in order. */
struct serial {
	int fd;
	uint64_t next;
};

static int read_serial(void *data, uint64_t off, void *buf, size_t len)
{
	struct serial *s = data;

	if (off != s->next)
		return fail(FAIL_REQUEST, "read out of order");
	s->next += len;
	return file_pread(s->fd, off, buf, len);
}

static int do_write(const struct args *a, const char *in, const char *out)
{
	const struct gz_write_opts opts = {
		.algo = id_algo_parse(a->algo), .level = (int)a->level,
	};
	struct pool *pool = a->inlined ? NULL : pool_new((unsigned)a->threads);
	struct serial serial = { .next = 0 };
	struct gz_facts facts;
	struct source src;
	int fd, ofd, ret;

	src = source_fd(&fd, open_in(in, &fd), in);
	if (a->size)
		src.size = strtoull(a->size, NULL, 10);
	if (a->serial) {
		serial.fd = fd;
		src.read = read_serial;
		src.data = &serial;
		src.serial = true;
	}
	ofd = open(out, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (ofd < 0) {
		perror(out);
		exit(128);
	}
	ret = a->spill ? gz_write_spill(ofd, out, &src, &opts, pool,
					(unsigned)a->spill, &facts) :
			 gz_write(ofd, out, &src, &opts, pool, &facts);
	if (ret < 0)
		ret = complain(ret);
	else
		print_facts(&facts);
	close(ofd);
	close(fd);
	pool_free(pool);
	return ret;
}

static int take_stdout(void *data UNUSED, struct block *block)
{
	return file_write(STDOUT_FILENO, block->data, block->len);
}

static void parse_expect(const struct args *a, struct gz_expect *expect,
			 uint64_t *size, struct seal *seal, struct id *id)
{
	expect->algo = id_algo_parse(a->algo);
	expect->max_size = a->max_size;
	if (a->size) {
		*size = strtoull(a->size, NULL, 10);
		expect->size = size;
	}
	if ((a->seal && seal_parse(seal, a->seal, strlen(a->seal))) ||
	    (a->id && id_parse(id, a->id, strlen(a->id)))) {
		fprintf(stderr, "error: bad --seal or --id\n");
		exit(129);
	}
	expect->seal = a->seal ? seal : NULL;
	expect->id = a->id ? id : NULL;
}

static int do_read(const struct args *a, const char *in, bool check)
{
	static const struct sink to_stdout = { .take = take_stdout };
	struct pool *pool = a->inlined ? NULL : pool_new((unsigned)a->threads);
	struct gz_expect expect = { .algo = ID_NONE };
	struct gz_facts facts;
	struct source src;
	struct gz *gz = NULL;
	struct seal seal;
	uint64_t size;
	struct id id;
	int fd, ret;

	parse_expect(a, &expect, &size, &seal, &id);
	src = source_fd(&fd, open_in(in, &fd), in);
	ret = gz_open(&gz, &src);
	if (!ret)
		ret = gz_read(gz, &expect, pool, check ? NULL : &to_stdout,
			      NULL, &facts);
	if (ret < 0)
		ret = complain(ret);
	else if (check)
		print_facts(&facts);
	gz_close(gz);
	close(fd);
	pool_free(pool);
	return ret;
}

static int pread_some(struct gz *gz, const struct seal *seal, const char *range)
{
	char *colon;
	uint64_t off = strtoull(range, &colon, 10);
	size_t len = *colon ? strtoull(colon + 1, NULL, 10) : 0;
	char *buf = xmalloc(len);
	int ret = gz_pread(gz, seal, off, buf, len);

	if (!ret)
		ret = file_write(STDOUT_FILENO, buf, len);
	free(buf);
	return ret;
}

static int do_pread(const struct args *a, int n, const char **args)
{
	struct gz_expect expect;
	struct source src;
	struct gz *gz = NULL;
	struct seal seal;
	uint64_t size;
	struct id id;
	int fd, ret;

	parse_expect(a, &expect, &size, &seal, &id);
	src = source_fd(&fd, open_in(args[0], &fd), args[0]);
	ret = gz_open(&gz, &src);
	for (int i = 1; !ret && i < n; i++)
		ret = pread_some(gz, a->seal ? &seal : NULL, args[i]);
	if (ret < 0)
		ret = complain(ret);
	gz_close(gz);
	close(fd);
	return ret;
}

static int do_facts(const char *in)
{
	char hex[SEAL_HEX_MAX];
	struct source src;
	struct gz *gz = NULL;
	int fd, ret;

	src = source_fd(&fd, open_in(in, &fd), in);
	ret = gz_open(&gz, &src);
	if (ret < 0)
		ret = complain(ret);
	else if (gz_seekable(gz))
		printf("seekable %" PRIu64 " %s\n", gz_size(gz),
		       seal_hex(gz_seal(gz), hex));
	else
		printf("foreign\n");
	gz_close(gz);
	close(fd);
	return ret;
}

/* All content in memory, for files made to be damaged. */
static int take_buf(void *data, struct block *block)
{
	buf_add(data, block->data, block->len);
	return 0;
}

static int read_memory(const struct buf *file, struct buf *content)
{
	struct memory memory = { .ptr = file->ptr, .len = file->len };
	struct source src = source_memory(&memory, "memory");
	struct sink sink = { .take = take_buf, .data = content };
	struct gz *gz = NULL;
	int ret;

	buf_reset(content);
	ret = gz_open(&gz, &src);
	if (!ret)
		ret = gz_read(gz, NULL, NULL, &sink, NULL, NULL);
	gz_close(gz);
	return ret;
}

struct tally {
	struct buf file;
	struct buf good;
	struct buf content;
	unsigned refused;
	unsigned same;
	unsigned wrong;
};

static void judge(struct tally *t, const char *what, size_t where)
{
	int ret = read_memory(&t->file, &t->content);

	if (ret == FAIL_CORRUPT || ret == FAIL_FORMAT) {
		t->refused++;
	} else if (!ret && t->content.len == t->good.len &&
		   !memcmp(t->content.ptr, t->good.ptr, t->good.len)) {
		t->same++;
	} else {
		t->wrong++;
		printf("%s %zu: %d\n", what, where, ret);
	}
}

static int do_damage(const struct args *a, const char *in, bool flip)
{
	struct tally t = {
		.file = BUF_INIT, .good = BUF_INIT, .content = BUF_INIT
	};
	size_t step = a->step ? a->step : 1, len;
	int ret = file_read(in, 64 << 20, &t.file);

	if (!ret)
		ret = read_memory(&t.file, &t.good);
	if (ret < 0)
		return complain(ret);
	len = t.file.len;
	for (size_t i = 0; flip && i < 8 * len; i += step) {
		t.file.ptr[i / 8] ^= (char)(1 << (i & 7));
		judge(&t, "bit", i);
		t.file.ptr[i / 8] ^= (char)(1 << (i & 7));
	}
	for (size_t i = 0; !flip && i < len; i += step) {
		t.file.len = i;
		judge(&t, "length", i);
	}
	printf("refused %u, same %u, wrong %u\n", t.refused, t.same, t.wrong);
	buf_release(&t.file);
	buf_release(&t.good);
	buf_release(&t.content);
	return 0;
}

int test_gz(int argc, const char **argv)
{
	struct args a = { .algo = "sha1" };
	const struct opt opts[] = {
		OPT_UINT('l', "level", &a.level, "n", "1 to 12"),
		OPT_UINT('j', "threads", &a.threads, "n", "threads"),
		OPT_UINT(0, "max-size", &a.max_size, "n", "limit"),
		OPT_UINT(0, "spill", &a.spill, "n", "groups of index kept"),
		OPT_UINT(0, "step", &a.step, "n", "only each n-th place"),
		OPT_STR(0, "algo", &a.algo, "name", "sha1, sha256, none"),
		OPT_STR(0, "size", &a.size, "n", "expected, or claimed"),
		OPT_STR(0, "seal", &a.seal, "hex", "expected"),
		OPT_STR(0, "id", &a.id, "hex", "expected"),
		OPT_BOOL(0, "serial", &a.serial, "a source that is serial"),
		OPT_BOOL(0, "inline", &a.inlined, "no pool at all"),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage);

	if (n == 3 && !strcmp(argv[0], "write"))
		return do_write(&a, argv[1], argv[2]);
	if (n == 2 && !strcmp(argv[0], "read"))
		return do_read(&a, argv[1], false);
	if (n == 2 && !strcmp(argv[0], "check"))
		return do_read(&a, argv[1], true);
	if (n >= 3 && !strcmp(argv[0], "pread"))
		return do_pread(&a, n - 1, argv + 1);
	if (n == 2 && !strcmp(argv[0], "facts"))
		return do_facts(argv[1]);
	if (n == 2 && !strcmp(argv[0], "flip"))
		return do_damage(&a, argv[1], true);
	if (n == 2 && !strcmp(argv[0], "cut"))
		return do_damage(&a, argv[1], false);
	opt_usage(usage, opts, "what to do?");
}
