#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/entry.h"
#include "medo/dirtar_int.h"

#include <fcntl.h>
#include <limits.h>

/*
 * The nodes are the queue: each directory is read when its turn comes, so
 * one descriptor is open at any depth, and nothing recurses.
 */
#define CHUNK_SIZE 65536

struct chunk {
	struct chunk *next;
	size_t used;
	char data[CHUNK_SIZE];
};

static char *keep(struct dirtar *d, size_t len)
{
	struct chunk *chunk = d->arena;

	if (!chunk || CHUNK_SIZE - chunk->used < len) {
		chunk = xmalloc(sizeof(*chunk));
		chunk->next = d->arena;
		chunk->used = 0;
		d->arena = chunk;
	}
	chunk->used += len;
	return chunk->data + chunk->used - len;
}

/* The first problem is the result; the others are said on the way. */
static void problem(struct dirtar *d, const char *path, const char *why)
{
	dirtar_bad(d, path, "%s", why);
	if (d->problem)
		say("error: ", "%s", fail_text());
	else
		d->problem = xstrdup(fail_text());
	fail_clear();
}

static void problem_errno(struct dirtar *d, const char *path, int err)
{
	char why[128];

	if (err == ENOENT || err == ENOTDIR || err == ELOOP || err == ESTALE) {
		problem(d, path, "changed while it was read");
		return;
	}
	snprintf(why, sizeof(why), "cannot be read: %s", strerror(err));
	problem(d, path, why);
}

static const char *unfit(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return "it is a socket";
	case S_IFIFO:
		return "it is a fifo";
	case S_IFCHR:
		return "it is a character device";
	case S_IFBLK:
		return "it is a block device";
	default:
		return "it is of an unknown type";
	}
}

static bool type_of(mode_t mode, enum entry_type *type)
{
	if (S_ISREG(mode))
		*type = ENTRY_FILE;
	else if (S_ISDIR(mode))
		*type = ENTRY_DIR;
	else if (S_ISLNK(mode))
		*type = ENTRY_SYMLINK;
	else
		return false;
	return true;
}

/* May it be stored?  What the mode grants to all needs no further call. */
static bool check(struct dirtar *d, int fd, const char *name, const char *path,
		  const struct stat *st, enum entry_type *type)
{
	const char *why = NULL;
	char text[128];

	if (!type_of(st->st_mode, type))
		why = unfit(st->st_mode);
	else
		why = entry_path_trouble(path, strlen(path), *type);
	if (why) {
		snprintf(text, sizeof(text), "cannot be stored: %s", why);
		problem(d, path, text);
		return false;
	}
	if (*type == ENTRY_FILE && (st->st_mode & 0444) != 0444 &&
	    faccessat(fd, name, R_OK, AT_EACCESS)) {
		problem_errno(d, path, errno);
		return false;
	}
	return true;
}

static bool read_target(struct dirtar *d, int fd, const char *name,
			struct node *node)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, name, target, sizeof(target));
	char *copy;

	if (n <= 0 || n >= (ssize_t)sizeof(target)) {
		problem_errno(d, node->path, n < 0 ? errno : ENAMETOOLONG);
		return false;
	}
	copy = keep(d, (size_t)n + 1);
	memcpy(copy, target, (size_t)n);
	copy[n] = '\0';
	node->target = copy;
	return true;
}

/* 1 when something was stored. */
static int add(struct dirtar *d, int fd, const char *name, const char *path)
{
	struct node node = { .path = path };
	enum entry_type type;
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		problem_errno(d, path, errno);
		return 0;
	}
	if (!check(d, fd, name, path, &st, &type))
		return 0;
	stamp_of(&node.stamp, &st);
	node.type = (unsigned char)type;
	node.mode = st.st_mode & 07777;
	node.shared = type == ENTRY_FILE && st.st_nlink > 1;
	if (type == ENTRY_SYMLINK && !read_target(d, fd, name, &node))
		return 0;
	ALLOC_GROW(d->nodes, d->n, d->cap);
	d->nodes[d->n++] = node;
	return 1;
}

/* Open what the walk saw as a directory; its stamp is taken again here. */
static int enter(struct dirtar *d, const char *path, struct stamp *stamp)
{
	struct stamp fresh;
	struct stat st;
	int fd = file_open_beneath(d->fd, *path ? path : ".",
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0) {
		problem_errno(d, path, fd == FAIL_MISSING ? ENOENT :
			      fd == FAIL_DENIED ? ELOOP : errno);
		return -1;
	}
	if (fstat(fd, &st)) {
		problem_errno(d, path, errno);
		close(fd);
		return -1;
	}
	stamp_of(&fresh, &st);
	if (fresh.dev != stamp->dev || fresh.ino != stamp->ino) {
		problem(d, path, "changed while it was read");
		close(fd);
		return -1;
	}
	*stamp = fresh;
	return fd;
}

/* 1 when the directory holds something. */
static int scan(struct dirtar *d, const char *dir, struct stamp *stamp)
{
	struct strs names = STRS_INIT;
	size_t len = strlen(dir);
	struct stamp fresh = *stamp;
	int fd = enter(d, dir, &fresh), some = 0;

	if (fd < 0)
		return 0;
	*stamp = fresh;
	if (file_list_fd(fd, &names))
		problem_errno(d, dir, errno);
	for (size_t i = 0; i < names.n; i++) {
		size_t n = strlen(names.v[i]);
		char *path = keep(d, len + n + 2);

		if (len)
			memcpy(path, dir, len);
		path[len] = '/';
		memcpy(path + len + (len > 0), names.v[i], n + 1);
		some |= add(d, fd, names.v[i], path);
	}
	strs_release(&names);
	close(fd);
	return some;
}

int dirtar_walk(struct dirtar *d)
{
	struct stamp stamp = d->stamp;
	int ret = 0;

	scan(d, "", &stamp);
	d->stamp = stamp;
	for (size_t i = 0; i < d->n && !ret; i++) {
		bool has_child;

		if (d->nodes[i].type != ENTRY_DIR)
			continue;
		stamp = d->nodes[i].stamp;
		has_child = scan(d, d->nodes[i].path, &stamp);
		d->nodes[i].stamp = stamp;	/* the array may have moved */
		d->nodes[i].has_child = has_child;
		ret = stop_check();
	}
	return ret;
}

void dirtar_free_arena(struct dirtar *d)
{
	while (d->arena) {
		struct chunk *next = d->arena->next;

		free(d->arena);
		d->arena = next;
	}
}
