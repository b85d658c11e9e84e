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

struct scan {
	struct strs dirs;	/* subdirectories, names */
	struct strs ptrs;	/* treeptrs, names */
	bool dest;
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
		    !strcasecmp(name, ".git"))
			continue;
		if (!strcmp(name, ".medo")) {
			scan->dest = true;
			break;
		}
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
	if (errno && !scan->dest)
		ret = fail_errno("cannot list '%s'", quoted(path));
	closedir(dir);
	strs_sort(&scan->dirs);
	strs_sort(&scan->ptrs);
	return ret;
}

/* `rel` is where we are below the operand, "" or "a/b/". */
static int walk(struct gather *g, const char *base, const char *rel)
{
	struct scan scan = { .dest = false };
	char *path = xstrfmt("%s%s%s", base, *base && *rel ? "/" : "", rel);
	int ret = scan_dir(*path ? path : ".", &scan);

	for (size_t i = 0; !ret && !scan.dest && i < scan.ptrs.n; i++) {
		char *name = xstrfmt("%s%s", rel, scan.ptrs.v[i]);
		char *full = xstrfmt("%s%s%s", base, *base ? "/" : "", name);

		add(g, full, name);
		free(full);
		free(name);
	}
	for (size_t i = 0; !ret && !scan.dest && i < scan.dirs.n; i++) {
		char *deeper = xstrfmt("%s%s/", rel, scan.dirs.v[i]);

		ret = walk(g, base, deeper);
		free(deeper);
	}
	strs_release(&scan.dirs);
	strs_release(&scan.ptrs);
	free(path);
	return ret;
}

int gather_dir(struct gather *g, const char *dir)
{
	char *base = xstrdup(dir);
	size_t n = strlen(base);
	int ret;

	while (n > 1 && base[n - 1] == '/')
		base[--n] = '\0';
	ret = walk(g, strcmp(base, ".") ? base : "", "");
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
