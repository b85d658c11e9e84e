#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/extract_int.h"

#include <fcntl.h>
#include <sys/stat.h>

static int slot_fd(struct extract *x, int slot)
{
	return slot < 0 ? x->dirfd : x->slots[slot].fd;
}

static void slot_close(struct extract *x, struct dir_slot *slot)
{
	if (slot->fd < 0)
		return;
	close(slot->fd);
	slot->fd = -1;
	x->dirs[slot->dir].slot = -1;
}

void dir_close_all(struct extract *x)
{
	for (size_t i = 0; i < x->nslots; i++)
		slot_close(x, &x->slots[i]);
}

/* A slot that is empty, or the one that was not used for the longest time. */
static int slot_find(struct extract *x)
{
	int best = -1;

	for (size_t i = 0; i < x->nslots; i++) {
		if (x->slots[i].pins)
			continue;
		if (x->slots[i].fd < 0)
			return (int)i;
		if (best < 0 || x->slots[i].used < x->slots[best].used)
			best = (int)i;
	}
	return best;
}

static int slot_open(struct extract *x, uint32_t node, int *out)
{
	struct dir *dir = &x->dirs[x->table.nodes[node].info];
	struct buf path = BUF_INIT;
	int slot, fd, ret;

	while ((slot = slot_find(x)) < 0) {
		ret = job_relieve(x);
		if (ret)
			return ret < 0 ? ret :
			       fail(FAIL_SYSTEM, "too many open directories");
	}
	slot_close(x, &x->slots[slot]);
	nodes_path(&x->table, node, &path);
	fd = file_open_beneath(x->dirfd, path.ptr, O_RDONLY | O_DIRECTORY |
			       O_NOFOLLOW, 0);
	buf_release(&path);
	if (fd < 0)
		return fd;
	x->slots[slot].fd = fd;
	x->slots[slot].dir = x->table.nodes[node].info;
	dir->slot = slot;
	*out = slot;
	return 0;
}

int dir_pin(struct extract *x, uint32_t node, int *slot)
{
	int ret;

	*slot = -1;
	if (node == ROOT)
		return x->dirfd;
	*slot = x->dirs[x->table.nodes[node].info].slot;
	if (*slot < 0) {
		ret = slot_open(x, node, slot);
		if (ret)
			return ret;
	}
	x->slots[*slot].pins++;
	x->slots[*slot].used = ++x->clock;
	return slot_fd(x, *slot);
}

void dir_unpin(struct extract *x, int slot)
{
	if (slot >= 0)
		x->slots[slot].pins--;
}

int refuse_twin(struct extract *x, uint32_t node, int dirfd)
{
	const struct node *nodes = x->table.nodes;
	struct buf path = BUF_INIT;
	const char *twin = NULL;
	struct stat st, other;
	int ret;

	nodes_path(&x->table, node, &path);
	if (!fstatat(dirfd, nodes[node].name, &st, AT_SYMLINK_NOFOLLOW))
		for (size_t i = 1; i < x->table.n && !twin; i++)
			if (i != node &&
			    nodes[i].parent == nodes[node].parent &&
			    !fstatat(dirfd, nodes[i].name, &other,
				     AT_SYMLINK_NOFOLLOW) &&
			    st.st_ino == other.st_ino &&
			    st.st_dev == other.st_dev)
				twin = nodes[i].name;
	if (twin)
		ret = fail(FAIL_FORMAT, "'%.1500s' and '%.1500s' are one name "
			   "on this file system", quoted(path.ptr),
			   quoted(twin));
	else
		ret = fail(FAIL_FORMAT, "'%s' is there already, and is not "
			   "ours", quoted(path.ptr));
	buf_release(&path);
	return ret;
}

int fail_node(struct extract *x, uint32_t node, int dirfd, const char *verb)
{
	struct buf path = BUF_INIT;
	int ret;

	if (errno == EEXIST)
		return refuse_twin(x, node, dirfd);
	ret = errno;	/* which allocating may change */
	nodes_path(&x->table, node, &path);
	errno = ret;
	ret = fail_errno("cannot %s '%s'", verb, quoted(path.ptr));
	buf_release(&path);
	return ret;
}

/*
 * What will the kernel take from the modes that we ask for?  Asking umask()
 * would change it for all threads, and a default ACL has its own idea.
 */
int dir_probe(struct extract *x)
{
	static const char name[] = "tmp_probe";
	struct stat st;

	if (x->probed)
		return 0;
	if (mkdirat(x->dirfd, name, 0777))
		return fail_errno("cannot create a directory");
	if (fstatat(x->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    unlinkat(x->dirfd, name, AT_REMOVEDIR))
		return fail_errno("cannot probe for modes");
	x->lost = 0777 & ~st.st_mode;
	x->probed = true;
	return 0;
}

int dir_make(struct extract *x, uint32_t parent, const char *name, size_t len,
	     uint32_t *out)
{
	int slot, fd, ret = 0;
	uint32_t node;

	fd = dir_pin(x, parent, &slot);
	if (fd < 0)
		return fd;
	node = nodes_add(&x->table, parent, name, len, ENTRY_DIR);
	ALLOC_GROW(x->dirs, x->ndirs, x->dirs_cap);
	x->dirs[x->ndirs] = (struct dir){ .node = node, .slot = -1,
					  .mode = 0755 };
	x->table.nodes[node].info = (uint32_t)x->ndirs++;
	name = x->table.nodes[node].name;
	if (mkdirat(fd, name, 0755) ||
	    (x->lost & 0755 && fchmodat(fd, name, 0755, 0)))
		ret = fail_node(x, node, fd, "create");
	dir_unpin(x, slot);
	*out = node;
	return ret;
}
