#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/gate_int.h"
#include "medo/gather.h"
#include "model/index.h"

#include <sys/stat.h>

/*
 * Most commits have nothing of ours.  Asking git for attributes, sizes and
 * configuration costs four programs, five times as long as looking: at the
 * index for sizes, and at the files that could say filter=medo.  Whatever is
 * unusual is left to git.
 */
#define TEXT_MAX ((size_t)1 << 20)
#define SIZE_MAX_PLAIN ((uint32_t)10 << 20)	/* default of medo.maxBlob */
#define SIZE_AT 36				/* in the stat data */
#define MANY 1000	/* changes: then git's programs weigh little */

/* May the file have one of these words?  Absent: no; odd: yes. */
static bool may_say(const char *path, const char *const *words)
{
	struct buf text = BUF_INIT;
	int ret = file_read(path, TEXT_MAX, &text);
	bool says = ret && ret != FAIL_MISSING;

	fail_clear();
	if (!ret && strlen(text.ptr) != text.len)
		says = true;
	for (; !says && *words; words++)
		says = strcasestr(text.ptr, *words) != NULL;
	buf_release(&text);
	return says;
}

static bool may_say_in(const char *dir, const char *name,
		       const char *const *words)
{
	char *path = xstrfmt("%s/%s", dir, name);
	bool says = may_say(path, words);

	free(path);
	return says;
}

/* Does any setting, or attribute outside of the tree, concern us? */
static bool may_be_set(const char *dir)
{
	static const char *const settings[] = {
		"include", "attributesfile", "objectformat", "maxblob", NULL
	};
	static const char *const ours[] = { "medo", NULL };
	static const char *const envs[] = {
		"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_COMMON_DIR",
	};
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	char *user;
	bool says;

	for (size_t i = 0; i < ARRAY_SIZE(envs); i++)
		if (getenv(envs[i]))
			return true;
	if (!home)
		return true;
	user = xdg && *xdg ? xstrdup(xdg) : xstrfmt("%s/.config", home);
	says = may_say_in(dir, "config", settings) ||
	       may_say_in(dir, "config.worktree", settings) ||
	       may_say_in(dir, "info/attributes", ours) ||
	       may_say_in(home, ".gitconfig", settings) ||
	       may_say_in(user, "git/config", settings) ||
	       may_say_in(user, "git/attributes", ours) ||
	       may_say("/etc/gitconfig", settings) ||
	       may_say("/etc/gitattributes", ours);
	free(user);
	return says;
}

/* Attributes count as the index has them: believed if the file is that. */
static bool may_filter(const struct index_file *index, const char *file)
{
	static const char *const ours[] = { "medo", NULL };
	const struct index_entry *e = index_find(index, file);
	struct stat st;

	if (!e)
		return false;
	return lstat(file, &st) || !S_ISREG(st.st_mode) ||
	       !index_stat_matches(index, e, &st) || may_say(file, ours);
}

/* In its directory and all above. */
static bool may_be_filtered(const struct index_file *index, const char *path,
			    struct strs *asked)
{
	char *dir = xmemdup(path, (size_t)(file_basename(path) - path));
	bool may = false;

	for (size_t n = strlen(dir); !may; n--) {
		char *file;

		if (n && dir[n - 1] != '/')
			continue;
		dir[n] = '\0';
		file = xstrfmt("%s.gitattributes", dir);
		/* What has been asked was answered with no, all the way up. */
		if (strs_has(asked, file)) {
			free(file);
			break;
		}
		may = may_filter(index, file);
		strs_take(asked, file);
		if (!n)
			break;
	}
	free(dir);
	return may;
}

static bool is_ours(const char *path)
{
	const char *base = file_basename(path);

	return ends_with(base, TREEPTR_SUFFIX) || !strcmp(base, "SILO.json") ||
	       !strcmp(base, "MEDO.json");
}

static bool look(const struct changes *changes, const struct index_file *index)
{
	struct strs asked = STRS_INIT;
	bool nothing = !index->split && !index->sparse && changes->n <= MANY;

	for (size_t i = 0; nothing && i < changes->n; i++) {
		const struct change *c = &changes->v[i];
		const struct index_entry *e;
		uint32_t size;

		if (!c->regular)
			continue;
		e = index_find(index, c->path);
		size = e ? get_be32(index->map + e->stat_off + SIZE_AT) : 0;
		/* 0: not known, or empty, or made by update-index. */
		nothing = size && size <= SIZE_MAX_PLAIN && !is_ours(c->path) &&
			  !may_be_filtered(index, c->path, &asked);
	}
	strs_release(&asked);
	return nothing;
}

bool gate_nothing_of_ours(const struct changes *changes)
{
	const char *dir = getenv("GIT_DIR"), *file = getenv("GIT_INDEX_FILE");
	struct index_file index = INDEX_FILE_INIT;
	struct stat st;
	bool nothing = false;
	char *path;

	dir = dir ? dir : ".git";
	/* That of a linked work tree has its configuration elsewhere. */
	path = xstrfmt("%s/commondir", dir);
	if (lstat(dir, &st) || !S_ISDIR(st.st_mode) || !lstat(path, &st) ||
	    may_be_set(dir))
		goto out;
	free(path);
	path = file ? xstrdup(file) : xstrfmt("%s/index", dir);
	if (!index_open(&index, path, ID_SHA1))
		nothing = look(changes, &index);
	index_close(&index);
	fail_clear();
out:
	free(path);
	return nothing;
}
