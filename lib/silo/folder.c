#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/backend.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/*
 * A folder on this disk.  Reading goes beneath the descriptor of its root
 * and through no symlink: a silo that somebody else may write to must not be
 * able to show us /etc/shadow under the name of a blob.
 */
static int open_name(struct backend *b, const char *name, uint64_t *size)
{
	int fd = file_open_beneath(b->fd, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	int ret;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		ret = fail_errno("cannot stat '%s'", quoted(name));
	else if (!S_ISREG(st.st_mode))
		ret = fail(FAIL_DENIED, "'%s' is not a regular file",
			   quoted(name));
	else
		ret = 0;
	if (ret) {
		close(fd);
		return ret;
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

static int folder_read(struct backend *b, const char *name, uint64_t from,
		       uint64_t to, unsigned how UNUSED,
		       const struct sink *sink, uint64_t *total)
{
	int fd = open_name(b, name, total), ret = 0;

	if (fd < 0)
		return fd;
	to = MIN(to, *total);
	while (!ret && from < to) {
		struct block *block = block_new();

		block->len = (size_t)MIN(to - from, PIECE_SIZE);
		ret = file_pread(fd, from, block->data, block->len);
		if (!ret)
			ret = sink->take(sink->data, block);
		from += block->len;
		block_drop(block);
	}
	close(fd);
	return ret;
}

static char *full(struct backend *b, const char *name)
{
	return xstrfmt("%s/%s", b->path, name);
}

/*
 * The directory that will hold `name`, made if missing.  No part of it may
 * be a symlink, or what we put would land elsewhere.
 */
int backend_parent(struct backend *b, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *dir = slash ? xmemdup(name, (size_t)(slash - name)) : NULL;
	char *path = dir ? full(b, dir) : NULL;
	int ret = 0, fd;

	if (!dir)
		return 0;
	fd = file_open_beneath(b->fd, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd == FAIL_MISSING) {
		fail_clear();
		ret = temp_mkdirs(path, b->durable ? TEMP_DURABLE : 0);
		if (!ret)
			fd = file_open_beneath(b->fd, dir, O_RDONLY |
					       O_DIRECTORY, 0);
	}
	if (!ret && fd < 0)
		ret = fd;
	if (fd >= 0)
		close(fd);
	free(path);
	free(dir);
	return ret;
}

static int copy_in(int fd, const struct source *src)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	uint64_t off = 0;
	int ret = 0;

	while (!ret && off < src->size) {
		size_t n = (size_t)MIN(src->size - off, PIECE_SIZE);

		ret = stop_check();
		if (!ret)
			ret = src->read(src->data, off, buf, n);
		if (!ret)
			ret = file_pwrite(fd, off, buf, n);
		off += n;
	}
	free(buf);
	return ret;
}

/*
 * By name only: who reads it goes through open_name() and finds a symlink on
 * the way there.
 */
static int folder_has(struct backend *b, const char *name, uint64_t *size)
{
	struct stat st;

	if (fstatat(b->fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return fail_errno("cannot look for '%s' in '%s'", name,
				  quoted(b->url));
	}
	if (!S_ISREG(st.st_mode))
		return fail(FAIL_DENIED, "'%s' in '%s' is not a regular file",
			    name, quoted(b->url));
	*size = (uint64_t)st.st_size;
	return 1;
}

static int folder_put(struct backend *b, const char *name,
		      const struct source *src)
{
	struct temp temp = TEMP_INIT;
	char *path = full(b, name);
	int ret = backend_parent(b, name), taken = 0;
	uint64_t size;

	if (!ret)
		ret = temp_open(&temp, b->path);
	if (!ret)
		ret = copy_in(temp.fd, src);
	if (!ret)
		taken = folder_has(b, name, &size);
	if (!ret)
		ret = taken < 0 ? taken :
		      temp_commit(&temp, path, TEMP_KEEP_OLD |
				  (b->durable ? TEMP_DURABLE : 0));
	temp_drop(&temp);
	free(path);
	return ret ? ret : taken;
}

/*
 * rename(2) never replaces a directory that is not empty, on any file system,
 * so a claim is a directory with one file (design: LEDGER).
 */
static int folder_claim(struct backend *b, const char *name, const void *data,
			size_t len)
{
	struct stage stage = STAGE_INIT;
	const char *slash = strrchr(name, '/');
	char *dir, *path, *inside = NULL;
	int ret;

	if (!slash)
		return fail(FAIL_REQUEST, "'%s' cannot be claimed", name);
	dir = xmemdup(name, (size_t)(slash - name));
	path = full(b, dir);
	ret = backend_parent(b, dir);
	if (!ret)
		ret = stage_open(&stage, b->path);
	if (!ret) {
		inside = xstrfmt("%s%s", stage_path(&stage), slash);
		ret = temp_write(inside, data, len,
				 TEMP_EXCL | (b->durable ? TEMP_DURABLE : 0));
	}
	if (!ret) {
		ret = stage_commit(&stage, NULL, path,
				   b->durable ? TEMP_DURABLE : 0);
		if (ret == FAIL_REQUEST) {
			fail_clear();
			ret = 0;
		} else if (!ret) {
			ret = 1;
		}
	}
	stage_drop(&stage);
	free(inside);
	free(path);
	free(dir);
	return ret;
}

static int folder_replace(struct backend *b, const char *name,
			  const void *data, size_t len)
{
	char *path = full(b, name);
	int ret = backend_parent(b, name);

	if (!ret)
		ret = temp_write(path, data, len,
				 b->durable ? TEMP_DURABLE : 0);
	free(path);
	return ret;
}

struct lister {
	int (*each)(void *data, const char *name, uint64_t size);
	void *data;
	struct strs todo;	/* directories, relative to the root */
};

static int list_dir(struct backend *b, struct lister *l, const char *dir)
{
	struct strs names = STRS_INIT;
	int fd = file_open_beneath(b->fd, *dir ? dir : ".",
				   O_RDONLY | O_DIRECTORY, 0);
	int ret = fd < 0 ? fd : file_list_fd(fd, &names);

	for (size_t i = 0; !ret && i < names.n; i++) {
		struct stat st;
		char *name = xstrfmt("%s%s%s", dir, *dir ? "/" : "",
				     names.v[i]);

		if (fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW)) {
			if (errno != ENOENT)
				ret = fail_errno("cannot stat '%s'",
						 quoted(name));
		} else if (S_ISDIR(st.st_mode)) {
			strs_add(&l->todo, name);
		} else {
			ret = l->each(l->data, name, (uint64_t)st.st_size);
		}
		free(name);
	}
	if (fd >= 0)
		close(fd);
	strs_release(&names);
	return ret;
}

static int folder_list(struct backend *b, const char *prefix,
		       int (*each)(void *data, const char *name, uint64_t size),
		       void *data)
{
	struct lister l = { .each = each, .data = data };
	int ret = 0;

	strs_add(&l.todo, prefix);
	while (!ret && l.todo.n) {
		char *dir = l.todo.v[--l.todo.n];

		ret = list_dir(b, &l, dir);
		if (ret == FAIL_MISSING) {
			fail_clear();
			ret = 0;
		}
		free(dir);
	}
	strs_release(&l.todo);
	return ret;
}

static int folder_remove(struct backend *b, const char *name)
{
	return file_remove_tree(b->fd, name);
}

static int folder_now(struct backend *b UNUSED, int64_t *out)
{
	*out = time(NULL);
	return 0;
}

static void folder_close(struct backend *b)
{
	close(b->fd);
	free(b->path);
	free(b->url);
	free(b);
}

static const struct backend_ops folder_ops = {
	.read = folder_read,
	.put = folder_put,
	.claim = folder_claim,
	.replace = folder_replace,
	.has = folder_has,
	.list = folder_list,
	.remove = folder_remove,
	.now = folder_now,
	.close = folder_close,
};

int backend_folder(struct backend **out, const char *path, bool create,
		   bool durable)
{
	struct backend *b;
	int fd, ret;

	if (create) {
		ret = temp_mkdirs(path, durable ? TEMP_DURABLE : 0);
		if (ret)
			return ret;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && !create && (errno == ENOENT || errno == ENOTDIR))
		return fail(FAIL_NET, "there is no silo at '%s'", quoted(path));
	if (fd < 0)
		return fail_errno("cannot open silo '%s'", quoted(path));
	b = xcalloc(1, sizeof(*b));
	b->ops = &folder_ops;
	b->path = file_absolute(path);
	b->url = xstrdup(b->path);
	b->fd = fd;
	b->durable = durable;
	*out = b;
	return 0;
}
