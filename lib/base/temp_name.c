#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "base/temp_int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#define RENAME_EXCHANGE (1 << 1)
#endif

static int rename_flags(const char *from, const char *to, unsigned flags)
{
#ifdef SYS_renameat2
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static bool not_known_here(int err)
{
	return err == ENOSYS || err == EINVAL || err == EOPNOTSUPP;
}

int temp_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xmemdup(path, (size_t)(slash - path)) :
		    xstrdup(".");
	int fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		ret = fail_errno("cannot open '%s'", quoted(dir));
	else if (fsync(fd) && errno != EINVAL && errno != EROFS)
		ret = fail_errno("cannot sync '%s'", quoted(dir));
	if (fd >= 0)
		close(fd);
	free(dir);
	return ret;
}

/* 0 done, 1 the name was taken, or a failure. */
static int name_if_free(const char *from, const char *to)
{
	struct stat st;

	if (!rename_flags(from, to, RENAME_NOREPLACE))
		return 0;
	if (not_known_here(errno)) {
		if (!link(from, to)) {
			unlink(from);
			return 0;
		}
		/* Neither: a file system for one writer at a time. */
		if (errno != EEXIST && lstat(to, &st) && errno == ENOENT &&
		    !rename(from, to))
			return 0;
	}
	if (errno == EEXIST || errno == ENOTEMPTY)
		return 1;
	return fail_errno("cannot name '%s'", quoted(to));
}

int temp_move(const char *from, const char *to, unsigned flags)
{
	int ret;

	if (flags & (TEMP_KEEP_OLD | TEMP_EXCL)) {
		ret = name_if_free(from, to);
		if (ret > 0 && flags & TEMP_EXCL)
			return fail(FAIL_REQUEST, "'%s' is there already",
				    quoted(to));
		if (ret > 0) {
			unlink(from);
			ret = 0;
		}
	} else {
		ret = rename(from, to) ?
		      fail_errno("cannot rename to '%s'", quoted(to)) : 0;
	}
	if (!ret && flags & TEMP_DURABLE)
		ret = temp_sync_parent(to);
	return ret;
}

int temp_rename(const char *from, const char *to, bool swap)
{
	struct buf aside = BUF_INIT;
	int ret;

	if (swap && !rename_flags(from, to, RENAME_EXCHANGE))
		return 0;
	if (swap && errno != ENOENT && !not_known_here(errno))
		return fail_errno("cannot replace '%s'", quoted(to));
	if (swap && errno != ENOENT) {
		/* In three steps; a crash between them leaves the old aside. */
		buf_addf(&aside, "%s.old", from);
		ret = rename(to, aside.ptr) || rename(from, to) ||
		      rename(aside.ptr, from) ?
		      fail_errno("cannot replace '%s'", quoted(to)) : 0;
		buf_release(&aside);
		return ret;
	}
	ret = name_if_free(from, to);
	if (ret > 0)
		return fail(FAIL_REQUEST, "'%s' is there already", quoted(to));
	return ret;
}

int stage_swap(const struct stage *stage, const char *inner, int dirfd,
	       const char *name)
{
#ifdef SYS_renameat2
	if (!syscall(SYS_renameat2, stage->fd, inner, dirfd, name,
		     RENAME_EXCHANGE))
		return 1;
#else
	errno = ENOSYS;
#endif
	if (not_known_here(errno) && !renameat(stage->fd, inner, dirfd, name))
		return 0;
	if (errno == ENOENT)
		return fail(FAIL_MISSING, "'%s' is not there any more",
			    quoted(name));
	if (errno == EXDEV)
		return fail(FAIL_REQUEST, "'%s' is on another file system",
			    quoted(name));
	return fail_errno("cannot replace '%s'", quoted(name));
}

int temp_mkdirs(const char *path, unsigned flags)
{
	int ret = file_exists(path);
	char *copy, *p;

	if (ret)
		return MIN(ret, 0);
	p = copy = xstrdup(path);
	for (;;) {
		char *slash = strchr(p + (*p == '/'), '/');

		if (slash)
			*slash = '\0';
		if (*copy && !mkdir(copy, 0777)) {
			if (flags & TEMP_DURABLE)
				ret = temp_sync_parent(copy);
		} else if (*copy && errno != EEXIST) {
			ret = fail_errno("cannot make directory '%s'",
					 quoted(copy));
		}
		if (ret || !slash)
			break;
		*slash = '/';
		p = slash + 1;
		while (*p == '/')
			p++;
		if (!*p)
			break;
	}
	free(copy);
	return ret;
}

/* Is its maker alive?  Then its lock is held. */
static bool orphan(int fd)
{
	return !flock(fd, LOCK_EX | LOCK_NB);
}

void temp_unlock(const char *path, const char *dir)
{
	struct strs names = STRS_INIT;
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (at < 0 || file_list_fd(at, &names))
		goto out;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		struct stat mark, lock;
		int fd;

		if (!starts_with(name, LOCK_PREFIX))
			continue;
		fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			    O_NONBLOCK);
		if (fd < 0)
			continue;
		if (orphan(fd) && !fstat(fd, &mark)) {
			if (!lstat(path, &lock) && lock.st_ino == mark.st_ino &&
			    lock.st_dev == mark.st_dev)
				unlink(path);
			unlinkat(at, name, 0);
		}
		close(fd);
	}
out:
	fail_clear();
	strs_release(&names);
	if (at >= 0)
		close(at);
}

int temp_take_over(const char *path)
{
	static const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	struct stat st, by_name;
	int fd;

	if (lstat(path, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return FAIL_MISSING;
	fd = open(path, flags);
	/* A commit that failed had taken our right to write. */
	if (fd < 0 && errno == EACCES && !chmod(path, 0600))
		fd = open(path, flags);
	if (fd < 0)
		return errno == ENOENT ? FAIL_MISSING :
		       fail_errno("cannot open '%s'", quoted(path));
	/* It may have got its name while we looked. */
	if (orphan(fd) && !fstat(fd, &st) && !lstat(path, &by_name) &&
	    st.st_ino == by_name.st_ino && st.st_dev == by_name.st_dev)
		return fd;
	close(fd);
	return FAIL_MISSING;
}

void temp_sweep(const char *dir)
{
	struct strs names = STRS_INIT;
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (at < 0 || file_list_fd(at, &names))
		goto out;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		struct stat st;
		int fd;

		if (!starts_with(name, TEMP_PREFIX) ||
		    strlen(name) != strlen(TEMP_PREFIX) + 6 ||
		    fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) ||
		    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) ||
		    st.st_uid != geteuid())
			continue;
		fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			    O_NONBLOCK);
		if (fd < 0)
			continue;
		if (orphan(fd) && file_remove_tree(at, name))
			say("warning: ", "%s", fail_text());
		close(fd);
	}
out:
	fail_clear();
	strs_release(&names);
	if (at >= 0)
		close(at);
}
