#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "model/repo_int.h"

#include <git2.h>

struct repo {
	const struct gitdir *g;
	git_repository *lg;	/* NULL: not tried, or cannot */
	git_odb *odb;
	bool tried;
	bool started;
};

int repo_open(struct repo **out, const struct gitdir *g)
{
	if (!g->dir)
		return fail(FAIL_REQUEST, "not a git repository");
	*out = xcalloc(1, sizeof(**out));
	(*out)->g = g;
	return 0;
}

void repo_close(struct repo *repo)
{
	if (!repo)
		return;
	git_odb_free(repo->odb);
	git_repository_free(repo->lg);
	if (repo->started)
		git_libgit2_shutdown();
	free(repo);
}

/* Its start costs milliseconds, so only when an object is read. */
static git_odb *odb_of(struct repo *repo)
{
	static const char *const extensions[] = { "worktreeconfig" };

	if (repo->tried || repo->g->algo != ID_SHA1)
		return repo->odb;
	repo->tried = true;
	if (git_libgit2_init() < 0)
		return NULL;
	repo->started = true;
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, (size_t)1);
	/* git has judged the owner already, by safe.directory. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	if (git_repository_open(&repo->lg, repo->g->dir) ||
	    git_repository_odb(&repo->odb, repo->lg))
		repo->odb = NULL;
	return repo->odb;
}

/* 0 read, 1 libgit2 cannot tell, or a failure. */
static int read_here(struct repo *repo, const char *hex, size_t max,
		     struct buf *out)
{
	git_odb *odb = odb_of(repo);
	git_odb_object *object;
	git_object_t type;
	size_t size;
	git_oid oid;

	if (!odb || git_oid_fromstr(&oid, hex) ||
	    git_odb_read_header(&size, &type, odb, &oid))
		return 1;
	if (type != GIT_OBJECT_BLOB || size > max)
		return fail(FAIL_FORMAT, "object %s is no blob of at most %zu "
			    "bytes", hex, max);
	if (git_odb_read(&object, odb, &oid))
		return 1;
	buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return 0;
}

static int read_by_git(const char *spec, size_t max, struct buf *out)
{
	const char *argv[] = { "git", "cat-file", "blob", spec, NULL };
	struct run run = { .argv = argv, .quiet = true };
	size_t start = out->len;
	int ret = run_capture(&run, out, max);

	if (ret > 0)
		ret = fail(FAIL_MISSING, "git has no '%s'", quoted(spec));
	if (ret)
		buf_setlen(out, start);
	return ret;
}

int repo_show(struct repo *repo UNUSED, const char *spec, size_t max,
	      struct buf *out)
{
	if (*spec == '-')
		return fail(FAIL_REQUEST, "'%s' is not REV:PATH", quoted(spec));
	return read_by_git(spec, max, out);
}

int repo_has_head(struct repo *repo UNUSED)
{
	static const char *const argv[] = { "git", "rev-parse", "-q",
					    "--verify", "HEAD^{commit}", NULL };
	struct run run = { .argv = argv, .quiet = true };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 65536);

	buf_release(&out);
	return ret < 0 ? ret : !ret;
}

struct pointer_walk {
	struct repo *repo;
	int (*each)(void *data, const char *path, const struct treeptr *ptr);
	void *data;
	struct idset told;	/* git's ids of what was told */
};

static int tell(struct pointer_walk *w, const char *hex, const char *path)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	int ret = read_here(w->repo, hex, TREEPTR_MAX, &text);

	if (ret > 0)
		ret = read_by_git(hex, TREEPTR_MAX, &text);
	if (ret)
		ret = fail_in(ret, "'%s'", quoted(path));
	else
		ret = treeptr_parse(&ptr, text.ptr, text.len, path);
	if (ret == FAIL_FORMAT || ret == FAIL_MISSING || ret == FAIL_DENIED)
		ret = w->each(w->data, path, NULL);
	else if (!ret)
		ret = w->each(w->data, path, &ptr);
	buf_release(&text);
	treeptr_release(&ptr);
	return ret;
}

static int each_name(void *data, const char *hex, const char *path)
{
	struct pointer_walk *w = data;
	size_t before = w->told.n;
	struct id id;

	if (id_parse(&id, hex, strlen(hex)))
		return fail(FAIL_SYSTEM, "git names no object: '%s'",
			    quoted(hex));
	idset_add(&w->told, &id);
	return w->told.n == before ? 0 : tell(w, hex, path);
}

int repo_pointers(struct repo *repo, const char *const *revs, const char *dir,
		  int (*each)(void *data, const char *path,
			      const struct treeptr *ptr),
		  void *data)
{
	struct pointer_walk w = { .repo = repo, .each = each, .data = data };
	int ret = repo_each_name(repo->g, revs, dir, each_name, &w);

	idset_release(&w.told);
	return ret;
}
