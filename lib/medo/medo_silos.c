#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "codec/address.h"
#include "medo/medo.h"

#define SILO_JSON_MAX (1 << 20)

int medo_resolve(const char *text, size_t len, const char *what,
		 const char *dir, struct silo_list *list)
{
	struct silo_list raw = SILO_LIST_INIT;
	int ret = silo_list_parse(&raw, text, len, what);

	for (size_t i = 0; !ret && i < raw.n; i++) {
		char *url = medo_normal_url(raw.v[i].url, dir);
		char *push = raw.v[i].push ?
			     medo_normal_url(raw.v[i].push, dir) : NULL;

		silo_list_add(list, raw.v[i].name, url, push);
		free(push);
		free(url);
	}
	silo_list_release(&raw);
	return ret;
}

/* `dir` is absolute; nothing above the top of the work tree counts. */
static int nearest(const char *dir, const char *top, struct silo_list *list)
{
	char *at = xstrdup(dir);
	struct buf text = BUF_INIT;
	int ret = 0;

	for (;;) {
		char *path = xstrfmt("%s/SILO.json", strcmp(at, "/") ? at : "");
		char *slash;

		buf_reset(&text);
		ret = file_read(path, SILO_JSON_MAX, &text);
		if (!ret)
			ret = medo_resolve(text.ptr, text.len, path, at, list);
		free(path);
		if (ret != FAIL_MISSING)
			break;
		fail_clear();
		ret = 0;
		slash = strrchr(at, '/');
		if (!slash || slash == at || (top && !strcmp(at, top)))
			break;
		*slash = '\0';
	}
	buf_release(&text);
	free(at);
	return ret;
}

static const char *where_git_has_it(struct medo *medo)
{
	char *index;
	int there;

	if (medo->treeish || !medo->git.top)
		return medo->treeish ? medo->treeish : "HEAD";
	/* There is none before the first checkout. */
	index = xstrfmt("%s/index", medo->git.dir);
	there = getenv("GIT_INDEX_FILE") ? 1 : file_exists(index);
	free(index);
	if (there < 0)
		fail_clear();
	return there ? "" : "HEAD";
}

/*
 * SILO.json as git has it: during a clone, or in a bare repository, there is
 * no other.  In the commit that git names, else in the index, else in HEAD.
 */
static int committed(struct medo *medo, const char *dir,
		     struct silo_list *list)
{
	size_t n = medo->git.top ? strlen(medo->git.top) : 0;
	const char *where;
	struct buf text = BUF_INIT;
	char *at;
	int ret = 0;

	if (!medo->git.dir || (n && strncmp(dir, medo->git.top, n)))
		return 0;
	where = where_git_has_it(medo);
	medo->cat.g = &medo->git;
	at = xstrdup(n ? dir + n + (dir[n] == '/') : "");
	while (!ret) {
		char *name = xstrfmt("%s:%s%sSILO.json", where, at,
				     *at ? "/" : "");
		char *slash = strrchr(at, '/');
		char *base = xstrfmt("%s%s%s", n ? medo->git.top : "",
				     n && *at ? "/" : "", at);

		buf_reset(&text);
		ret = catfile_get(&medo->cat, name, SILO_JSON_MAX, &text);
		if (ret > 0) {
			ret = medo_resolve(text.ptr, text.len, name, base,
					   list);
			ret = ret ? ret : 1;
		}
		free(base);
		free(name);
		if (!*at)
			break;
		*(slash ? slash : at) = '\0';
	}
	buf_release(&text);
	free(at);
	return ret < 0 ? ret : 0;
}

static void copy_list(struct silo_list *to, const struct silo_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		silo_list_add(to, from->v[i].name, from->v[i].url,
			      from->v[i].push);
}

static bool lists(const struct silo_list *list, const char *url)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i].url, url))
			return true;
	return false;
}

/* /home/me/git/x.git does not make a silo of /home/me. */
static bool says_so(const struct address *at)
{
	char *path = xstrfmt("%s/silo.json", at->root);
	bool yes = !at->folder || file_exists(path) == 1;

	free(path);
	return yes;
}

/* A push by git-remote-silo brings blobs to the silo around the repository. */
static void add_host(struct medo *medo, const char *url,
		     struct silo_list *list)
{
	struct address at = ADDRESS_INIT;

	if (starts_with(url, "silo::"))
		url += strlen("silo::");
	else if (!starts_with(url, "silo://"))
		return;
	if (!address_parse(&at, url, medo->git.top) && at.in_silo &&
	    says_so(&at) && !lists(list, at.root))
		silo_list_add(list, NULL, at.root, NULL);
	fail_clear();
	address_release(&at);
}

void medo_hosts(struct medo *medo, struct silo_list *list)
{
	const struct gitdir *g = &medo->git;

	for (size_t i = 0; i < g->keys.n; i++)
		if (starts_with(g->keys.v[i], "remote.") &&
		    ends_with(g->keys.v[i], ".url"))
			add_host(medo, g->values.v[i], list);
}

/* Pointers come in the order of their paths: the last answer often serves. */
static int silos_of_dir(struct medo *medo, const char *dir,
			struct silo_list *list)
{
	int ret;

	if (!medo->last_dir || strcmp(medo->last_dir, dir)) {
		free(medo->last_dir);
		medo->last_dir = NULL;
		silo_list_release(&medo->last);
		ret = nearest(dir, medo->git.top, &medo->last);
		if (!ret && !medo->last.n)
			ret = committed(medo, dir, &medo->last);
		if (ret)
			return ret;
		medo_hosts(medo, &medo->last);
		medo->last_dir = xstrdup(dir);
		for (size_t i = 0; i < medo->last.n; i++)
			medo_far_known(medo, medo->last.v[i].url, false);
	}
	copy_list(list, &medo->last);
	return 0;
}

int medo_silos(struct medo *medo, const char *path, struct silo_list *list)
{
	char *abs = file_absolute(path);
	const char *url;
	char *slash;
	int ret = 0;

	for (size_t i = 0;
	     (url = gitdir_get_nth(&medo->git, "medo.silo", i)); i++) {
		char *normal = medo_normal_url(url, medo->git.top);

		silo_list_add(list, NULL, normal, normal);
		medo_far_known(medo, normal, false);
		free(normal);
	}
	if (!list->n) {
		slash = strrchr(abs, '/');
		if (slash > abs)
			*slash = '\0';
		ret = silos_of_dir(medo, abs, list);
	}
	free(abs);
	return ret;
}
