#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack.h"
#include "silo/move.h"
#include "silo/table.h"

/*
 * test-tool table [--sha256] VERB ARGS
 *	merge OUT FILE...	.idx and .midx files become one .midx
 *	merge-without PACK OUT FILE...
 *	dump FILE		id, pack, offset, end of each
 *	find FILE		the same of ids from stdin; or "no"
 *	push URL N K SIZE SEED [DIR]	N packs of K contents, one after the other
 *	list URL		id, pack, offset, end of all in a silo
 *	state URL		live packs, packs of the midx, objects
 *	here TO FROM [JOBS [RATE]]	move_here() of "ID SIZE" lines
 *	there TO FROM...	move_there() of them
 */
static int open_file(struct midx **out, const char *path, enum id_algo algo)
{
	struct buf bytes = BUF_INIT;
	const char *base = file_basename(path);
	char *pack = xmemdup(base, strcspn(base, "."));
	int ret = file_read(path, (size_t)1 << 30, &bytes);

	if (!ret)
		ret = ends_with(path, ".idx") ?
		      midx_open_idx(out, &bytes, algo, pack) :
		      midx_open(out, &bytes, algo, path);
	buf_release(&bytes);
	free(pack);
	return ret;
}

static int merge(enum id_algo algo, const char *without, const char *out,
		 const char **paths)
{
	const struct midx *v[64];
	struct midx *m[64];
	struct strs gone = STRS_INIT;
	struct buf bytes = BUF_INIT;
	size_t n = 0;
	int ret = 0;

	if (without)
		strs_add(&gone, without);
	for (; !ret && *paths && n < 64; paths++) {
		ret = open_file(&m[n], *paths, algo);
		if (!ret) {
			v[n] = m[n];
			n++;
		}
	}
	if (!ret)
		ret = midx_merge(&bytes, algo, v, n, &gone);
	if (!ret)
		ret = temp_write(out, bytes.ptr, bytes.len, 0);
	while (n)
		midx_free(m[--n]);
	buf_release(&bytes);
	strs_release(&gone);
	return ret;
}

static void print_place(const struct midx *m, const struct id *id,
			const struct midx_place *at)
{
	char hex[ID_HEX_MAX];

	printf("%s %s %" PRIu64 " ", id_hex(id, hex), midx_pack(m, at->pack),
	       at->offset);
	if (at->next == UINT64_MAX)
		puts("last");
	else
		printf("%" PRIu64 "\n", at->next);
}

static int dump(enum id_algo algo, const char *path)
{
	struct midx *m = NULL;
	struct midx_place at;
	struct id id;
	int ret = open_file(&m, path, algo);

	for (size_t i = 0; !ret && i < midx_objects(m); i++) {
		midx_at(m, i, &id, &at);
		print_place(m, &id, &at);
	}
	midx_free(m);
	return ret;
}

static int find(enum id_algo algo, const char *path)
{
	struct midx *m = NULL;
	struct midx_place at;
	struct id id;
	char line[256];
	int ret = open_file(&m, path, algo);

	while (!ret && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (id_parse(&id, line, strlen(line)))
			ret = fail(FAIL_FORMAT, "'%s' is no id", quoted(line));
		else if (midx_find(m, &id, &at))
			print_place(m, &id, &at);
		else
			puts("no");
	}
	midx_free(m);
	return ret;
}

static int list_packs(const char *dir, struct strs *out)
{
	struct strs names = STRS_INIT;
	char *path = xstrfmt("%s/pack", dir);
	int ret = file_list(path, &names);

	for (size_t i = 0; !ret && i < names.n; i++)
		if (ends_with(names.v[i], ".pack"))
			strs_addn(out, names.v[i], strlen(names.v[i]) - 5);
	strs_release(&names);
	free(path);
	return ret;
}

static int push_one(struct table *table, enum id_algo algo, const char *dir,
		    uint64_t k, size_t size, uint64_t *x)
{
	uint64_t *words = xcalloc(size / 8 + 1, 8);
	struct stage stage = STAGE_INIT;
	struct packer *p = NULL;
	struct strs names = STRS_INIT;
	char hex[ID_HEX_MAX];
	struct id id;
	int ret = stage_open(&stage, dir);

	if (!ret)
		ret = packer_open(&p, stage_path(&stage), algo, 1, 0);
	for (uint64_t i = 0; ret >= 0 && i < k; i++) {
		for (size_t j = 0; j <= size / 8; j++) {
			*x ^= *x << 13;
			*x ^= *x >> 7;
			*x ^= *x << 17;
			words[j] = *x;
		}
		ret = packer_add(p, words, size, &id);
		if (ret >= 0)
			printf("%s %zu\n", id_hex(&id, hex), size);
	}
	if (ret >= 0)
		ret = packer_finish(p);
	if (!ret)
		ret = list_packs(stage_path(&stage), &names);
	if (!ret)
		ret = table_add(table, stage_path(&stage), &names);
	strs_release(&names);
	packer_free(p);
	stage_drop(&stage);
	free(words);
	return ret;
}

static int push(enum id_algo algo, const char **a)
{
	struct silo *silo = NULL;
	struct table *table = NULL;
	uint64_t n = strtoull(a[1], NULL, 10), k = strtoull(a[2], NULL, 10);
	uint64_t x = strtoull(a[4], NULL, 10) * 2654435769u + 88172645463325252u;
	int ret = silo_open(&silo, a[0], algo, SILO_ANY_ADDRESS);

	if (!ret)
		ret = table_open(&table, silo_backend(silo), algo);
	while (!ret && n--)
		ret = push_one(table, algo, a[5] ? a[5] : ".", k,
			       strtoull(a[3], NULL, 10), &x);
	table_close(table);
	silo_close(silo);
	return ret;
}

struct count {
	struct strs packs;
	size_t objects;
	bool print;
};

static int each(void *data, const struct id *id, const struct table_place *at)
{
	struct count *count = data;
	char hex[ID_HEX_MAX];

	count->objects++;
	if (!strs_has(&count->packs, at->pack))
		strs_add(&count->packs, at->pack);
	if (count->print)
		printf("%s %s %" PRIu64 " %" PRIu64 "\n", id_hex(id, hex),
		       at->pack, at->offset, at->end);
	return 0;
}

static int list(enum id_algo algo, const char *url, bool print)
{
	struct count count = { .packs = STRS_INIT, .print = print };
	struct silo *silo = NULL;
	struct table *table = NULL;
	int ret = silo_open(&silo, url, algo, SILO_ANY_ADDRESS);

	if (!ret)
		ret = table_open(&table, silo_backend(silo), algo);
	if (!ret)
		ret = table_each(table, each, &count);
	if (!ret && !print)
		printf("packs %zu objects %zu\n", count.packs.n, count.objects);
	strs_release(&count.packs);
	table_close(table);
	silo_close(silo);
	return ret;
}

static int read_items(struct move_item **out, uint64_t **sizes, size_t *n)
{
	size_t cap = 0;
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		char *space = strchr(line, ' ');
		struct move_item item = { .result = 0 };

		if (!space || id_parse(&item.expect.id, line,
				       (size_t)(space - line)))
			return fail(FAIL_FORMAT, "no id: '%s'", quoted(line));
		ALLOC_GROW(*out, *n, cap);
		*sizes = xrealloc(*sizes, cap, sizeof(**sizes));
		(*sizes)[*n] = strtoull(space, NULL, 10);
		(*out)[(*n)++] = item;
	}
	for (size_t i = 0; i < *n; i++)
		(*out)[i].expect.size = &(*sizes)[i];
	return 0;
}

static void print_results(const struct move_item *items, size_t n)
{
	size_t moved = 0, there = 0;
	char hex[ID_HEX_MAX];

	for (size_t i = 0; i < n; i++) {
		moved += items[i].result == 1;
		there += !items[i].result;
		if (items[i].result < 0)
			printf("%s %d %s\n", id_hex(&items[i].expect.id, hex),
			       items[i].result, items[i].why);
	}
	printf("moved %zu there %zu failed %zu\n", moved, there,
	       n - moved - there);
}

static int move(enum id_algo algo, bool here, int argc, const char **argv)
{
	struct silo *silos[8] = { NULL };
	struct move_item *items = NULL;
	uint64_t *sizes = NULL;
	struct move_opts opts = { .jobs = 0 };
	size_t n = 0, nsilos = 0;
	int ret = read_items(&items, &sizes, &n);
	int last = here ? MIN(argc, 2) : argc;

	for (int i = 0; !ret && i < last; i++)
		ret = silo_open(&silos[nsilos++], argv[i], algo,
				SILO_ANY_ADDRESS |
				(i ? 0 : SILO_CREATE | SILO_WRITE));
	if (here && argc > 2)
		opts.jobs = (unsigned)atoi(argv[2]);
	if (here && argc > 3)
		opts.rate = strtoull(argv[3], NULL, 10);
	opts.pool = pool_new(0);
	if (!ret)
		ret = here ? move_here(silos[0], silos[1], items, n, &opts) :
		      move_there(silos + 1, nsilos - 1, silos[0], items, n,
				 &opts);
	if (!ret)
		print_results(items, n);
	pool_free(opts.pool);
	move_release(items, n);
	while (nsilos)
		silo_close(silos[--nsilos]);
	free(items);
	free(sizes);
	return ret;
}

static int run(enum id_algo algo, int argc, const char **argv)
{
	const char *verb = argc ? argv[0] : "";

	if (argc >= 2 && !strcmp(verb, "merge"))
		return merge(algo, NULL, argv[1], argv + 2);
	if (argc >= 4 && !strcmp(verb, "merge-without"))
		return merge(algo, argv[1], argv[2], argv + 3);
	if (argc == 2 && !strcmp(verb, "dump"))
		return dump(algo, argv[1]);
	if (argc == 2 && !strcmp(verb, "find"))
		return find(algo, argv[1]);
	if (argc >= 6 && !strcmp(verb, "push"))
		return push(algo, argv + 1);
	if (argc == 2 && !strcmp(verb, "list"))
		return list(algo, argv[1], true);
	if (argc == 2 && !strcmp(verb, "state"))
		return list(algo, argv[1], false);
	if (argc >= 3 && (!strcmp(verb, "here") || !strcmp(verb, "there")))
		return move(algo, *verb == 'h', argc - 1, argv + 1);
	fprintf(stderr, "usage: test-tool table VERB ...\n");
	return 129;
}

int test_table(int argc, const char **argv)
{
	enum id_algo algo = ID_SHA1;
	int ret;

	argv++;
	argc--;
	if (argc && !strcmp(*argv, "--sha256")) {
		algo = ID_SHA256;
		argv++;
		argc--;
	}
	ret = run(algo, argc, argv);
	if (ret >= 0)
		return ret;
	stop_now();
	say("error: ", "%s", fail_text());
	return fail_exit_code(ret);
}
