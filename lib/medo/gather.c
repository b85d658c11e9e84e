#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/gather.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static void add(struct gather *g, const char *path, const char *name)
{
	size_t n = strlen(name) - strlen(TREEPTR_SUFFIX);

	ALLOC_GROW(g->v, g->n, g->cap);
	g->v[g->n].path = xstrdup(path);
	g->v[g->n++].name = xmemdup(name, n);
}

void gather_release(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].path);
		free(g->v[i].name);
	}
	free(g->v);
	*g = (struct gather)GATHER_INIT;
}

int gather_is_dest(const char *dir)
{
	char *path = xstrfmt("%s/.medo", dir);
	int ret = file_exists(path);

	free(path);
	return ret;
}

static void made_add(struct made *made, char *notes)
{
	struct stat st;

	if (!lstat(notes, &st) && S_ISDIR(st.st_mode))
		strs_take(&made->notes, notes);
	else
		free(notes);
}

void made_enter(struct made *made, const struct made *above, const char *name,
		const char *dir)
{
	for (size_t i = 0; above && i < above->notes.n; i++)
		made_add(made, xstrfmt("%s/%s", above->notes.v[i], name));
	made_add(made, xstrfmt("%s/.medo", dir));
}

bool made_has(const struct made *made, const char *name, size_t len)
{
	bool has = false;

	for (size_t i = 0; !has && i < made->notes.n; i++) {
		char *note = xstrfmt("%s/%.*s.json", made->notes.v[i],
				     (int)len, name);
		struct stat st;

		has = !lstat(note, &st) && S_ISREG(st.st_mode);
		free(note);
	}
	return has;
}

void made_release(struct made *made)
{
	strs_release(&made->notes);
}

struct scan {
	struct strs dirs;	/* subdirectories, names */
	struct strs ptrs;	/* treeptrs, names */
};

static int scan_dir(const char *path, struct scan *scan)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int ret = 0;

	if (fd < 0 || !(dir = fdopendir(fd)))
		return fail_errno("cannot open '%s'", quoted(path));
	while (errno = 0, (d = readdir(dir))) {
		const char *name = d->d_name;
		unsigned char type = d->d_type;

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    !strcasecmp(name, ".git") || !strcmp(name, ".medo"))
			continue;
		if (type == DT_UNKNOWN &&
		    !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
			type = S_ISDIR(st.st_mode) ? DT_DIR :
			       S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
		if (type == DT_DIR)
			strs_add(&scan->dirs, name);
		else if (type == DT_REG && ends_with(name, TREEPTR_SUFFIX) &&
			 strcmp(name, TREEPTR_SUFFIX))
			strs_add(&scan->ptrs, name);
	}
	if (errno)
		ret = fail_errno("cannot list '%s'", quoted(path));
	closedir(dir);
	strs_sort(&scan->dirs);
	strs_sort(&scan->ptrs);
	return ret;
}

struct place {
	struct gather *g;
	const char *base;	/* the operand */
	const char *rel;	/* below it: "" or "a/b/" */
	const char *name;	/* the last of it */
	const struct made *above;
};

/* What expand left there is no pointer, and no place for pointers. */
static int walk(const struct place *p)
{
	struct scan scan = { .dirs = STRS_INIT };
	struct made made = MADE_INIT;
	char *path = xstrfmt("%s%s%s", p->base, *p->base && *p->rel ? "/" : "",
			     p->rel);
	int ret = scan_dir(*path ? path : ".", &scan);

	made_enter(&made, p->above, p->name, *path ? path : ".");
	for (size_t i = 0; !ret && i < scan.ptrs.n; i++) {
		size_t len = strlen(scan.ptrs.v[i]) - strlen(TREEPTR_SUFFIX);
		char *name, *full;

		if (made_has(&made, scan.ptrs.v[i], len))
			continue;
		name = xstrfmt("%s%s", p->rel, scan.ptrs.v[i]);
		full = xstrfmt("%s%s%s", p->base, *p->base ? "/" : "", name);
		add(p->g, full, name);
		free(full);
		free(name);
	}
	for (size_t i = 0; !ret && i < scan.dirs.n; i++) {
		char *deeper = xstrfmt("%s%s/", p->rel, scan.dirs.v[i]);
		struct place next = { p->g, p->base, deeper, scan.dirs.v[i],
				      &made };

		if (!made_has(&made, scan.dirs.v[i], strlen(scan.dirs.v[i])))
			ret = walk(&next);
		free(deeper);
	}
	strs_release(&scan.dirs);
	strs_release(&scan.ptrs);
	made_release(&made);
	free(path);
	return ret;
}

int gather_dir(struct gather *g, const char *dir)
{
	char *base = xstrdup(dir);
	struct place place = { g, base, "", "", NULL };
	size_t n = strlen(base);
	int ret;

	while (n > 1 && base[n - 1] == '/')
		base[--n] = '\0';
	if (!strcmp(base, "."))
		place.base = "";
	ret = walk(&place);
	free(base);
	return ret;
}

static int gather_one(struct gather *g, const char *operand)
{
	struct stat st;

	if (stat(operand, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return fail(FAIL_MISSING, "'%s' is not there",
				    quoted(operand));
		return fail_errno("cannot stat '%s'", quoted(operand));
	}
	if (S_ISDIR(st.st_mode))
		return gather_dir(g, operand);
	if (!ends_with(operand, TREEPTR_SUFFIX))
		return fail(FAIL_REQUEST, "'%s' is neither a directory nor a "
			    "*" TREEPTR_SUFFIX, quoted(operand));
	add(g, operand, file_basename(operand));
	return 0;
}

char *gather_way_up(const struct medo *medo)
{
	struct buf up = BUF_INIT;

	for (const char *p = medo->git.prefix; p && *p; p++)
		if (*p == '/')
			buf_adds(&up, "../");
	return buf_detach(&up);
}

int gather(struct gather *g, struct medo *medo, const char *const *operands)
{
	char *top;
	int ret = 0;

	for (size_t i = 0; !ret && operands[i]; i++)
		ret = gather_one(g, operands[i]);
	if (ret || *operands)
		return ret;
	if (!medo->git.top)
		return fail(FAIL_REQUEST, "not in a work tree, so name a "
			    "treeptr or a directory");
	top = gather_way_up(medo);
	ret = gather_dir(g, *top ? top : ".");
	free(top);
	return ret;
}
