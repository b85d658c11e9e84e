#ifndef REPO_H
#define REPO_H

#include "model/gitdir.h"
#include "model/treeptr.h"

/*
 * git's objects and history.  git itself walks (it alone knows every root:
 * index and HEAD of each worktree, reflogs, shallow and partial clones);
 * libgit2 reads the objects, and `git cat-file --batch` where libgit2 1.5
 * cannot (sha256, objects that only a promisor has).  The only module that
 * touches libgit2.
 */
struct repo;

int repo_open(struct repo **out, const struct gitdir *g) MUST_CHECK;
void repo_close(struct repo *repo);

/*
 * Every treeptr named `*.treeptr` in what `revs` (arguments of git rev-list,
 * NULL at the end; "ID" and "^ID" as many as there are, before any "--not")
 * reaches; `dir` (NULL: all) is a path below the top.  Each
 * distinct blob once, with one of its paths.  One that does not parse is told
 * as a NULL `ptr`, its sentence waiting.
 */
int repo_pointers(struct repo *repo, const char *const *revs, const char *dir,
		  int (*each)(void *data, const char *path,
			      const struct treeptr *ptr),
		  void *data) MUST_CHECK;

/*
 * Every blob in what `revs` (as above) reaches that may be a pointer of any
 * name: of at most SMALL_MAX bytes, or named `*.treeptr`.  Each once, with one
 * path, which ends at a line feed.  Needs no libgit2.
 */
#define SMALL_MAX 9216
int repo_each_small(const char *const *revs, const char *dir,
		    int (*each)(void *data, const char *path,
				const char *text, size_t len),
		    void *data) MUST_CHECK;

/*
 * Ids (hex, each once) of what git is in the middle of, which no ref of this
 * work tree names: a rebase or merge that has stopped, its autostash, the
 * bisect of another work tree.  Objects of some may be gone.
 */
int repo_state(const struct gitdir *g, struct strs *out) MUST_CHECK;

/* The content of "REV:PATH", at most `max` bytes.  FAIL_MISSING. */
int repo_show(struct repo *repo, const char *spec, size_t max,
	      struct buf *out) MUST_CHECK;

/* 1: HEAD names a commit.  0: it does not yet. */
int repo_has_head(struct repo *repo) MUST_CHECK;

#endif
