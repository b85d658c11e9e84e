#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

ssize_t file_read_some(int fd, const char *name, void *buf, size_t len)
{
	for (;;) {
		ssize_t n = read(fd, buf, len);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return fail_errno("cannot read '%s'", quoted(name));
	}
}

/* `step`: so much is likely to come. */
static int read_all(int fd, const char *name, size_t max, size_t step,
		    struct buf *out)
{
	size_t start = out->len;
	ssize_t n;

	do {
		size_t room = MIN(max - (out->len - start), step) + 1;

		buf_grow(out, room);
		n = file_read_some(fd, name, out->ptr + out->len, room);
		if (n > 0)
			buf_setlen(out, out->len + (size_t)n);
		if (out->len - start > max)
			n = fail(FAIL_FORMAT, "'%s' is over %zu bytes",
				 quoted(name), max);
	} while (n > 0);
	if (n)
		buf_setlen(out, start);
	return (int)n;
}

int file_read_fd(int fd, const char *name, size_t max, struct buf *out)
{
	return read_all(fd, name, max, 65536, out);
}

int file_read(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(FAIL_MISSING, "'%s' is not there", quoted(path));
	if (fd < 0)
		return fail_errno("cannot open '%s'", quoted(path));
	if (fstat(fd, &st))
		ret = fail_errno("cannot stat '%s'", quoted(path));
	else if (!S_ISREG(st.st_mode))
		ret = fail(FAIL_FORMAT, "'%s' is not a regular file",
			   quoted(path));
	else
		/* A hint: a file may grow, and /proc says 0. */
		ret = read_all(fd, path, max, (size_t)MAX(st.st_size, 4096),
			       out);
	close(fd);
	return ret;
}

int file_pread(int fd, uint64_t off, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read");
		if (!n)
			return fail(FAIL_CORRUPT, "file ends too early");
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int file_pwrite(int fd, uint64_t off, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot write");
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Takes over `fd`. */
static int list_and_close(int fd, const char *what, struct strs *names)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	int ret = 0;

	if (!dir) {
		ret = fail_errno("cannot list '%s'", quoted(what));
		close(fd);
		return ret;
	}
	while (errno = 0, (d = readdir(dir)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			strs_add(names, d->d_name);
	if (errno)
		ret = fail_errno("cannot list '%s'", quoted(what));
	closedir(dir);
	strs_sort(names);
	return ret;
}

int file_list_fd(int dirfd, struct strs *names)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno("cannot list a directory");
	return list_and_close(fd, ".", names);
}

int file_list(const char *path, struct strs *names)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(FAIL_MISSING, "'%s' is not a directory",
			    quoted(path));
	if (fd < 0)
		return fail_errno("cannot open '%s'", quoted(path));
	return list_and_close(fd, path, names);
}

int file_exists(const char *path)
{
	struct stat st;

	if (!lstat(path, &st))
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return fail_errno("cannot stat '%s'", quoted(path));
}

/* Without openat2: each component alone, none of them a symlink. */
static int open_by_steps(int dirfd, const char *path, int flags, unsigned mode)
{
	int at = dirfd, fd = -1, saved;
	char name[NAME_MAX + 1];

	if (*path == '/') {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = !path[len];

		if (len > NAME_MAX || !len) {
			errno = len ? ENAMETOOLONG : ENOENT;
			fd = -1;
			break;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		if (!strcmp(name, "..")) {
			errno = EXDEV;
			fd = -1;
			break;
		}
		fd = openat(at, name, O_NOFOLLOW | O_CLOEXEC |
			    (last ? flags : O_RDONLY | O_DIRECTORY), mode);
		if (fd < 0 || last)
			break;
		if (at != dirfd)
			close(at);
		at = fd;
		path += len + 1;
	}
	saved = errno;
	if (at != dirfd)
		close(at);
	errno = saved;
	return fd;
}

static int open_beneath(int dirfd, const char *path, int flags, unsigned mode)
{
#ifdef SYS_openat2
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	/* An old kernel, or a sandbox that does not know the call. */
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN))
		return fd;
#endif
	return open_by_steps(dirfd, path, flags, mode);
}

int file_open_beneath(int dirfd, const char *path, int flags, unsigned mode)
{
	int fd = open_beneath(dirfd, path, flags, mode);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		return fail(FAIL_MISSING, "'%s' is not there", quoted(path));
	case EXDEV:
	case ELOOP:
		return fail(FAIL_DENIED, "'%s' leads through a symlink or "
			    "out of its directory", quoted(path));
	default:
		return fail_errno("cannot open '%s'", quoted(path));
	}
}

char *file_absolute(const char *path)
{
	struct buf buf = BUF_INIT;
	char *cwd = NULL;

	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		buf_adds(&buf, cwd && strcmp(cwd, "/") ? cwd : "");
	}
	free(cwd);
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !memcmp(path, "..", 2)) {
			while (buf.len && buf.ptr[buf.len - 1] != '/')
				buf_setlen(&buf, buf.len - 1);
			if (buf.len)
				buf_setlen(&buf, buf.len - 1);
		} else if (len && !(len == 1 && *path == '.')) {
			buf_addc(&buf, '/');
			buf_add(&buf, path, len);
		}
		path += len;
		while (*path == '/')
			path++;
	}
	if (!buf.len)
		buf_addc(&buf, '/');
	return buf_detach(&buf);
}

const char *file_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
