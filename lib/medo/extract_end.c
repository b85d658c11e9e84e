#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/extract_int.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/*
 * Where the tree begins for whoever will use it: a single top directory will
 * become the tree itself.
 */
static uint32_t floor_of(const struct extract *x)
{
	return extract_single_top(x) && !x->keep_top ? x->table.top : ROOT;
}

/*
 * May going up follow from here?  Only along directories that are surely
 * directories: behind a symlink ".." leads to somewhere else than it seems,
 * and a name that is not there may be one of ours in another spelling where
 * the file system does not tell them apart.  What only goes down stays inside,
 * as each symlink on its way was looked at in the same manner.
 */
static bool leads_out(const struct extract *x, const struct symlink *link)
{
	uint32_t floor = floor_of(x), at = x->table.nodes[link->node].parent;
	const char *p = link->target;
	bool sure = true;

	if (*p == '/')
		return true;
	while (*p) {
		size_t len = strcspn(p, "/");

		if (len == 2 && !memcmp(p, "..", 2)) {
			if (!sure || at == floor)
				return true;
			at = x->table.nodes[at].parent;
		} else if (sure && len && !(len == 1 && *p == '.')) {
			uint32_t child = nodes_find(&x->table, at, p, len);

			sure = child != NO_NODE &&
			       x->table.nodes[child].type == ENTRY_DIR;
			at = sure ? child : at;
		}
		p += len;
		p += *p == '/';
	}
	return false;
}

static int check_symlinks(struct extract *x)
{
	struct buf path = BUF_INIT;
	int ret = 0;

	for (size_t i = 0; i < x->nsymlinks && !ret; i++) {
		const struct symlink *link = &x->symlinks[i];

		if (!leads_out(x, link))
			continue;
		nodes_path(&x->table, link->node, &path);
		ret = fail(FAIL_DENIED, "symlink '%.1500s' leads out of the "
			   "tree, to '%.1500s'; --allow-links-out allows that",
			   quoted(path.ptr), quoted(link->target));
	}
	buf_release(&path);
	return ret;
}

static int make_hardlink(struct extract *x, uint32_t node)
{
	const struct node *n = &x->table.nodes[node];
	const struct node *first = &x->table.nodes[n->info];
	int slot, fd, first_slot, first_fd, ret = 0;

	fd = dir_pin(x, n->parent, &slot);
	if (fd < 0)
		return fd;
	first_fd = dir_pin(x, first->parent, &first_slot);
	if (first_fd < 0)
		ret = first_fd;
	else if (linkat(first_fd, first->name, fd, n->name, 0))
		ret = fail_node(x, node, fd, "link");
	if (first_fd >= 0)
		dir_unpin(x, first_slot);
	dir_unpin(x, slot);
	return ret;
}

static int make_symlink(struct extract *x, const struct symlink *link)
{
	const struct node *node = &x->table.nodes[link->node];
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = link->stamp.sec, .tv_nsec = link->stamp.nsec },
	};
	int slot, fd, ret = 0;

	fd = dir_pin(x, node->parent, &slot);
	if (fd < 0)
		return fd;
	if (symlinkat(link->target, fd, node->name))
		ret = fail_node(x, link->node, fd, "create symlink");
	else if (!x->opts.touch &&
		 utimensat(fd, node->name, times, AT_SYMLINK_NOFOLLOW))
		ret = fail_node(x, link->node, fd, "set the time of");
	dir_unpin(x, slot);
	return ret;
}

int end_links(struct extract *x)
{
	int ret = x->opts.links_out ? 0 : check_symlinks(x);

	for (size_t i = 0; i < x->nhardlinks && !ret; i++)
		ret = make_hardlink(x, x->hardlinks[i]);
	for (size_t i = 0; i < x->nsymlinks && !ret; i++)
		ret = make_symlink(x, &x->symlinks[i]);
	return ret;
}

static int end_dir(struct extract *x, const struct dir *dir)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = dir->stamp.sec, .tv_nsec = dir->stamp.nsec },
	};
	bool set_time = dir->listed && !x->opts.touch;
	bool set_mode = dir->mode != 0755;
	int slot, fd, ret = 0;

	if (!set_time && !set_mode)
		return 0;
	fd = dir_pin(x, dir->node, &slot);
	if (fd < 0)
		return fd;
	if (set_mode && fchmod(fd, dir->mode))
		ret = fail_node(x, dir->node, fd, "set the mode of");
	else if (set_time && futimens(fd, times))
		ret = fail_node(x, dir->node, fd, "set the time of");
	dir_unpin(x, slot);
	return ret;
}

/* Children came after their parents: backwards is deepest first. */
int end_dirs(struct extract *x)
{
	int ret = 0;

	for (size_t i = x->ndirs; i-- && !ret;)
		ret = end_dir(x, &x->dirs[i]);
	return ret;
}
