#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

/*
 * test-tool pack [--sha256] [--level N] [--durable] VERB DIR ARGS
 *	add DIR FILE...		one pack of them; "ID added" or "ID known" each
 *	noise DIR N SIZE	N contents of SIZE bytes, cheaply made
 *	text DIR FILE SIZE	FILE in parts of SIZE bytes
 *	die SIGNAL DIR FILE...	as add, but a signal instead of the end
 *	leave DIR FILE...	as add, but no finish
 *	recover DIR		the number of blobs
 *	has DIR ID...		1 or 0 each
 *	read DIR ID		the content
 *	reread DIR ID		is read, waits for a line, is read again
 *	list DIR		id, size, bytes, index of each
 *	check DIR		what is wrong
 *	take DIR TO|- ID...	packs_take()
 *	threads DIR		all ids, read by four threads at once
 */
struct opts {
	enum id_algo algo;
	int level;
	unsigned flags;
};

static int add_file(struct packer *p, const char *path)
{
	struct buf buf = BUF_INIT, back = BUF_INIT;
	char hex[ID_HEX_MAX];
	struct id id;
	int ret = file_read(path, SIZE_MAX / 2, &buf);

	if (!ret)
		ret = packer_add(p, buf.ptr, buf.len, &id);
	if (ret >= 0) {
		/* What a caller would say to git: it is safe now. */
		printf("%s %s\n", id_hex(&id, hex), ret ? "added" : "known");
		fflush(stdout);
		ret = !packer_has(p, &id) ? fail(FAIL_CORRUPT, "has it not") :
		      packer_read(p, &id, &back);
	}
	if (!ret && (back.len != buf.len || memcmp(back.ptr, buf.ptr, buf.len)))
		ret = fail(FAIL_CORRUPT, "reads back as something else");
	buf_release(&buf);
	buf_release(&back);
	return ret;
}

static int add_files(const struct opts *o, const char *dir, const char **paths,
		     int sig, bool finish)
{
	struct packer *p;
	int ret = packer_open(&p, dir, o->algo, o->level, o->flags), bad = 0;

	for (; !ret && *paths; paths++) {
		int one = add_file(p, *paths);

		/* A caller answers "error" and goes on. */
		if (one < 0)
			say("error: ", "%s", fail_text());
		bad |= one < 0;
	}
	if (sig)
		raise(sig);
	if (!ret && finish)
		ret = packer_finish(p);
	packer_free(p);
	stop_now();
	return ret ? ret : bad;
}

static int add_noise(const struct opts *o, const char *dir, uint64_t n,
		     size_t size)
{
	uint64_t *words = xcalloc(size / 8 + 1, 8), x = 88172645463325252u;
	struct packer *p;
	struct id id;
	int ret = packer_open(&p, dir, o->algo, o->level, o->flags);

	for (size_t i = 0; i <= size / 8; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
	for (uint64_t i = 0; ret >= 0 && i < n; i++) {
		words[0] = i;
		ret = packer_add(p, words, size, &id);
	}
	if (ret >= 0)
		ret = packer_finish(p);
	packer_free(p);
	free(words);
	return ret;
}

static int add_text(const struct opts *o, const char *dir, const char *path,
		    size_t size)
{
	struct buf buf = BUF_INIT;
	struct packer *p;
	struct id id;
	int ret = packer_open(&p, dir, o->algo, o->level, o->flags);

	if (!ret)
		ret = file_read(path, SIZE_MAX / 2, &buf);
	for (size_t at = 0; ret >= 0 && at < buf.len; at += size)
		ret = packer_add(p, buf.ptr + at, MIN(size, buf.len - at), &id);
	if (ret >= 0)
		ret = packer_finish(p);
	packer_free(p);
	buf_release(&buf);
	return ret;
}

static int parse_id(const char *hex, struct id *id)
{
	return id_parse(id, hex, strlen(hex)) ?
	       fail(FAIL_FORMAT, "'%s' is no id", hex) : 0;
}

static int has(struct packs *packs, const char **ids)
{
	struct id id;
	int ret = 0;

	for (; ret >= 0 && *ids; ids++) {
		ret = parse_id(*ids, &id);
		if (!ret)
			ret = packs_has(packs, &id);
		if (ret >= 0)
			printf("%d\n", ret);
	}
	return ret < 0 ? ret : 0;
}

static int read_id(struct packs *packs, const char *hex)
{
	struct buf out = BUF_INIT;
	struct id id;
	int ret = parse_id(hex, &id);

	if (!ret)
		ret = packs_read(packs, &id, 1 << 20, &out);
	if (!ret)
		fwrite(out.ptr, 1, out.len, stdout);
	fflush(stdout);
	buf_release(&out);
	return ret;
}

static int reread(struct packs *packs, const char *hex)
{
	char line[16];
	int ret = read_id(packs, hex);

	if (ret) {
		say("error: ", "%s", fail_text());
		fail_clear();
	}
	puts("--");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? read_id(packs, hex) : 128;
}

static int print_item(void *data, const struct pack_item *item)
{
	char hex[ID_HEX_MAX];

	printf("%s %" PRIu64 " %" PRIu64 " %s\n", id_hex(&item->id, hex),
	       item->size, item->stored, item->pack);
	/* Who is told may ask. */
	return packs_has(data, &item->id) == 1 ? 0 :
	       fail(FAIL_CORRUPT, "listed and not there");
}

static int tell_bad(void *data UNUSED, const char *name, const char *why)
{
	printf("bad %s: %s\n", name, why);
	return 0;
}

static int tell_strange(void *data UNUSED, const char *name, const char *why)
{
	printf("strange %s: %s\n", name, why);
	return 0;
}

static int check(int dirfd, const struct opts *o, bool quick)
{
	struct packs_check c = {
		.quick = quick, .bad = tell_bad, .strange = tell_strange,
	};
	int ret = packs_check(dirfd, o->algo, &c);

	printf("%" PRIu64 " blobs, %" PRIu64 " bytes\n", c.blobs, c.bytes);
	return ret;
}

static int collect(void *data, const struct pack_item *item)
{
	idset_add(data, &item->id);
	return 0;
}

struct reader {
	pthread_t thread;
	struct packs *packs;
	struct idset *ids;
	size_t read;
};

static void *read_all(void *data)
{
	struct reader *r = data;
	struct id none = { .algo = r->ids->ids[0].algo };
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < r->ids->n; i++) {
		buf_reset(&out);
		if (packs_has(r->packs, &r->ids->ids[i]) == 1 &&
		    !packs_has(r->packs, &none) &&
		    !packs_read(r->packs, &r->ids->ids[i], 1 << 20, &out))
			r->read++;
	}
	buf_release(&out);
	return NULL;
}

static int threads(struct packs *packs, int dirfd, const struct opts *o)
{
	struct idset ids = IDSET_INIT;
	struct reader r[4];
	struct packs *fresh = packs_open(dirfd, o->algo);
	int ret = packs_each(packs, collect, &ids);

	for (size_t i = 0; !ret && i < ARRAY_SIZE(r); i++) {
		r[i] = (struct reader){ .packs = fresh, .ids = &ids };
		pthread_create(&r[i].thread, NULL, read_all, &r[i]);
	}
	for (size_t i = 0; !ret && i < ARRAY_SIZE(r); i++) {
		pthread_join(r[i].thread, NULL);
		printf("%zu of %zu\n", r[i].read, ids.n);
	}
	packs_close(fresh);
	idset_release(&ids);
	return ret;
}

static int reading(const struct opts *o, const char *verb, const char *dir,
		   const char **args)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct packs *packs = packs_open(fd, o->algo);
	int ret = 129;

	if (!strcmp(verb, "has"))
		ret = has(packs, args);
	else if (!strcmp(verb, "read") && *args)
		ret = read_id(packs, *args);
	else if (!strcmp(verb, "reread") && *args)
		ret = reread(packs, *args);
	else if (!strcmp(verb, "list"))
		ret = packs_each(packs, print_item, packs);
	else if (!strcmp(verb, "check"))
		ret = check(fd, o, *args);
	else if (!strcmp(verb, "threads"))
		ret = threads(packs, fd, o);
	packs_close(packs);
	close(fd);
	return ret;
}

static int take(const struct opts *o, const char *dir, const char *to,
		const char **hex)
{
	struct idset ids = IDSET_INIT;
	struct id id;
	int ret = 0;

	for (; !ret && *hex; hex++) {
		ret = parse_id(*hex, &id);
		if (!ret)
			idset_add(&ids, &id);
	}
	if (!ret)
		ret = packs_take(dir, strcmp(to, "-") ? to : NULL, o->algo,
				 &ids, o->flags);
	idset_release(&ids);
	return ret;
}

static int run(const struct opts *o, int argc, const char **argv)
{
	int ret;

	if (argc == 2 && !strcmp(*argv, "recover")) {
		ret = pack_recover(argv[1], o->algo, o->flags);
		if (ret >= 0)
			printf("%d\n", ret);
		return MIN(ret, 0);
	}
	if (argc >= 2 && !strcmp(*argv, "add"))
		return add_files(o, argv[1], argv + 2, 0, true);
	if (argc >= 2 && !strcmp(*argv, "leave"))
		return add_files(o, argv[1], argv + 2, 0, false);
	if (argc >= 3 && !strcmp(*argv, "die"))
		return add_files(o, argv[2], argv + 3, atoi(argv[1]), false);
	if (argc == 4 && !strcmp(*argv, "noise"))
		return add_noise(o, argv[1], strtoull(argv[2], NULL, 10),
				 strtoull(argv[3], NULL, 10));
	if (argc == 4 && !strcmp(*argv, "text"))
		return add_text(o, argv[1], argv[2],
				strtoull(argv[3], NULL, 10));
	if (argc >= 3 && !strcmp(*argv, "take"))
		return take(o, argv[1], argv[2], argv + 3);
	return argc >= 2 ? reading(o, argv[0], argv[1], argv + 2) : 129;
}

int test_pack(int argc, const char **argv)
{
	struct opts o = { .algo = ID_SHA1, .level = 1 };
	int ret;

	for (argv++, argc--; argc && starts_with(*argv, "--"); argv++, argc--) {
		if (!strcmp(*argv, "--sha256")) {
			o.algo = ID_SHA256;
		} else if (!strcmp(*argv, "--durable")) {
			o.flags = TEMP_DURABLE;
		} else if (!strcmp(*argv, "--level") && argc > 1) {
			o.level = atoi(*++argv);
			argc--;
		}
	}
	ret = run(&o, argc, argv);
	if (ret == 129)
		fprintf(stderr, "usage: test-tool pack VERB DIR ...\n");
	if (ret >= 0)
		return ret;
	say("error: ", "%s", fail_text());
	return fail_exit_code(ret);
}
