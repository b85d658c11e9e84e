#include "base/base.h"
#include "base/fail.h"
#include "base/run.h"
#include "model/repo_int.h"

/* Objects asked for at once: their bytes are in memory together. */
#define BATCH 1000

struct small {
	char *hex;
	char *path;
};

/* "OID PATH\n"; commits have no path, trees are found out later. */
static void take_names(const struct buf *text, struct small **out, size_t *n)
{
	const char *p = text->ptr, *end = p + text->len, *nl, *sp;
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	for (; p < end && (nl = memchr(p, '\n', (size_t)(end - p)));
	     p = nl + 1) {
		sp = memchr(p, ' ', (size_t)(nl - p));
		if (!sp || sp + 1 == nl)
			continue;
		ALLOC_GROW(*out, *n, cap);
		(*out)[(*n)++] = (struct small){
			.hex = xmemdup(p, (size_t)(sp - p)),
			.path = xmemdup(sp + 1, (size_t)(nl - sp - 1)),
		};
	}
}

static int ask(const char *how, const struct small *v, size_t n,
	       struct buf *out)
{
	const char *const argv[] = { "git", "cat-file", how, NULL };
	struct run run = { .argv = argv };
	struct buf ids = BUF_INIT;
	int ret;

	for (size_t i = 0; i < n; i++)
		buf_addf(&ids, "%s\n", v[i].hex);
	run.input = ids.ptr;
	run.input_len = ids.len;
	ret = run_capture(&run, out, 0);
	buf_release(&ids);
	return ret > 0 ? fail(FAIL_SYSTEM, "git cat-file failed") : ret;
}

/* "OID TYPE SIZE\n": of a blob, its size; else -1. */
static int64_t blob_size(const char *line, const char *hex)
{
	size_t n = strlen(hex);

	if (strncmp(line, hex, n) || strncmp(line + n, " blob ", 6))
		return -1;
	return strtoll(line + n + 6, NULL, 10);
}

/* Those that may be pointers move to the front; how many. */
static int sift(struct small *v, size_t n, size_t *kept)
{
	struct buf out = BUF_INIT;
	int ret = ask("--batch-check", v, n, &out);
	const char *p = out.ptr;

	*kept = 0;
	for (size_t i = 0; !ret && i < n; i++) {
		int64_t size = blob_size(p, v[i].hex);

		if (size > 0 && (size <= SMALL_MAX ||
				 (size <= TREEPTR_MAX &&
				  ends_with(v[i].path, ".treeptr")))) {
			SWAP(v[*kept], v[i]);
			(*kept)++;
		}
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	buf_release(&out);
	return ret;
}

static int tell(const struct small *v, size_t n,
		int (*each)(void *data, const char *path, const char *text,
			    size_t len),
		void *data)
{
	struct buf out = BUF_INIT;
	int ret = ask("--batch", v, n, &out);
	const char *p = out.ptr, *end = p + out.len;

	for (size_t i = 0; !ret && i < n; i++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		int64_t size = nl ? blob_size(p, v[i].hex) : -1;
		char *text;

		if (size < 0 || size >= end - nl - 1) {
			ret = fail(FAIL_SYSTEM, "git cannot read object %s",
				   v[i].hex);
			break;
		}
		/* A NUL behind it, as parsers want. */
		text = xmemdup(nl + 1, (size_t)size);
		ret = each(data, v[i].path, text, (size_t)size);
		free(text);
		p = nl + 1 + size + 1;
	}
	buf_release(&out);
	return ret;
}

int repo_each_small(const char *const *revs, const char *dir,
		    int (*each)(void *data, const char *path,
				const char *text, size_t len),
		    void *data)
{
	const char **argv;
	struct run run;
	struct buf out = BUF_INIT;
	struct small *v = NULL;
	size_t n = 0, argc = 0;
	int ret;

	while (revs[n])
		n++;
	argv = xcalloc(n + 7, sizeof(*argv));
	run = (struct run){ .argv = argv };
	n = 0;
	argv[argc++] = "git";
	argv[argc++] = "rev-list";
	argv[argc++] = "--objects";
	argv[argc++] = "--filter=blob:limit=65537";
	while (*revs)
		argv[argc++] = *revs++;
	argv[argc++] = "--";
	argv[argc++] = dir;
	ret = run_capture(&run, &out, 0);
	if (ret > 0)
		ret = fail(FAIL_REQUEST, "git rev-list cannot walk there");
	if (!ret)
		take_names(&out, &v, &n);
	buf_release(&out);
	for (size_t i = 0; !ret && i < n; i += BATCH) {
		size_t kept;

		ret = sift(v + i, MIN(n - i, BATCH), &kept);
		if (!ret && kept)
			ret = tell(v + i, kept, each, data);
	}
	for (size_t i = 0; i < n; i++) {
		free(v[i].hex);
		free(v[i].path);
	}
	free(v);
	free(argv);
	return ret;
}
