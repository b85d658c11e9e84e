#include "base/base.h"
#include "base/fail.h"
#include "base/run.h"
#include "model/repo_int.h"

/* Asked for at once: lines about objects; the bytes of objects, in memory. */
#define SIFT_AT_ONCE ((size_t)16384)
#define BYTES_AT_ONCE ((int64_t)8 << 20)
#define FEW 32

struct small {
	char *hex;
	char *path;
	int64_t size;
};

static int ask(const char *how, const struct small *v, size_t n,
	       struct buf *out)
{
	/* Not flushed behind each object. */
	const char *const argv[] = { "git", "cat-file", how, "--buffer", NULL };
	struct run run = { .argv = argv, .at_end = true };
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

/*
 * "OID TYPE SIZE\n" of an object: how many bytes it has; -1: it is missing.
 * `may`: a pointer may be in it.
 */
static int64_t read_head(const char *line, const struct small *one, bool *may)
{
	size_t n = strlen(one->hex);
	char type[16], head[64];
	int64_t size;

	*may = false;
	if (strncmp(line, one->hex, n))
		return -1;
	/* sscanf looks for the end of all that it is given. */
	snprintf(head, sizeof(head), "%.*s", (int)strcspn(line + n, "\n"),
		 line + n);
	if (sscanf(head, " %15s %" SCNd64, type, &size) != 2 || size < 0)
		return -1;
	*may = !strcmp(type, "blob") && size &&
	       (size <= SMALL_MAX || (size <= TREEPTR_MAX &&
				      ends_with(one->path, ".treeptr")));
	return size;
}

/* Those that may be pointers move to the front; how many. */
static int sift(struct small *v, size_t n, size_t *kept)
{
	struct buf out = BUF_INIT;
	int ret = ask("--batch-check", v, n, &out);
	const char *p = out.ptr;

	*kept = 0;
	for (size_t i = 0; !ret && i < n; i++) {
		bool may;

		v[i].size = read_head(p, &v[i], &may);
		if (v[i].size >= 0 && may) {
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
		bool may;
		int64_t size = nl ? read_head(p, &v[i], &may) : -1;
		char *text;

		if (!nl || size >= end - nl - 1) {
			ret = fail(FAIL_SYSTEM, "git cannot read object %s",
				   v[i].hex);
			break;
		}
		p = nl + 1;
		if (size < 0)
			continue;
		if (may) {
			/* A NUL behind it, as parsers want. */
			text = xmemdup(p, (size_t)size);
			ret = each(data, v[i].path, text, (size_t)size);
			free(text);
		}
		p += size + 1;
	}
	buf_release(&out);
	return ret;
}

/* Of a few objects it is cheaper to read them all than to ask twice. */
static int tell_batch(struct small *v, size_t n,
		      int (*each)(void *data, const char *path,
				  const char *text, size_t len),
		      void *data)
{
	size_t kept = n, from = 0;
	int ret = n > FEW ? sift(v, n, &kept) : 0;

	while (!ret && from < kept) {
		int64_t bytes = v[from].size;
		size_t to = from + 1;

		while (to < kept && bytes + v[to].size <= BYTES_AT_ONCE)
			bytes += v[to++].size;
		ret = tell(v + from, to - from, each, data);
		from = to;
	}
	return ret;
}

/* What rev-list says, batch by batch: a history may name millions. */
struct sieve {
	struct small v[SIFT_AT_ONCE];
	size_t n;
	int (*each)(void *data, const char *path, const char *text,
		    size_t len);
	void *data;
	int ret;
};

static void forget(struct sieve *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].hex);
		free(s->v[i].path);
	}
	s->n = 0;
}

/* "OID PATH\n"; commits have no path, trees are found out later. */
static size_t take_names(void *data, const char *text, size_t len)
{
	struct sieve *s = data;
	const char *p = text, *end = p + len, *nl, *sp;

	for (; (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
		sp = memchr(p, ' ', (size_t)(nl - p));
		if (!sp || sp + 1 == nl)
			continue;
		s->v[s->n++] = (struct small){
			.hex = xmemdup(p, (size_t)(sp - p)),
			.path = xmemdup(sp + 1, (size_t)(nl - sp - 1)),
		};
		if (s->n < SIFT_AT_ONCE)
			continue;
		s->ret = tell_batch(s->v, s->n, s->each, s->data);
		forget(s);
		if (s->ret)
			return RUN_ENOUGH;
	}
	return (size_t)(p - text);
}

int repo_each_small(const char *const *revs, const char *dir,
		    int (*each)(void *data, const char *path,
				const char *text, size_t len),
		    void *data)
{
	static const char *const how[] = {
		"--objects", "--filter=blob:limit=65537", NULL
	};
	const char *const paths[] = { dir && *dir ? dir : NULL, NULL };
	struct sieve *sieve = xcalloc(1, sizeof(*sieve));
	int ret;

	sieve->each = each;
	sieve->data = data;
	ret = repo_rev_list(how, revs, paths, take_names, sieve);
	if (!ret)
		ret = sieve->ret;
	if (!ret)
		ret = tell_batch(sieve->v, sieve->n, each, data);
	forget(sieve);
	free(sieve);
	return ret;
}
