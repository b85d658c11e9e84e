#include "base/base.h"
#include "base/fail.h"
#include "base/run.h"
#include "medo/gate_int.h"

int gate_git(const char *const *argv, const struct buf *input,
	     struct buf *out, const char *why_not)
{
	struct run run = { .argv = argv };
	int ret;

	if (input) {
		run.input = input->ptr;
		run.input_len = input->len;
	}
	ret = run_capture(&run, out, 0);
	return ret > 0 ? fail(FAIL_REQUEST, "%s", why_not) : ret;
}

char *gate_line(const char *const *argv)
{
	struct run run = { .argv = argv, .quiet = true };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 65536);

	if (ret < 0)
		fail_clear();
	if (ret || !out.len) {
		buf_release(&out);
		return NULL;
	}
	buf_setlen(&out, strcspn(out.ptr, "\n"));
	return buf_detach(&out);
}

/* Words between blanks; at most `max` of them. */
static size_t split(char *text, char **words, size_t max)
{
	size_t n = 0;
	char *save;

	for (char *p = strtok_r(text, " ", &save); p && n < max;
	     p = strtok_r(NULL, " ", &save))
		words[n++] = p;
	return n;
}

#define MAX_PARENTS 64

/*
 * ":MODE MODE OID OID S", with a colon, a mode and an id more for each further
 * parent of a merge: what came of it is always the last.
 */
static int add_change(struct changes *c, const char *head, const char *up,
		      const char *path)
{
	char *words[2 * MAX_PARENTS + 4], *text;
	size_t parents = strspn(head, ":"), n;
	struct change *one;
	int ret = 0;

	if (parents > MAX_PARENTS)
		return fail(FAIL_REQUEST, "a merge of over %d parents",
			    MAX_PARENTS);
	text = xstrdup(head + parents);
	n = split(text, words, ARRAY_SIZE(words));
	if (n != 2 * parents + 3 ||
	    strlen(words[2 * parents + 1]) >= ID_HEX_MAX) {
		ret = fail(FAIL_SYSTEM, "cannot understand what git changed");
		goto out;
	}
	for (size_t i = 0; i < parents; i++)
		strs_add(&c->gone, words[parents + 1 + i]);
	if (!strcmp(words[parents], "000000"))
		goto out;
	ALLOC_GROW(c->v, c->n, c->cap);
	one = &c->v[c->n++];
	*one = (struct change){
		.commit = c->commits.n ? c->commits.v[c->commits.n - 1] : NULL,
		.path = xstrfmt("%s%s", up, path),
		.regular = starts_with(words[parents], "100"),
	};
	strcpy(one->hex, words[2 * parents + 1]);
out:
	free(text);
	return ret;
}

int changes_parse(struct changes *changes, const struct buf *text,
		  const char *up)
{
	const char *p = text->ptr, *end = p + text->len;
	int ret = 0;

	while (!ret && p < end) {
		const char *path = p + strlen(p) + 1;

		if (*p != ':') {
			strs_add(&changes->commits, p);
			p = path;
		} else if (path >= end) {
			ret = fail(FAIL_SYSTEM,
				   "cannot understand what git changed");
		} else {
			ret = add_change(changes, p, up, path);
			p = path + strlen(path) + 1;
		}
	}
	return ret;
}

void changes_release(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		free(changes->v[i].path);
	free(changes->v);
	strs_release(&changes->commits);
	strs_release(&changes->gone);
	*changes = (struct changes)CHANGES_INIT;
}

/* "path\0filter\0value\0" for each path, in the order of the questions. */
static int take_attrs(struct change *v, size_t n, const struct buf *out)
{
	const char *p = out->ptr, *end = p + out->len;

	for (size_t i = 0; i < n; i++) {
		const char *value;

		if (!v[i].regular)
			continue;
		if (p >= end || strcmp(p, v[i].path))
			return fail(FAIL_SYSTEM,
				    "cannot understand git check-attr");
		value = p + strlen(p) + 1;
		value += value < end ? strlen(value) + 1 : 0;
		if (value >= end)
			return fail(FAIL_SYSTEM,
				    "cannot understand git check-attr");
		v[i].filtered = !strcmp(value, "medo");
		p = value + strlen(value) + 1;
	}
	return 0;
}

int changes_ask_attr(struct change *v, size_t n, const char *index_file)
{
	char *env = index_file ? xstrfmt("GIT_INDEX_FILE=%s", index_file) :
		    NULL;
	const char *const argv[] = {
		"env", env, "git", "check-attr", "--stdin", "-z", "--cached",
		"filter", NULL
	};
	struct buf paths = BUF_INIT, out = BUF_INIT;
	int ret = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].regular)
			buf_add(&paths, v[i].path, strlen(v[i].path) + 1);
	if (paths.len)
		ret = gate_git(env ? argv : argv + 2, &paths, &out,
			       "git check-attr failed");
	if (!ret && paths.len)
		ret = take_attrs(v, n, &out);
	buf_release(&paths);
	buf_release(&out);
	free(env);
	return ret;
}

/* "OID TYPE SIZE\n", or "OID missing\n" */
int changes_ask_size(struct changes *changes)
{
	static const char *const argv[] = { "git", "cat-file", "--batch-check",
					    NULL };
	struct buf ids = BUF_INIT, out = BUF_INIT;
	const char *p;
	int ret = 0;

	for (size_t i = 0; i < changes->n; i++)
		if (changes->v[i].regular)
			buf_addf(&ids, "%s\n", changes->v[i].hex);
	if (ids.len)
		ret = gate_git(argv, &ids, &out, "git cat-file failed");
	p = out.ptr;
	for (size_t i = 0; !ret && i < changes->n; i++) {
		struct change *c = &changes->v[i];
		char type[16];

		if (!c->regular)
			continue;
		if (!starts_with(p, c->hex)) {
			ret = fail(FAIL_SYSTEM,
				   "cannot understand git cat-file");
			break;
		}
		c->there = sscanf(p + strlen(c->hex), " %15s %" SCNu64, type,
				  &c->size) == 2 && !strcmp(type, "blob");
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	buf_release(&ids);
	buf_release(&out);
	return ret;
}
