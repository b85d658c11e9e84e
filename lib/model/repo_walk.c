#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/run.h"
#include "model/repo_int.h"

#define SUFFIX ".treeptr"

/*
 * `git rev-list --objects` names each blob once, by the first path that it
 * meets, cut at a newline: a copy of a treeptr under another name would hide
 * the treeptr.  So commits are asked for their changes: what any of them
 * reaches came in with one of them.
 */
struct names {
	const struct gitdir *g;
	int (*each)(void *data, const char *hex, const char *path);
	void *data;
	char *below;		/* pathspecs */
	char *itself;
	int ret;		/* of `each`, or of what is not understood */
};

static char *pathspec(const char *dir, const char *rest)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, ":(top,glob)");
	for (const char *p = dir; *p; p++) {
		if (strchr("*?[\\", *p))
			buf_addc(&out, '\\');
		buf_addc(&out, *p);
	}
	buf_addf(&out, "%s%s", *dir && *rest ? "/" : "", rest);
	return buf_detach(&out);
}

static bool is_pointer(const char *mode, const char *path)
{
	return starts_with(mode, "100") && ends_with(path, SUFFIX);
}

/* "MODE OID" or so, up to `end`, and the path: to `each`. */
static int tell(struct names *names, const char *oid, const char *end,
		const char *path)
{
	char *hex = xmemdup(oid, (size_t)(end - oid));
	int ret = names->each(names->data, hex, path);

	free(hex);
	return ret;
}

/* One of them: `head` up to its NUL, and the path behind. */
static int one_change(struct names *names, const char *head, const char *path)
{
	const char *mode = head, *status = strrchr(head, ' '), *oid = status;
	size_t parents = strspn(head, ":");

	if (!parents)
		return fail(FAIL_SYSTEM, "cannot understand git diff-tree");
	for (size_t i = 0; mode && i < parents; i++)
		mode = strchr(mode + (i ? 1 : parents), ' ');
	while (oid && oid > head && oid[-1] != ' ')
		oid--;
	if (!mode || !status || !is_pointer(mode + 1, path))
		return 0;
	return tell(names, oid, status, path);
}

/*
 * ":MODE MODE OID OID S\0PATH\0", with a colon, a mode and an id more for
 * each further parent of a merge: what came of it is always the last.
 */
static size_t take_changes(void *data, const char *text, size_t len)
{
	struct names *names = data;
	const char *p = text, *end = p + len, *path, *nul;

	for (; (path = memchr(p, '\0', (size_t)(end - p))); p = nul + 1) {
		path++;
		nul = memchr(path, '\0', (size_t)(end - path));
		if (!nul)
			break;
		names->ret = one_change(names, p, path);
		if (names->ret)
			return RUN_ENOUGH;
	}
	return (size_t)(p - text);
}

/* "MODE OID STAGE\tPATH\0" */
static size_t take_staged(void *data, const char *text, size_t len)
{
	struct names *names = data;
	const char *p = text, *end = p + len, *nul;

	for (; (nul = memchr(p, '\0', (size_t)(end - p))); p = nul + 1) {
		const char *oid = strchr(p, ' '), *tab = strchr(p, '\t');

		if (!oid || !tab || !is_pointer(p, tab + 1))
			continue;
		oid++;
		names->ret = tell(names, oid, oid + strcspn(oid, " "),
				  tab + 1);
		if (names->ret)
			return RUN_ENOUGH;
	}
	return (size_t)(p - text);
}

static int git_each(const char *const *argv, const struct buf *input,
		    size_t (*take)(void *data, const char *text, size_t len),
		    struct names *names, const char *why_not)
{
	struct run run = { .argv = argv, .env = RUN_UNFLUSHED };
	int ret;

	if (input) {
		run.input = input->ptr;
		run.input_len = input->len;
	}
	names->ret = 0;
	ret = run_each(&run, take, names);
	if (ret > 0)
		return fail(FAIL_REQUEST, "%s", why_not);
	return ret ? ret : names->ret;
}

/* Nothing but an id may be said by standard input, and no "--not". */
static bool is_id(const char *rev)
{
	size_t n;

	rev += *rev == '^';
	n = strspn(rev, "0123456789abcdef");
	return !rev[n] && (n == 40 || n == 64);
}

/* A command line has an end; there may be ids of a hundred thousand refs. */
int repo_rev_list(const char *const *how, const char *const *revs,
		  const char *const *paths,
		  size_t (*take)(void *data, const char *text, size_t len),
		  void *data)
{
	struct buf ids = BUF_INIT;
	struct strs argv = STRS_INIT;
	struct run run = { .env = RUN_UNFLUSHED };
	bool not = false;
	int ret;

	strs_add(&argv, "git");
	strs_add(&argv, "rev-list");
	while (*how)
		strs_add(&argv, *how++);
	for (; *revs; revs++) {
		not ^= !strcmp(*revs, "--not");
		if (is_id(*revs))
			buf_addf(&ids, "%s%s\n", not && **revs != '^' ? "^" :
				 "", *revs + (not && **revs == '^'));
		else
			strs_add(&argv, *revs);
	}
	/* Behind --ignore-missing, which counts from there on. */
	strs_add(&argv, "--stdin");
	strs_add(&argv, "--");
	while (*paths)
		strs_add(&argv, *paths++);
	run.argv = strs_argv(&argv);
	run.input = ids.ptr;
	run.input_len = ids.len;
	ret = run_each(&run, take, data);
	if (ret > 0)
		ret = fail(FAIL_REQUEST, "git rev-list cannot walk there");
	strs_release(&argv);
	buf_release(&ids);
	return ret;
}

static size_t take_all(void *data, const char *text, size_t len)
{
	buf_add(data, text, len);
	return len;
}

static int walk_history(struct names *names, const char *const *revs)
{
	static const char *const how[] = { "--full-history", NULL };
	const char *const paths[] = { names->below, names->itself, NULL };
	const char *const diff[] = {
		"git", "diff-tree", "--stdin", "--root", "-r", "-c", "-z",
		"--raw", "--no-abbrev", "--no-commit-id", "--no-renames", "--",
		names->below, names->itself, NULL
	};
	struct buf commits = BUF_INIT;
	int ret = repo_rev_list(how, revs, paths, take_all, &commits);

	if (!ret && commits.len)
		ret = git_each(diff, &commits, take_changes, names,
			       "git diff-tree cannot compare");
	buf_release(&commits);
	return ret;
}

static int walk_index(struct names *names, const char *gitdir)
{
	char *dir = xstrfmt("--git-dir=%s", gitdir);
	char *top = xstrfmt("--work-tree=%s", names->g->top ? names->g->top :
			    gitdir);
	const char *const argv[] = {
		"git", dir, top, "ls-files", "-s", "-z", "--full-name", "--",
		names->below, names->itself, NULL
	};
	char *index = xstrfmt("%s/index", gitdir);
	int ret = file_exists(index);

	if (ret > 0)
		ret = git_each(argv, NULL, take_staged, names,
			       "git ls-files cannot list there");
	free(index);
	free(top);
	free(dir);
	return ret;
}

/* That of each work tree. */
static int walk_indexes(struct names *names)
{
	char *worktrees = xstrfmt("%s/worktrees", names->g->common);
	struct strs list = STRS_INIT;
	int ret = file_list(worktrees, &list);

	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	if (!ret)
		ret = walk_index(names, names->g->dir);
	if (!ret && strcmp(names->g->dir, names->g->common))
		ret = walk_index(names, names->g->common);
	for (size_t i = 0; !ret && i < list.n; i++) {
		char *one = xstrfmt("%s/%s", worktrees, list.v[i]);

		if (strcmp(one, names->g->dir))
			ret = walk_index(names, one);
		free(one);
	}
	strs_release(&list);
	free(worktrees);
	return ret;
}

int repo_each_name(const struct gitdir *g, const char *const *revs,
		   const char *dir,
		   int (*each)(void *data, const char *hex, const char *path),
		   void *data)
{
	struct names names = { .g = g, .each = each, .data = data };
	const char **commits;
	bool indexes = false;
	size_t n = 0;
	int ret = 0;

	while (revs[n])
		n++;
	commits = xcalloc(n + 1, sizeof(*commits));
	n = 0;
	dir = dir ? dir : "";
	names.below = pathspec(dir, "**/*" SUFFIX);
	names.itself = ends_with(dir, SUFFIX) ? pathspec(dir, "") : NULL;
	for (; *revs; revs++) {
		if (!strcmp(*revs, "--indexed-objects"))
			indexes = true;
		else
			commits[n++] = *revs;
	}
	if (indexes)
		ret = walk_indexes(&names);
	if (!ret && n)
		ret = walk_history(&names, commits);
	free(names.below);
	free(names.itself);
	free(commits);
	return ret;
}
