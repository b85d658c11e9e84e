#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/tar.h"
#include "medo/dirtar_int.h"

#include <fcntl.h>
#include <time.h>

void stamp_of(struct stamp *stamp, const struct stat *st)
{
	*stamp = (struct stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.ctime = st->st_ctim.tv_sec,
		.mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_nsec = (uint32_t)st->st_ctim.tv_nsec,
	};
}

bool stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime == b->mtime && a->mtime_nsec == b->mtime_nsec &&
	       a->ctime == b->ctime && a->ctime_nsec == b->ctime_nsec;
}

int dirtar_bad(const struct dirtar *d, const char *path, const char *fmt, ...)
{
	struct buf name = BUF_INIT, text = BUF_INIT;
	size_t len = strlen(d->root);
	va_list ap;
	int ret;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	quote_add(&name, d->root, len);
	if (*path && len && d->root[len - 1] != '/')
		buf_addc(&name, '/');
	quote_add(&name, path, MIN(strlen(path), 300));
	ret = fail(FAIL_REQUEST, "'%s%s' %s", name.ptr,
		   strlen(path) > 300 ? "..." : "", text.ptr);
	buf_release(&name);
	buf_release(&text);
	return ret;
}

void dirtar_entry(const struct dirtar *d, const struct node *node,
		  struct entry *entry)
{
	bool file = node->type == ENTRY_FILE || node->type == ENTRY_HARDLINK;

	*entry = (struct entry){
		.type = (enum entry_type)node->type,
		.path = node->path,
		.mode = file && !(node->mode & 0100) ? 0644 : 0755,
		.mtime = d->opts.keep_mtime ? node->stamp.mtime : TAR_MTIME,
	};
	if (node->type == ENTRY_FILE)
		entry->size = node->stamp.size;
	if (d->opts.keep_mode)
		entry->mode = node->mode;
	if (node->type == ENTRY_SYMLINK) {
		entry->link = node->target;
		entry->mode = 0777;
	}
	if (node->type == ENTRY_HARDLINK)
		entry->link = d->nodes[node->first].path;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path,
		      ((const struct node *)b)->path);
}

static size_t hash_inode(const struct stamp *stamp)
{
	uint64_t h = (stamp->ino + stamp->dev * 0x9e3779b97f4a7c15) *
		     0xff51afd7ed558ccd;

	return (size_t)(h ^ h >> 32);
}

/* The second and later names of one file become links to the first. */
static void find_hard_links(struct dirtar *d)
{
	size_t n = 0, cap = 16, *table;

	for (size_t i = 0; i < d->n; i++)
		n += d->nodes[i].shared;
	if (!n)
		return;
	while (cap < 2 * n)
		cap *= 2;
	table = xcalloc(cap, sizeof(*table));
	for (size_t i = 0; i < d->n; i++) {
		struct node *node = &d->nodes[i];
		size_t at;

		if (!node->shared)
			continue;
		at = hash_inode(&node->stamp) & (cap - 1);
		for (; table[at]; at = (at + 1) & (cap - 1))
			if (d->nodes[table[at] - 1].stamp.ino ==
			    node->stamp.ino &&
			    d->nodes[table[at] - 1].stamp.dev ==
			    node->stamp.dev)
				break;
		if (table[at]) {
			node->type = ENTRY_HARDLINK;
			node->first = table[at] - 1;
		} else {
			table[at] = i + 1;
		}
	}
	free(table);
}

/* Give each entry its place in the tar. */
static int plan(struct dirtar *d)
{
	struct entry entry;
	uint64_t off = 0;

	d->no_tree = d->opts.keep_mtime || d->opts.keep_mode;
	for (size_t i = 0; i < d->n; i++) {
		struct node *node = &d->nodes[i];
		size_t head;

		dirtar_entry(d, node, &entry);
		head = tar_header_size(&entry);
		node->off = off;
		node->blocks = (unsigned char)(head / 512);
		off += head;
		if (entry.size > INT64_MAX - off - TAR_END_SIZE - 512)
			return dirtar_bad(d, node->path, "is too large: the "
					  "tar would pass 2^63 bytes");
		off += entry.size + tar_padding(entry.size);
		if (node->type == ENTRY_HARDLINK ||
		    (node->type == ENTRY_DIR && !node->has_child))
			d->no_tree = true;
	}
	d->size = off;
	return 0;
}

/*
 * A file that is written twice within one tick of the clock looks the same
 * after both.  Start to read only when that tick is over.
 */
static void wait_for_tick(const struct dirtar *d)
{
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 };
	const int64_t second = 1000 * 1000 * 1000;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < d->n; i++) {
		const struct stamp *stamp = &d->nodes[i].stamp;
		int64_t age = now.tv_sec - stamp->ctime;

		if (age < -1 || age > 1)
			continue;
		age = age * second + now.tv_nsec - (int64_t)stamp->ctime_nsec;
		if (age < tick.tv_nsec && age > -tick.tv_nsec) {
			nanosleep(&tick, NULL);
			return;
		}
	}
}

static int load(struct dirtar *d)
{
	struct stat st;
	int ret;

	d->fd = open(*d->root ? d->root : ".",
		     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st))
		return fail_errno("cannot open '%s'", quoted(d->root));
	stamp_of(&d->stamp, &st);
	ret = dirtar_walk(d);
	if (ret < 0)
		return ret;
	if (d->problem)
		return fail(FAIL_REQUEST, "%s", d->problem);
	if (d->n) {
		d->nodes = xrealloc(d->nodes, d->n, sizeof(*d->nodes));
		d->cap = d->n;
		qsort(d->nodes, d->n, sizeof(*d->nodes), by_path);
	}
	find_hard_links(d);
	ret = plan(d);
	if (ret < 0)
		return ret;
	if (d->opts.tree != ID_NONE && !d->no_tree) {
		d->ids = xcalloc(d->n, id_raw_size(d->opts.tree));
		d->id_state = xcalloc(d->n, 1);
	}
	wait_for_tick(d);
	return 0;
}

int dirtar_open(struct dirtar **out, const char *path,
		const struct dirtar_opts *opts)
{
	struct dirtar *d = xcalloc(1, sizeof(*d));
	int ret;

	d->root = xstrdup(path);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		d->root[n - 1] = '\0';
	d->fd = -1;
	if (opts)
		d->opts = *opts;
	ret = load(d);
	if (ret < 0) {
		dirtar_close(d);
		return ret;
	}
	*out = d;
	return 0;
}

void dirtar_close(struct dirtar *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	dirtar_free_arena(d);
	free(d->nodes);
	free(d->problem);
	free(d->root);
	free(d->ids);
	free(d->id_state);
	free(d);
}

uint64_t dirtar_count(const struct dirtar *d)
{
	return d->n;
}

static int recheck(const struct dirtar *d, const struct node *node)
{
	struct stamp stamp;
	struct stat st;

	if (fstatat(d->fd, node->path, &st, AT_SYMLINK_NOFOLLOW))
		return dirtar_bad(d, node->path, "vanished while it was read");
	stamp_of(&stamp, &st);
	if (!stamp_eq(&stamp, &node->stamp))
		return dirtar_bad(d, node->path, "changed while it was read");
	return 0;
}

/* Directories last: what changed in one is the better thing to name. */
int dirtar_recheck(struct dirtar *d)
{
	struct stamp stamp;
	struct stat st;
	int ret = 0;

	for (int dirs = 0; dirs < 2; dirs++)
		for (size_t i = 0; i < d->n && !ret; i++)
			if ((d->nodes[i].type == ENTRY_DIR) == dirs)
				ret = recheck(d, &d->nodes[i]);
	if (ret)
		return ret;
	if (fstat(d->fd, &st))
		return fail_errno("cannot stat '%s'", quoted(d->root));
	stamp_of(&stamp, &st);
	if (!stamp_eq(&stamp, &d->stamp))
		return dirtar_bad(d, "", "changed while it was read");
	return 0;
}
