#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/run.h"
#include "base/temp.h"
#include "medo/fetch.h"
#include "medo/gather.h"
#include "medo/reach_int.h"
#include "model/repo.h"

/* A text that reads like a pointer, under a name that says nothing. */
struct doubt {
	char *path;
	struct treeptr ptr;
};

struct commits {
	struct reach *r;
	struct medo *medo;
	const char *dir;
	char *up;
	struct doubt *doubts;
	size_t n;
	size_t cap;
};

/* git rev-list keeps to a directory in trees, but not in indexes. */
static bool is_below(const char *path, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	return !n || (!strncmp(path, dir, n) && (!path[n] || path[n] == '/'));
}

/* By repo_pointers(), then; but of a tree that is no commit's it knows not. */
static bool was_told(const struct commits *c, const char *path,
		     const struct treeptr *ptr)
{
	return ends_with(path, TREEPTR_SUFFIX) &&
	       idset_find(&c->r->ids, &ptr->id) >= 0;
}

static int each_small(void *data, const char *path, const char *text,
		      size_t len)
{
	struct commits *c = data;
	struct treeptr ptr = TREEPTR_INIT;
	char *shown;
	int near;

	/* Of a treeptr that is none repo_pointers() complains. */
	if (!is_below(path, c->dir) || !treeptr_likely(text, len))
		return 0;
	if (treeptr_parse(&ptr, text, len, path)) {
		fail_clear();
		treeptr_release(&ptr);
		return 0;
	}
	shown = xstrfmt("%s%s", c->up, path);
	near = fetch_near(c->medo, &ptr.id);
	if (near > 0) {
		reach_note(c->r, shown, &ptr);
	} else if (!near && !was_told(c, path, &ptr)) {
		ALLOC_GROW(c->doubts, c->n, c->cap);
		c->doubts[c->n++] = (struct doubt){ shown, ptr };
		return 0;
	}
	free(shown);
	treeptr_release(&ptr);
	return near < 0 ? near : 0;
}

/*
 * Without a checkout there is no index and no .gitattributes: HEAD has them, and
 * an index of it that nobody else sees.  NULL in `env` where there is another,
 * or no commit.
 */
static int head_index(struct medo *medo, struct stage *stage, char **env)
{
	char *index = xstrfmt("%s/index", medo->git.dir);
	char *dir = xstrfmt("%s/medo/tmp", medo->git.common);
	int ret = getenv("GIT_INDEX_FILE") ? 1 : file_exists(index);

	*env = NULL;
	if (ret) {
		ret = MIN(ret, 0);
		goto out;
	}
	ret = temp_mkdirs(dir, 0);
	if (!ret)
		ret = stage_open(stage, dir);
	if (!ret) {
		const char *argv[] = { "env", NULL, "git", "read-tree", "HEAD",
				       NULL };
		struct run run = { .argv = argv, .quiet = true };
		struct buf none = BUF_INIT;

		*env = xstrfmt("GIT_INDEX_FILE=%s/index", stage_path(stage));
		argv[1] = *env;
		ret = run_capture(&run, &none, 65536);
		buf_release(&none);
	}
	if (ret > 0) {
		free(*env);
		*env = NULL;
		ret = 0;
	}
out:
	free(index);
	free(dir);
	return ret;
}

static int ask_attr(struct medo *medo, const struct buf *paths,
		    struct buf *out)
{
	struct stage stage = STAGE_INIT;
	char *env = NULL;
	int ret = head_index(medo, &stage, &env);

	if (!ret) {
		const char *own[] = {
			"env", env, "git", "check-attr", "--cached", "--stdin",
			"-z", "filter", NULL
		};
		static const char *const plain[] = {
			"git", "check-attr", "--stdin", "-z", "filter", NULL
		};
		struct run run = {
			.argv = env ? own : plain,
			.input = paths->ptr, .input_len = paths->len,
		};

		ret = run_capture(&run, out, 0);
	}
	stage_drop(&stage);
	free(env);
	return ret > 0 ? fail(FAIL_REQUEST, "git check-attr failed") : ret;
}

/*
 * Their blobs are not here.  Filtered ones must be in the silo then; the rest
 * are somebody's text about pointers.
 */
static int resolve(struct commits *c)
{
	struct buf paths = BUF_INIT, out = BUF_INIT;
	const char *p;
	int ret;

	for (size_t i = 0; i < c->n; i++)
		buf_add(&paths, c->doubts[i].path,
			strlen(c->doubts[i].path) + 1);
	if (!paths.len)
		return 0;
	ret = ask_attr(c->medo, &paths, &out);
	p = out.ptr;
	for (size_t i = 0; !ret && i < c->n && p < out.ptr + out.len; i++) {
		/* path, "filter", value */
		p += strlen(p) + 1;
		p += strlen(p) + 1;
		if (!strcmp(p, "medo"))
			reach_note(c->r, c->doubts[i].path, &c->doubts[i].ptr);
		p += strlen(p) + 1;
	}
	buf_release(&paths);
	buf_release(&out);
	return ret;
}

int reach_small(struct reach *r, struct medo *medo, const char *const *revs,
		const char *dir)
{
	struct commits c = { .r = r, .medo = medo, .dir = dir,
			     .up = gather_way_up(medo) };
	int ret = repo_each_small(revs, dir, each_small, &c);

	if (!ret)
		ret = resolve(&c);
	for (size_t i = 0; i < c.n; i++) {
		free(c.doubts[i].path);
		treeptr_release(&c.doubts[i].ptr);
	}
	free(c.doubts);
	free(c.up);
	return ret;
}
