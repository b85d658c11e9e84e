/*
 * git medo merge-driver: two sides changed what a pointer names.  A pointer
 * with conflict markers in it helps nobody.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/temp.h"
#include "medo/treediff.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char *const usage[] = {
	"git medo merge-driver -- <base> <ours> <theirs> <path>",
	NULL
};

enum { BASE, OURS, THEIRS, NSIDES };
#define MAX_SHOWN 10
#define MAX_NAMES 100

struct merge {
	struct medo medo;
	const char *file[NSIDES];
	const char *path;
	struct buf text[NSIDES];
	bool large[NSIDES];	/* no pointer, and not read */
	bool pointer[NSIDES];
	struct treeptr ptr[NSIDES];
	unsigned clashes;
};

static int load(struct merge *m)
{
	int ret = 0;

	for (int i = 0; !ret && i < NSIDES; i++) {
		ret = file_read(m->file[i], TREEPTR_MAX, &m->text[i]);
		if (!ret)
			m->pointer[i] = !treeptr_parse(&m->ptr[i],
						       m->text[i].ptr,
						       m->text[i].len,
						       m->path);
		m->large[i] = ret == FAIL_FORMAT;
		if (m->large[i])
			ret = 0;
		fail_clear();
	}
	return ret;
}

static bool same_text(const struct merge *m, int a, int b)
{
	return !m->large[a] && !m->large[b] &&
	       m->text[a].len == m->text[b].len &&
	       !memcmp(m->text[a].ptr, m->text[b].ptr, m->text[a].len);
}

/* Equal content, whatever else the two pointers say. */
static bool same(const struct merge *m, int a, int b)
{
	return same_text(m, a, b) ||
	       (m->pointer[a] && m->pointer[b] &&
		id_eq(&m->ptr[a].id, &m->ptr[b].id));
}

static int answer(struct merge *m, const struct buf *text)
{
	return temp_write(m->file[OURS], text->ptr, text->len, 0);
}

static void clash(void *data, const char *path)
{
	struct merge *m = data;

	if (m->clashes++ < MAX_SHOWN)
		fprintf(stderr, "both changed '%s' in '%s'\n", quoted(path),
			quoted(m->path));
}

/* 1: it is merged. */
static int merge_trees(struct merge *m)
{
	struct treeptr out = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	int ret;

	for (int i = 0; i < NSIDES; i++)
		if (!m->pointer[i] || !m->ptr[i].has_tree)
			return 0;
	ret = tree_merge(&m->medo, m->path, &m->ptr[BASE], &m->ptr[OURS],
			 &m->ptr[THEIRS], &out, clash, m);
	if (ret > 0) {
		treeptr_format(&out, &text);
		ret = answer(m, &text);
		ret = ret ? ret : 1;
	}
	if (ret < 0 && ret != FAIL_STOPPED) {
		say("warning: ", "'%s' cannot be merged as a tree: %s",
		    quoted(m->path), fail_text());
		fail_clear();
		ret = 0;
	}
	treeptr_release(&out);
	buf_release(&text);
	return ret;
}

/* No symlink on the way: their pointer goes beside ours, nowhere else. */
static bool way_is_clear(const struct merge *m)
{
	char *dir = xmemdup(m->path, (size_t)(file_basename(m->path) -
					      m->path));
	size_t n = strlen(dir);
	int top, fd;

	if (n)
		dir[n - 1] = '\0';
	top = open(m->medo.git.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = top < 0 ? -1 : !*dir ? top :
	     file_open_beneath(top, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 && fd != top)
		close(fd);
	if (top >= 0)
		close(top);
	fail_clear();
	free(dir);
	return fd >= 0;
}

static int leave_theirs(struct merge *m, char **where)
{
	const struct buf *text = &m->text[THEIRS];
	int ret = FAIL_REQUEST;

	*where = NULL;
	if (!m->medo.git.top || m->large[THEIRS] || !way_is_clear(m))
		return 0;
	for (int i = 1; ret == FAIL_REQUEST && i < MAX_NAMES; i++) {
		char *name = i == 1 ? xstrfmt("%s.theirs", m->path) :
			     xstrfmt("%s.theirs.%d", m->path, i);
		char *full = xstrfmt("%s/%s", m->medo.git.top, name);
		struct buf old = BUF_INIT;

		/* From a try before; or a name that is somebody's. */
		ret = file_read(full, TREEPTR_MAX, &old);
		if (!ret && (old.len != text->len ||
			     memcmp(old.ptr, text->ptr, old.len)))
			ret = FAIL_REQUEST;
		else if (ret == FAIL_MISSING)
			ret = temp_write(full, text->ptr, text->len,
					 TEMP_EXCL);
		else if (ret)
			ret = FAIL_REQUEST;
		fail_clear();
		free(*where);
		*where = name;
		buf_release(&old);
		free(full);
	}
	return ret == FAIL_REQUEST ? 0 : ret;
}

static int conflict(struct merge *m)
{
	char *where;
	int ret = leave_theirs(m, &where);

	if (ret)
		return ret;
	if (where)
		say("error: ", "both sides changed '%s'; ours was kept, theirs "
		    "is '%s'", quoted(m->path), quoted(where));
	else
		say("error: ", "both sides changed '%s'; ours was kept, theirs "
		    "is in git's index, stage 3", quoted(m->path));
	free(where);
	return 1;
}

static int merge(struct merge *m)
{
	int ret = load(m);

	if (ret)
		return ret;
	/* Only what the pointer says of itself was changed on one side. */
	if (same_text(m, OURS, BASE) && same_text(m, THEIRS, BASE))
		return 0;
	if (same_text(m, OURS, BASE))
		return answer(m, &m->text[THEIRS]);
	if (same_text(m, THEIRS, BASE) || same(m, OURS, THEIRS) ||
	    same(m, THEIRS, BASE))
		return 0;
	if (same(m, OURS, BASE) && m->pointer[THEIRS])
		return answer(m, &m->text[THEIRS]);
	ret = merge_trees(m);
	return ret < 0 ? ret : ret ? 0 : conflict(m);
}

int cmd_merge_driver(int argc, const char **argv)
{
	struct merge m = {
		.medo = MEDO_INIT,
		.text = { BUF_INIT, BUF_INIT, BUF_INIT },
		.ptr = { TREEPTR_INIT, TREEPTR_INIT, TREEPTR_INIT },
	};
	const struct opt opts[] = { OPT_END };
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 4)
		opt_usage(usage, opts, "merge-driver takes what git gives it");
	for (int i = 0; i < NSIDES; i++)
		m.file[i] = argv[i];
	m.path = argv[3];
	ret = medo_open(&m.medo, MEDO_REPO);
	if (!ret)
		ret = merge(&m);
	for (int i = 0; i < NSIDES; i++) {
		treeptr_release(&m.ptr[i]);
		buf_release(&m.text[i]);
	}
	medo_release(&m.medo);
	return ret;
}
