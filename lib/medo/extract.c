#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/extract_int.h"

#include <sys/resource.h>

#define NAMES_MAX 20000000

static const char *const type_names[] = {
	[ENTRY_FILE] = "a file",
	[ENTRY_DIR] = "a directory",
	[ENTRY_SYMLINK] = "a symlink",
	[ENTRY_HARDLINK] = "a hard link",
};

static int refuse_second(struct extract *x, uint32_t node,
			 const struct entry *entry)
{
	enum entry_type type = x->table.nodes[node].type;

	if (type == entry->type)
		return fail(FAIL_FORMAT, "'%s' is in the archive twice, both "
			    "times as %s", quoted(entry->path),
			    type_names[type]);
	return fail(FAIL_FORMAT, "'%s' is in the archive twice, as %s and as "
		    "%s", quoted(entry->path), type_names[type],
		    type_names[entry->type]);
}

static int refuse_parent(struct extract *x, uint32_t node, const char *path)
{
	struct buf parent = BUF_INIT;
	int ret;

	nodes_path(&x->table, node, &parent);
	ret = fail(FAIL_FORMAT, "'%.1500s' lies in '%.1500s', which is %s in "
		   "this archive", quoted(path), quoted(parent.ptr),
		   type_names[x->table.nodes[node].type]);
	buf_release(&parent);
	return ret;
}

/* The reader has looked at paths already; here they become system calls. */
static bool is_safe(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!len || (path[0] == '.' &&
			     (len == 1 || (len == 2 && path[1] == '.'))))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/* Directories that no entry mentions cost inodes as well. */
static int check_room(const struct extract *x)
{
	uint64_t max = x->opts.names ? x->opts.names : NAMES_MAX;

	if (x->table.n <= max && x->table.n < NO_NODE - 1)
		return 0;
	return fail(FAIL_DENIED, "more than the limit entries=%" PRIu64 " of "
		    "one archive; 'medo.maxEntries' raises it", max);
}

/* The directory that `len` bytes of `path` name, made if it is missing. */
static int find_parent(struct extract *x, const char *path, size_t len,
		       uint32_t *out)
{
	const char *p = path, *end = path + len;
	uint32_t node = ROOT;
	int ret;

	if (len == x->last_parent.len &&
	    !memcmp(path, x->last_parent.ptr, len)) {
		*out = x->last_node;
		return 0;
	}
	while (p < end) {
		size_t n = strcspn(p, "/");
		uint32_t child = nodes_find(&x->table, node, p, n);

		if (child == NO_NODE) {
			ret = check_room(x);
			if (!ret)
				ret = dir_make(x, node, p, n, &child);
			if (ret)
				return ret;
		} else if (x->table.nodes[child].type != ENTRY_DIR) {
			return refuse_parent(x, child, path);
		}
		node = child;
		p += n + 1;
	}
	buf_reset(&x->last_parent);
	buf_add(&x->last_parent, path, len);
	*out = x->last_node = node;
	return 0;
}

static int begin_dir(struct extract *x, uint32_t parent, const char *name,
		     const struct entry *entry)
{
	uint32_t node = nodes_find(&x->table, parent, name, strlen(name));
	struct dir *dir;
	int ret;

	if (node == NO_NODE) {
		ret = dir_make(x, parent, name, strlen(name), &node);
		if (ret)
			return ret;
	} else if (x->table.nodes[node].type != ENTRY_DIR) {
		return refuse_second(x, node, entry);
	}
	dir = &x->dirs[x->table.nodes[node].info];
	dir->listed = true;
	dir->mode = x->opts.preserve ? entry->mode & 0777 : 0755;
	dir->stamp = (struct stamp){ entry->mtime, entry->mtime_nsec };
	return 0;
}

/*
 * Only what this archive has made as a file can get a second name.  The link
 * is made in the end, when the file is sure to be there.
 */
static int begin_hardlink(struct extract *x, uint32_t node,
			  const struct entry *entry, uint32_t first)
{
	struct node *nodes = x->table.nodes;

	if (first != NO_NODE && nodes[first].type == ENTRY_HARDLINK)
		first = nodes[first].info;
	if (first == NO_NODE || nodes[first].type != ENTRY_FILE)
		return fail(FAIL_FORMAT, "hard link '%.1500s' to '%.1500s', "
			    "which is no file that came before",
			    quoted(entry->path), quoted(entry->link));
	nodes[node].info = first;
	ALLOC_GROW(x->hardlinks, x->nhardlinks, x->hardlinks_cap);
	x->hardlinks[x->nhardlinks++] = node;
	return 0;
}

static void begin_symlink(struct extract *x, uint32_t node,
			  const struct entry *entry)
{
	struct symlink *link;

	ALLOC_GROW(x->symlinks, x->nsymlinks, x->symlinks_cap);
	link = &x->symlinks[x->nsymlinks++];
	link->node = node;
	link->target = nodes_keep(&x->table, entry->link, strlen(entry->link));
	link->stamp = (struct stamp){ entry->mtime, entry->mtime_nsec };
}

static int begin_other(struct extract *x, uint32_t parent, const char *name,
		       const struct entry *entry)
{
	uint32_t node = nodes_find(&x->table, parent, name, strlen(name));
	uint32_t first = NO_NODE;
	int ret;

	if (node != NO_NODE)
		return refuse_second(x, node, entry);
	if (entry->type == ENTRY_HARDLINK)
		first = nodes_lookup(&x->table, entry->link);
	node = nodes_add(&x->table, parent, name, strlen(name), entry->type);
	switch (entry->type) {
	case ENTRY_HARDLINK:
		return begin_hardlink(x, node, entry, first);
	case ENTRY_SYMLINK:
		begin_symlink(x, node, entry);
		return 0;
	default:
		ret = job_begin(x, node, entry);
		x->in_file = !ret;
		x->left = entry->size;
		return ret;
	}
}

static int begin(struct extract *x, const struct entry *entry)
{
	const char *slash = strrchr(entry->path, '/');
	const char *name = slash ? slash + 1 : entry->path;
	uint32_t parent = ROOT;
	int ret;

	if (!is_safe(entry->path))
		return fail(FAIL_FORMAT, "unsafe path '%s'",
			    quoted(entry->path));
	ret = stop_check();
	if (!ret)
		ret = dir_probe(x);
	if (!ret)
		ret = check_room(x);
	if (!ret && slash)
		ret = find_parent(x, entry->path, (size_t)(slash - entry->path),
				  &parent);
	if (ret)
		return ret;
	return entry->type == ENTRY_DIR ? begin_dir(x, parent, name, entry) :
					  begin_other(x, parent, name, entry);
}

/* The first failure is kept: whoever asks again gets the same answer. */
static int settle(struct extract *x, int ret)
{
	if (ret && !x->ret)
		x->ret = ret;
	return ret;
}

static int on_begin(void *data, const struct entry *entry)
{
	struct extract *x = data;

	return x->ret ? x->ret : settle(x, begin(x, entry));
}

static int on_content(void *data, struct block *block, size_t off, size_t len)
{
	struct extract *x = data;

	if (x->ret || !len)
		return x->ret;
	if (!x->in_file || len > x->left)
		return settle(x, fail(FAIL_FORMAT, "more content than the "
				      "entry announced"));
	x->left -= len;
	return settle(x, job_content(x, block, off, len));
}

static int on_end(void *data)
{
	struct extract *x = data;

	if (x->ret || !x->in_file)
		return x->ret;
	if (x->left)
		return settle(x, fail(FAIL_FORMAT, "less content than the "
				      "entry announced"));
	x->in_file = false;
	return settle(x, job_end(x));
}

struct entry_handler extract_handler(struct extract *x)
{
	return (struct entry_handler){
		.begin = on_begin, .content = on_content, .end = on_end,
		.data = x,
	};
}

/* Others need descriptors too. */
static size_t affordable_slots(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= 256)
		return DIR_SLOTS;
	return MAX(limit.rlim_cur / 4, 4);
}

struct extract *extract_new(int dirfd, struct pool *pool,
			    const struct extract_opts *opts)
{
	struct extract *x = xcalloc(1, sizeof(*x));

	x->dirfd = dirfd;
	x->pool = pool;
	if (opts)
		x->opts = *opts;
	x->last_parent = (struct buf)BUF_INIT;
	x->nslots = affordable_slots();
	for (size_t i = 0; i < x->nslots; i++)
		x->slots[i].fd = -1;
	nodes_init(&x->table);
	return x;
}

void extract_keep_top(struct extract *x)
{
	x->keep_top = true;
}

int extract_finish(struct extract *x)
{
	int ret = x->ret;

	if (!ret && x->in_file)
		ret = fail(FAIL_FORMAT, "the archive ends within a file");
	if (!ret)
		ret = job_drain(x);
	if (!ret)
		ret = end_links(x);
	if (!ret)
		ret = end_dirs(x);
	return settle(x, ret);
}

void extract_free(struct extract *x)
{
	if (!x)
		return;
	job_release(x);
	dir_close_all(x);
	nodes_release(&x->table);
	buf_release(&x->last_parent);
	free(x->dirs);
	free(x->symlinks);
	free(x->hardlinks);
	free(x);
}

const char *extract_single_top(const struct extract *x)
{
	const struct node *top = &x->table.nodes[x->table.top];

	if (x->table.ntops != 1 || top->type != ENTRY_DIR)
		return NULL;
	return top->name;
}
