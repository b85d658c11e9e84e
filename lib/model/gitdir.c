#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "model/gitdir.h"

static void take_config(struct gitdir *g, const struct buf *text)
{
	const char *p = text->ptr, *end = p + text->len;

	for (; p < end; p += strlen(p) + 1) {
		/* "key\nvalue", or "key" alone for a bare boolean */
		const char *nl = strchr(p, '\n');

		strs_addn(&g->keys, p, nl ? (size_t)(nl - p) : strlen(p));
		strs_add(&g->values, nl ? nl + 1 : "true");
	}
}

/* It runs while rev-parse does: each takes 2 ms, most of it to start. */
static int start_config(struct child *config)
{
	static const char *const argv[] = {
		"git", "config", "-z", "--list", NULL
	};
	struct run run = { .argv = argv };

	return run_start(config, &run);
}

#define CONFIG_MAX ((size_t)1 << 30)

static int read_config(struct gitdir *g, struct child *config)
{
	struct buf text = BUF_INIT;
	ssize_t n;
	int ret = 0, status;

	do {
		buf_grow(&text, 16384);
		n = file_read_some(config->from, "git config",
				   text.ptr + text.len, 16384);
		if (n > 0)
			buf_setlen(&text, text.len + (size_t)n);
	} while (n > 0 && text.len < CONFIG_MAX);
	if (n)
		ret = n < 0 ? (int)n : fail(FAIL_FORMAT, "git config says too "
					    "much");
	status = run_stop(config);
	if (!ret && status)
		ret = status < 0 ? status :
		      fail(FAIL_REQUEST, "git config failed");
	if (!ret)
		take_config(g, &text);
	buf_release(&text);
	return ret;
}

/* Lines of rev-parse, in the order of the questions. */
static int take_answers(struct gitdir *g, const struct strs *lines)
{
	if (lines->n < 5)
		return fail(FAIL_SYSTEM, "cannot understand git rev-parse");
	g->dir = xstrdup(lines->v[0]);
	g->common = xstrdup(lines->v[1]);
	g->algo = id_algo_parse(lines->v[2]);
	if (!g->algo)
		return fail(FAIL_DENIED, "object format '%s' is not known; "
			    "it needs a newer medo", quoted(lines->v[2]));
	if (!strcmp(lines->v[3], "true") && lines->n > 5)
		g->top = xstrdup(lines->v[5]);
	g->prefix = xstrdup(lines->v[4]);
	return 0;
}

static void split_lines(const struct buf *text, struct strs *lines)
{
	const char *p = text->ptr, *nl;

	for (; (nl = strchr(p, '\n')); p = nl + 1)
		strs_addn(lines, p, (size_t)(nl - p));
}

/* Why not, in git's own words. */
static int why_not(void)
{
	static const char *const argv[] = { "git", "rev-parse", "--git-dir",
					    NULL };
	struct run run = { .argv = argv, .both = true };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 65536);
	size_t len = strcspn(out.ptr, "\n");

	if (ret < 0)
		goto out;
	out.ptr[len] = '\0';
	ret = fail(FAIL_REQUEST, "%s", len ?
		   quoted(starts_with(out.ptr, "fatal: ") ? out.ptr + 7 :
			  out.ptr) : "not a git repository");
out:
	buf_release(&out);
	return ret;
}

/* Its answer is not wanted any more; our failure stays. */
static void stop(struct child *child)
{
	char *why = xstrdup(fail_text());

	run_stop(child);
	fail_adopt(why);
	free(why);
}

int gitdir_open(struct gitdir *g, bool optional)
{
	/* The work tree's top comes last: in a bare repository it fails. */
	static const char *const argv[] = {
		"git", "rev-parse", "--path-format=absolute", "--git-dir",
		"--git-common-dir", "--show-object-format",
		"--is-inside-work-tree", "--show-prefix", "--show-toplevel",
		NULL
	};
	struct run run = { .argv = argv, .quiet = true };
	struct child config = CHILD_INIT;
	struct strs lines = STRS_INIT;
	struct buf out = BUF_INIT;
	int ret;

	/* git sets it for itself in submodules; rev-parse dies of it. */
	unsetenv("GIT_INTERNAL_SUPER_PREFIX");
	ret = start_config(&config);
	if (!ret)
		ret = run_capture(&run, &out, 1 << 20);
	if (ret < 0)
		goto out;
	split_lines(&out, &lines);
	if (lines.n >= 5)
		ret = take_answers(g, &lines);
	else
		ret = optional ? 0 : why_not();
	if (!ret)
		ret = read_config(g, &config);
out:
	if (ret)
		stop(&config);
	strs_release(&lines);
	buf_release(&out);
	return ret;
}

void gitdir_release(struct gitdir *g)
{
	free(g->top);
	free(g->dir);
	free(g->common);
	free(g->prefix);
	strs_release(&g->keys);
	strs_release(&g->values);
	*g = (struct gitdir)GITDIR_INIT;
}

const char *gitdir_get(const struct gitdir *g, const char *key)
{
	for (size_t i = g->keys.n; i-- > 0;)
		if (!strcmp(g->keys.v[i], key))
			return g->values.v[i];
	return NULL;
}

const char *gitdir_get_nth(const struct gitdir *g, const char *key, size_t n)
{
	for (size_t i = 0; i < g->keys.n; i++)
		if (!strcmp(g->keys.v[i], key) && !n--)
			return g->values.v[i];
	return NULL;
}

int size_parse(const char *text, uint64_t *out)
{
	unsigned long long n;
	unsigned shift = 0;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'm' || *end == 'M')
		shift = 20;
	else if (*end == 'g' || *end == 'G')
		shift = 30;
	if (shift)
		end++;
	if (errno || end == text || *end || *text == '-' ||
	    n > UINT64_MAX >> shift)
		return -1;
	*out = (uint64_t)n << shift;
	return 0;
}

int gitdir_get_u64(const struct gitdir *g, const char *key, uint64_t missing,
		   uint64_t *out)
{
	const char *value = gitdir_get(g, key);

	*out = missing;
	if (!value || !size_parse(value, out))
		return 0;
	return fail(FAIL_REQUEST, "git config %s: '%s' is not a number", key,
		    quoted(value));
}

int gitdir_get_bool(const struct gitdir *g, const char *key, bool missing,
		    bool *out)
{
	static const char *const words[] = {
		"false", "true", "no", "yes", "off", "on", "0", "1", "",
	};
	const char *value = gitdir_get(g, key);

	*out = missing;
	if (!value)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(value, words[i])) {
			*out = i % 2;
			return 0;
		}
	return fail(FAIL_REQUEST, "git config %s: '%s' is not a boolean", key,
		    quoted(value));
}

int gitdir_below_top(const struct gitdir *g, const char *path, char **out)
{
	size_t n = g->top ? strlen(g->top) : 0;
	char *abs;
	int ret = 0;

	*out = NULL;
	if (!path)
		return 0;
	if (!g->top) {
		/* In a bare repository there is nowhere else to be. */
		*out = xstrdup(path);
		return 0;
	}
	abs = file_absolute(path);
	if (strncmp(abs, g->top, n) || (abs[n] && abs[n] != '/' && n > 1))
		ret = fail(FAIL_REQUEST, "'%s' is not in the work tree '%s'",
			   quoted(path), quoted(g->top));
	else
		*out = xstrdup(abs + n + (abs[n] == '/'));
	free(abs);
	return ret;
}

/* From where we are: GIT_DIR and its kin may be relative to that. */
static int change(const char *key, const char *const *argv)
{
	struct run run = { .argv = argv };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 0);

	buf_release(&out);
	return ret > 0 ? fail(FAIL_SYSTEM, "git config cannot change '%s'",
			      key) : ret;
}

static bool holds(const struct gitdir *g, const char *key, const char *value)
{
	const char *have;

	for (size_t i = 0; (have = gitdir_get_nth(g, key, i)); i++)
		if (!strcmp(have, value))
			return true;
	return false;
}

int gitdir_add(struct gitdir *g, const char *key, const char *value,
	       bool global)
{
	const char *argv[] = { "git", "config", global ? "--global" : "--local",
			       "--add", key, value, NULL };
	int ret;

	if (holds(g, key, value))
		return 0;
	ret = change(key, argv);
	if (ret)
		return ret;
	strs_add(&g->keys, key);
	strs_add(&g->values, value);
	return 0;
}

int gitdir_remove(struct gitdir *g, const char *key, const char *value,
		  bool global)
{
	const char *argv[] = { "git", "config", global ? "--global" : "--local",
			       "--fixed-value", "--unset-all", key, value,
			       NULL };

	if (!holds(g, key, value))
		return fail(FAIL_MISSING, "'%s' is not in git config %s",
			    quoted(value), key);
	return change(key, argv);
}
