#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "model/policy.h"
#include "model/treeptr.h"
#include "test-tool.h"

#include <time.h>

static int failed(int code)
{
	say("error: ", "%s", fail_text());
	return fail_exit_code(code);
}

/* The canonical spelling. */
static int do_format(int argc UNUSED, const char **argv)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf out = BUF_INIT;
	int ret = treeptr_load(&ptr, argv[1]);

	if (!ret) {
		treeptr_format(&ptr, &out);
		fwrite(out.ptr, 1, out.len, stdout);
	}
	buf_release(&out);
	treeptr_release(&ptr);
	return ret ? failed(ret) : 0;
}

static int do_show(int argc UNUSED, const char **argv)
{
	struct treeptr ptr = TREEPTR_INIT;
	char id[ID_HEX_MAX], tree[ID_HEX_MAX], seal[SEAL_HEX_MAX];
	struct buf text = BUF_INIT;
	int ret = treeptr_load(&ptr, argv[1]);

	if (!ret)
		ret = file_read(argv[1], TREEPTR_MAX, &text);
	if (!ret)
		printf("likely %d canonical %d archive %d\n"
		       "id %s\nsize %" PRIu64 "\nseal %s\nformat %s\n"
		       "tree %s\nprefix %s\n",
		       treeptr_likely(text.ptr, text.len),
		       treeptr_canonical(&ptr, text.ptr, text.len),
		       treeptr_is_archive(&ptr), id_hex(&ptr.id, id), ptr.size,
		       ptr.has_seal ? seal_hex(&ptr.seal, seal) : "-",
		       ptr.format ? ptr.format : "-",
		       ptr.has_tree ? id_hex(&ptr.tree, tree) : "-",
		       ptr.prefix ? ptr.prefix : "-");
	buf_release(&text);
	treeptr_release(&ptr);
	return ret ? failed(ret) : 0;
}

static int do_likely(int argc UNUSED, const char **argv)
{
	struct buf text = BUF_INIT;
	int ret = file_read(argv[1], (size_t)1 << 20, &text);

	if (!ret)
		printf("%d\n", treeptr_likely(text.ptr, text.len));
	buf_release(&text);
	return ret ? failed(ret) : 0;
}

/* FILE KEY VALUE [KEY VALUE]... */
static int do_meta(int argc, const char **argv)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf out = BUF_INIT;
	int ret = treeptr_load(&ptr, argv[1]);

	for (int i = 2; !ret && i + 1 < argc; i += 2)
		ret = treeptr_set_meta(&ptr, argv[i], argv[i + 1]);
	if (!ret) {
		treeptr_format(&ptr, &out);
		fwrite(out.ptr, 1, out.len, stdout);
	}
	buf_release(&out);
	treeptr_release(&ptr);
	return ret ? failed(ret) : 0;
}

/*
 * Cut the file at every byte, in memory that ends there; the lengths that are
 * taken for a treeptr.
 */
static int do_truncate(int argc UNUSED, const char **argv)
{
	struct buf text = BUF_INIT;
	int ret = file_read(argv[1], TREEPTR_MAX, &text);

	for (size_t n = 0; !ret && n <= text.len; n++) {
		struct treeptr ptr = TREEPTR_INIT;
		char *exact = malloc(n);
		int code;

		if (n)
			memcpy(exact, text.ptr, n);
		code = treeptr_parse(&ptr, exact, n, argv[1]);
		if (!code)
			printf("%zu\n", n);
		else if (code != FAIL_FORMAT)
			ret = code;
		free(exact);
		treeptr_release(&ptr);
	}
	if (!ret)
		printf("of %zu\n", text.len);
	buf_release(&text);
	return ret ? failed(ret) : 0;
}

/* A pointer that holds something keeps it when a parse fails. */
static int do_keep(int argc UNUSED, const char **argv)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf before = BUF_INIT, after = BUF_INIT;
	int ret = treeptr_load(&ptr, argv[1]);

	if (!ret) {
		treeptr_format(&ptr, &before);
		printf("%d ", treeptr_load(&ptr, argv[2]));
		treeptr_format(&ptr, &after);
		puts(strcmp(before.ptr, after.ptr) ? "changed" : "kept");
	}
	buf_release(&before);
	buf_release(&after);
	treeptr_release(&ptr);
	return ret ? failed(ret) : 0;
}

static int do_bench(int argc, const char **argv)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	long n = argc > 2 ? atol(argv[2]) : 100000;
	int ret = file_read(argv[1], TREEPTR_MAX, &text);
	clock_t start = clock();

	for (long i = 0; !ret && i < n; i++)
		ret = treeptr_parse(&ptr, text.ptr, text.len, argv[1]);
	if (!ret)
		printf("%.3f us a treeptr of %zu bytes\n",
		       (double)(clock() - start) / CLOCKS_PER_SEC * 1e6 /
		       (double)n, text.len);
	buf_release(&text);
	treeptr_release(&ptr);
	return ret ? failed(ret) : 0;
}

static int do_silos(int argc UNUSED, const char **argv)
{
	struct silo_list list = SILO_LIST_INIT;
	struct buf text = BUF_INIT;
	int ret = file_read(argv[1], (size_t)64 << 20, &text);

	if (!ret)
		ret = silo_list_parse(&list, text.ptr, text.len, argv[1]);
	buf_reset(&text);
	if (!ret) {
		silo_list_format(&list, &text);
		fwrite(text.ptr, 1, text.len, stdout);
	}
	buf_release(&text);
	silo_list_release(&list);
	return ret ? failed(ret) : 0;
}

static int do_policy(int argc UNUSED, const char **argv)
{
	struct policy policy = POLICY_INIT;
	struct buf text = BUF_INIT;
	int ret = file_read(argv[1], (size_t)64 << 20, &text);

	if (!ret)
		ret = policy_parse(&policy, text.ptr, text.len, argv[1]);
	if (!ret) {
		printf("mount %s\nsync %s\n",
		       policy.mount ? policy.mount : "-",
		       policy.sync == SYNC_CHECKOUT ? "checkout" : "manual");
		for (size_t i = 0; i < policy.include.n; i++)
			printf("include %s\n", policy.include.v[i]);
	}
	buf_release(&text);
	policy_release(&policy);
	return ret ? failed(ret) : 0;
}

static const struct {
	const char *name;
	int args;
	int (*fn)(int argc, const char **argv);
} verbs[] = {
	{ "bench", 2, do_bench },
	{ "format", 2, do_format },
	{ "keep", 3, do_keep },
	{ "likely", 2, do_likely },
	{ "meta", 2, do_meta },
	{ "policy", 2, do_policy },
	{ "show", 2, do_show },
	{ "silos", 2, do_silos },
	{ "truncate", 2, do_truncate },
};

int test_treeptr(int argc, const char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name) && argc > verbs[i].args)
			return verbs[i].fn(argc - 1, argv + 1);
	fprintf(stderr, "usage: test-tool treeptr <verb> FILE...\n");
	return 129;
}
