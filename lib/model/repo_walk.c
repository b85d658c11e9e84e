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

static int git(const char *const *argv, const struct buf *input,
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

static bool is_pointer(const char *mode, const char *path)
{
	return starts_with(mode, "100") && ends_with(path, SUFFIX);
}

/*
 * ":MODE MODE OID OID S\0PATH\0", with a colon, a mode and an id more for
 * each further parent of a merge: what came of it is always the last.
 */
static int each_change(struct names *names, const struct buf *text)
{
	const char *p = text->ptr, *end = p + text->len;
	int ret = 0;

	while (!ret && p < end) {
		const char *path = p + strlen(p) + 1, *mode = p, *status;
		char *hex;
		size_t parents = strspn(p, ":");

		if (!parents || path >= end)
			return fail(FAIL_SYSTEM,
				    "cannot understand git diff-tree");
		status = strrchr(p, ' ');
		for (size_t i = 0; mode && i < parents; i++)
			mode = strchr(mode + (i ? 1 : parents), ' ');
		for (p = status; p && p > text->ptr && p[-1] != ' '; p--)
			;
		if (mode && status && is_pointer(mode + 1, path)) {
			hex = xmemdup(p, (size_t)(status - p));
			ret = names->each(names->data, hex, path);
			free(hex);
		}
		p = path + strlen(path) + 1;
	}
	return ret;
}

static int walk_history(struct names *names, const char *const *revs)
{
	const char **list;
	const char *const diff[] = {
		"git", "diff-tree", "--stdin", "--root", "-r", "-c", "-z",
		"--raw", "--no-abbrev", "--no-commit-id", "--no-renames", "--",
		names->below, names->itself, NULL
	};
	struct buf commits = BUF_INIT, changes = BUF_INIT;
	size_t n = 0;
	int ret;

	while (revs[n])
		n++;
	list = xcalloc(n + 7, sizeof(*list));
	list[0] = "git";
	list[1] = "rev-list";
	list[2] = "--full-history";
	memcpy(list + 3, revs, n * sizeof(*revs));
	n += 3;
	list[n++] = "--";
	list[n++] = names->below;
	list[n++] = names->itself;
	ret = git(list, NULL, &commits, "git rev-list cannot walk there");
	if (!ret && commits.len)
		ret = git(diff, &commits, &changes,
			  "git diff-tree cannot compare");
	if (!ret)
		ret = each_change(names, &changes);
	buf_release(&commits);
	buf_release(&changes);
	free(list);
	return ret;
}

/* "MODE OID STAGE\tPATH\0" */
static int each_staged(struct names *names, const struct buf *text)
{
	const char *p = text->ptr, *end = p + text->len;
	int ret = 0;

	for (; !ret && p < end; p += strlen(p) + 1) {
		const char *oid = strchr(p, ' '), *tab = strchr(p, '\t');
		char *hex;

		if (!oid || !tab || !is_pointer(p, tab + 1))
			continue;
		hex = xmemdup(oid + 1, strcspn(oid + 1, " "));
		ret = names->each(names->data, hex, tab + 1);
		free(hex);
	}
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
	struct buf out = BUF_INIT;
	int ret = file_exists(index);

	if (ret > 0)
		ret = git(argv, NULL, &out, "git ls-files cannot list there");
	if (!ret)
		ret = each_staged(names, &out);
	buf_release(&out);
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
