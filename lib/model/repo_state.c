#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "model/repo_int.h"

#include <sys/stat.h>

/* A list of a hundred thousand commits to pick has 10 MiB. */
#define STATE_MAX ((size_t)64 << 20)
#define REFS_DEEP 16

/* In which git keeps, below a git directory, what it is in the middle of. */
static const char *const files[] = {
	"HEAD", "BISECT_HEAD", "CHERRY_PICK_HEAD", "MERGE_AUTOSTASH",
	"MERGE_HEAD", "REBASE_HEAD", "REVERT_HEAD",
	"rebase-merge/amend", "rebase-merge/autostash", "rebase-merge/done",
	"rebase-merge/git-rebase-todo", "rebase-merge/onto",
	"rebase-merge/orig-head", "rebase-merge/rewritten-list",
	"rebase-merge/rewritten-pending", "rebase-merge/squash-onto",
	"rebase-merge/stopped-sha", "rebase-merge/update-refs",
	"rebase-apply/autostash", "rebase-apply/onto",
	"rebase-apply/orig-head", "rebase-apply/original-commit",
	"rebase-apply/rewritten",
	"sequencer/abort-safety", "sequencer/head", "sequencer/todo",
};

struct state {
	const struct gitdir *g;
	struct idset seen;
	struct strs *out;
};

/* Ids stand as words in all of them. */
static int take_file(struct state *s, const char *path)
{
	struct buf text = BUF_INIT;
	int ret = file_read(path, STATE_MAX, &text);
	const char *p = text.ptr;
	size_t hex = 2 * id_raw_size(s->g->algo), n, before;
	struct id id;

	for (; !ret && p < text.ptr + text.len; p += n + 1) {
		n = strcspn(p, " \t\r\n");
		if (n != hex || id_parse(&id, p, n)) {
			fail_clear();
			continue;
		}
		before = s->seen.n;
		idset_add(&s->seen, &id);
		if (s->seen.n > before)
			strs_addn(s->out, p, n);
	}
	buf_release(&text);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

static int list(const char *dir, struct strs *names)
{
	int ret = file_list(dir, names);

	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode);
}

/* `git rev-list --all` knows the refs of its own work tree alone. */
static int take_refs(struct state *s, const char *dir, int deep)
{
	struct strs names = STRS_INIT;
	int ret = deep < REFS_DEEP ? list(dir, &names) : 0;

	for (size_t i = 0; !ret && i < names.n; i++) {
		char *path = xstrfmt("%s/%s", dir, names.v[i]);

		ret = is_dir(path) ? take_refs(s, path, deep + 1) :
		      take_file(s, path);
		free(path);
	}
	strs_release(&names);
	return ret;
}

static int take_gitdir(struct state *s, const char *dir)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(files); i++) {
		char *path = xstrfmt("%s/%s", dir, files[i]);

		ret = take_file(s, path);
		free(path);
	}
	return ret;
}

int repo_state(const struct gitdir *g, struct strs *out)
{
	struct state s = { .g = g, .seen = IDSET_INIT, .out = out };
	char *worktrees = xstrfmt("%s/worktrees", g->common);
	struct strs names = STRS_INIT;
	int ret = list(worktrees, &names);

	if (!ret)
		ret = take_gitdir(&s, g->common);
	for (size_t i = 0; !ret && i < names.n; i++) {
		char *dir = xstrfmt("%s/%s", worktrees, names.v[i]);
		char *refs = xstrfmt("%s/refs", dir);

		ret = take_gitdir(&s, dir);
		if (!ret)
			ret = take_refs(&s, refs, 0);
		free(refs);
		free(dir);
	}
	strs_release(&names);
	idset_release(&s.seen);
	free(worktrees);
	return ret;
}
