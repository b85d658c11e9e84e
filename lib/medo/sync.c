#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/sync.h"
#include "model/policy.h"
#include "model/stat.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#define MEDO_JSON_MAX (1 << 20)

struct sync {
	struct medo *medo;
	const struct sync_opts *opts;
	struct sync_result *result;
	char *dir;		/* of the medo, absolute */
	char *key;		/* below the top: who made what is mounted */
	char *mount;		/* absolute */
	struct policy policy;
};

static bool within(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) &&
	       (!path[n] || path[n] == '/' || !strcmp(dir, "/"));
}

/* That of a submodule, or in another spelling: hooks/ is one name away. */
static bool names_git(const char *mount)
{
	return mount[1] && entry_path_trouble(mount + 1, strlen(mount + 1),
					      ENTRY_DIR);
}

/*
 * The mount comes with the repository.  In the work tree it may be anywhere
 * but in .git, over the medo itself, or over the whole tree; outside only
 * where the user said so.
 */
static int check_mount(struct sync *s)
{
	const char *top = s->medo->git.top, *root;
	char *git = xstrfmt("%s/.git", top);
	int ret = 0;

	if (within(s->mount, git) || within(s->mount, s->medo->git.dir) ||
	    within(s->mount, s->medo->git.common))
		ret = fail(FAIL_DENIED, "'%s/MEDO.json' mounts on '%s', which "
			   "is git's own", quoted(s->dir), quoted(s->mount));
	else if (names_git(s->mount))
		ret = fail(FAIL_DENIED, "'%s/MEDO.json' mounts on '%s': %s",
			   quoted(s->dir), quoted(s->mount),
			   entry_path_trouble(s->mount + 1,
					      strlen(s->mount + 1), ENTRY_DIR));
	else if (within(s->dir, s->mount))
		ret = fail(FAIL_DENIED, "'%s/MEDO.json' mounts on '%s', over "
			   "itself", quoted(s->dir), quoted(s->mount));
	free(git);
	if (ret || within(s->mount, top))
		return ret;
	for (size_t i = 0; (root = gitdir_get_nth(&s->medo->git,
						  "medo.mountroot", i)); i++) {
		char *abs = medo_normal_url(root, top);
		bool yes = within(s->mount, abs);

		free(abs);
		if (yes)
			return 0;
	}
	return fail(FAIL_DENIED, "'%s/MEDO.json' mounts on '%s', outside the "
		    "work tree; allow it with: git config --add medo.mountRoot "
		    "'%s'", quoted(s->dir), quoted(s->mount), quoted(s->mount));
}

/* No directory on the way from the top to the mount may be a symlink. */
static int check_way(struct sync *s)
{
	const char *top = s->medo->git.top;
	char *path;
	int ret = 0;

	if (!within(s->mount, top))
		return 0;
	path = xstrdup(s->mount);
	for (char *p = path + strlen(top); !ret && p && *p;) {
		struct stat st;
		char *slash = strchr(p + 1, '/');

		if (slash)
			*slash = '\0';
		if (!lstat(path, &st) && !S_ISDIR(st.st_mode))
			ret = fail(FAIL_DENIED, "'%s' is in the way of the "
				   "mount: not a directory", quoted(path));
		if (slash)
			*slash = '/';
		p = slash;
	}
	free(path);
	return ret;
}

static bool included(const struct policy *policy, const char *name)
{
	if (!policy->include.n)
		return true;
	for (size_t i = 0; i < policy->include.n; i++)
		if (!fnmatch(policy->include.v[i], name, 0))
			return true;
	return false;
}

static void only_included(const struct policy *policy, struct gather *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (included(policy, g->v[i].name)) {
			SWAP(g->v[n], g->v[i]);
			n++;
		}
	while (g->n > n) {
		free(g->v[--g->n].path);
		free(g->v[g->n].name);
	}
}

static void tell(struct sync *s, char what, const char *path)
{
	if (s->opts->each)
		s->opts->each(s->opts->data, what, path);
}

/* One that fails is said and counted; the others go on. */
static int complain(struct sync *s, int ret)
{
	if (ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
		return ret;
	say("error: ", "%s", fail_text());
	fail_clear();
	if (!s->result->failed++)
		s->result->code = ret;
	return 0;
}

static int bring(struct sync *s, const struct found *f, struct strs *wanted)
{
	struct expand_opts opts = { .force = s->opts->force, .sync = s->key };
	struct treeptr ptr = TREEPTR_INIT;
	int ret = treeptr_load(&ptr, f->path);
	char *place = expand_shown(f->name, &ptr, s->mount, false);

	strs_add(wanted, f->name);
	if (!ret && ptr.prefix && within(ptr.prefix, s->mount) &&
	    strlen(ptr.prefix) > strlen(s->mount) + 1)
		strs_add(wanted, ptr.prefix + strlen(s->mount) + 1);
	if (!ret && s->opts->dry_run)
		ret = file_exists(place) ? (int)EXPAND_THERE : 0;
	else if (!ret)
		ret = expand_one(s->medo, f->path, f->name, &ptr, s->mount,
				 &opts);
	if (ret == EXPAND_THERE) {
		s->result->there++;
	} else if (ret >= 0) {
		s->result->made++;
		tell(s, '+', place);
	}
	treeptr_release(&ptr);
	free(place);
	return ret < 0 ? complain(s, ret) : 0;
}

/*
 * A copy of the work tree, or one that a crash has touched, has other inodes
 * and times: then the content decides.
 */
static bool still_right(struct sync *s, const char *rel,
			const struct stat_record *was)
{
	char *copy = expand_copy_path(s->mount, rel);
	struct treeptr ptr = TREEPTR_INIT;
	bool right = !treeptr_load(&ptr, copy) && id_eq(&ptr.id, &was->id) &&
		     !expand_check(s->medo, s->mount, rel, &ptr, copy, true);

	if (!right)
		fail_clear();
	treeptr_release(&ptr);
	free(copy);
	return right;
}

/* Made by us, named no more, and still as we made it? */
static int drop_one(struct sync *s, const char *rel)
{
	struct stat_record was = STAT_RECORD_INIT, is = STAT_RECORD_INIT;
	char *note = expand_record_path(s->mount, rel);
	char *place = xstrfmt("%s/%s", s->mount, rel);
	int ret = stat_load(&was, note);

	if (ret || !was.sync || strcmp(was.sync, s->key)) {
		fail_clear();
		ret = 0;
		goto out;
	}
	ret = stat_look(place, &is);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	} else if (!ret && !stat_same(&was, &is) &&
		   !still_right(s, rel, &was)) {
		say("warning: ", "'%s' is named no more, but was changed: left "
		    "alone", quoted(place));
		goto out;
	}
	if (!ret && !s->opts->dry_run)
		ret = expand_remove(s->mount, rel);
	if (!ret) {
		s->result->removed++;
		tell(s, '-', place);
	}
out:
	stat_release(&was);
	stat_release(&is);
	free(place);
	free(note);
	return ret < 0 ? complain(s, ret) : 0;
}

/*
 * A pointer with another id under the old name: what lies there is ours to
 * replace if sync made it and nobody changed it.
 */
static int drop_old(struct sync *s, const struct found *f)
{
	struct stat_record was = STAT_RECORD_INIT;
	struct treeptr ptr = TREEPTR_INIT;
	char *note = expand_record_path(s->mount, f->name);
	int ret = 0;

	if (!treeptr_load(&ptr, f->path) && !stat_load(&was, note) &&
	    !id_eq(&ptr.id, &was.id))
		ret = drop_one(s, f->name);
	fail_clear();
	treeptr_release(&ptr);
	stat_release(&was);
	free(note);
	return ret;
}

static int mount_all(struct sync *s)
{
	struct strs wanted = STRS_INIT, have = STRS_INIT;
	struct gather g = GATHER_INIT;
	int ret = gather_dir(&g, s->dir);

	if (!ret)
		only_included(&s->policy, &g);
	if (!ret && !s->opts->dry_run)
		ret = expand_ahead(s->medo, &g, s->mount, false);
	for (size_t i = 0; !ret && i < g.n; i++) {
		ret = drop_old(s, &g.v[i]);
		if (!ret)
			ret = bring(s, &g.v[i], &wanted);
	}
	if (!ret) {
		ret = expand_list(s->mount, &have);
		if (ret == FAIL_MISSING) {
			fail_clear();
			ret = 0;
		}
	}
	for (size_t i = 0; !ret && i < have.n; i++)
		if (!strs_has(&wanted, have.v[i]))
			ret = drop_one(s, have.v[i]);
	strs_release(&wanted);
	strs_release(&have);
	gather_release(&g);
	return ret;
}

static int sync_one(struct medo *medo, const char *dir,
		    const struct sync_opts *opts, struct sync_result *result)
{
	struct sync s = {
		.medo = medo, .opts = opts, .result = result,
		.policy = POLICY_INIT,
	};
	char *path = xstrfmt("%s/MEDO.json", dir);
	struct buf text = BUF_INIT;
	int ret = file_read(path, MEDO_JSON_MAX, &text);

	s.dir = file_absolute(dir);
	if (!ret)
		ret = policy_parse(&s.policy, text.ptr, text.len, path);
	if (ret || !s.policy.mount ||
	    (opts->only_checkout && s.policy.sync != SYNC_CHECKOUT))
		goto out;
	if (!within(s.dir, medo->git.top)) {
		ret = fail(FAIL_REQUEST, "'%s' is not in this work tree",
			   quoted(dir));
		goto out;
	}
	s.key = xstrdup(s.dir + strlen(medo->git.top) +
			(s.dir[strlen(medo->git.top)] == '/'));
	s.mount = medo_normal_url(s.policy.mount, s.dir);
	ret = check_mount(&s);
	if (!ret)
		ret = check_way(&s);
	if (!ret)
		ret = mount_all(&s);
out:
	policy_release(&s.policy);
	buf_release(&text);
	free(path);
	free(s.dir);
	free(s.key);
	free(s.mount);
	return ret;
}

/*
 * Directories with a MEDO.json; one in another is its own.  What expand made
 * is not looked into: a tree must not bring a MEDO.json along.
 */
static int find_medos(const char *dir, const char *self,
		      const struct made *above, struct strs *out)
{
	char *path = xstrfmt("%s/MEDO.json", dir);
	struct strs names = STRS_INIT;
	struct made made = MADE_INIT;
	struct stat st;
	int ret;

	if (!lstat(path, &st) && S_ISREG(st.st_mode))
		strs_add(out, dir);
	free(path);
	made_enter(&made, above, self, dir);
	ret = file_list(dir, &names);
	for (size_t i = 0; !ret && i < names.n; i++) {
		const char *name = names.v[i];
		char *deeper = xstrfmt("%s/%s", dir, name);

		if (strcasecmp(name, ".git") && strcmp(name, ".medo") &&
		    !lstat(deeper, &st) && S_ISDIR(st.st_mode) &&
		    !made_has(&made, name, strlen(name)))
			ret = find_medos(deeper, name, &made, out);
		free(deeper);
	}
	strs_release(&names);
	made_release(&made);
	return ret;
}

int sync_all(struct medo *medo, const char *dir, const struct sync_opts *opts,
	     struct sync_result *result)
{
	struct strs dirs = STRS_INIT;
	int worst = 0, ret = find_medos(dir, "", NULL, &dirs);
	char *why = NULL;

	for (size_t i = 0; !ret && i < dirs.n; i++) {
		ret = sync_one(medo, dirs.v[i], opts, result);
		if (!ret || ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
			continue;
		/* The first is the result; the others are said on the way. */
		result->failed++;
		if (worst) {
			say("error: ", "%s", fail_text());
		} else {
			worst = ret;
			why = xstrdup(fail_text());
		}
		ret = 0;
	}
	if (!ret && worst) {
		fail_adopt(why);
		ret = worst;
	} else if (worst) {
		say("error: ", "%s", why);
	}
	strs_release(&dirs);
	free(why);
	return ret;
}
