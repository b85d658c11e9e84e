#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

/*
 * Depth comes from archives, so no recursion: a stack of open directories,
 * whose deepest one is emptied first.
 */
struct level {
	DIR *dir;
	char *name;
};

static DIR *open_dir(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);
	DIR *dir;

	if (fd < 0 && errno == EACCES && !fchmodat(at, name, 0700, 0))
		fd = openat(at, name, flags);
	if (fd < 0)
		return NULL;
	if (!(dir = fdopendir(fd)))
		close(fd);
	return dir;
}

/*
 * 1: gone.  0: it is a directory that is not empty.  Else a failure.
 */
static int try_remove(int at, const char *name)
{
	if (!unlinkat(at, name, 0) || errno == ENOENT)
		return 1;
	if (errno == EISDIR || errno == EPERM) {
		if (!unlinkat(at, name, AT_REMOVEDIR) || errno == ENOENT)
			return 1;
		if (errno == ENOTEMPTY || errno == EEXIST)
			return 0;
		if (errno == ENOTDIR)
			errno = EPERM;
	}
	return -1;
}

static int remove_one(int at, const char *name)
{
	int ret = try_remove(at, name);

	/* Who may not write where it lies is not told what it is, either. */
	if (ret < 0 && errno == EACCES && !fchmod(at, 0700))
		ret = try_remove(at, name);
	return ret < 0 ? fail_errno("cannot remove '%s'", quoted(name)) : ret;
}

static int empty_level(struct level *level, DIR **deeper, char **name)
{
	int at = dirfd(level->dir), ret;
	struct dirent *d;

	rewinddir(level->dir);
	while (errno = 0, (d = readdir(level->dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		ret = remove_one(at, d->d_name);
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		*deeper = open_dir(at, d->d_name);
		if (!*deeper)
			return fail_errno("cannot open '%s'",
					  quoted(d->d_name));
		*name = xstrdup(d->d_name);
		return 0;
	}
	if (errno)
		return fail_errno("cannot list '%s'", quoted(level->name));
	return 1;
}

/*
 * An archive may nest deeper than a process may have files open, so only so
 * many levels stay open; what is deeper is first lifted next to the top.
 */
#define OPEN_MAX_LEVELS 64

static int lift(int top, int at, const char *name, unsigned *count)
{
	char lifted[64];

	snprintf(lifted, sizeof(lifted), ".lifted-%ld-%u", (long)getpid(),
		 (*count)++);
	if (renameat(at, name, top, lifted))
		return fail_errno("cannot remove '%s'", quoted(name));
	return 0;
}

int file_remove_tree(int fd, const char *name)
{
	struct level stack[OPEN_MAX_LEVELS];
	unsigned depth = 0, lifted = 0;
	int ret = remove_one(fd, name);

	if (ret)
		return ret < 0 ? ret : 0;
	stack[0].dir = open_dir(fd, name);
	if (!stack[0].dir)
		return fail_errno("cannot open '%s'", quoted(name));
	stack[0].name = xstrdup(name);
	depth = 1;
	while (depth) {
		struct level *level = &stack[depth - 1];
		DIR *deeper = NULL;
		char *child = NULL;
		int at;

		ret = empty_level(level, &deeper, &child);
		if (ret < 0)
			break;
		if (!ret && depth < OPEN_MAX_LEVELS) {
			stack[depth].dir = deeper;
			stack[depth++].name = child;
			continue;
		}
		if (!ret) {
			closedir(deeper);
			ret = lift(dirfd(stack[0].dir), dirfd(level->dir),
				   child, &lifted);
			free(child);
			if (ret < 0)
				break;
			continue;
		}
		at = depth > 1 ? dirfd(stack[depth - 2].dir) : fd;
		ret = unlinkat(at, level->name, AT_REMOVEDIR) ?
		      fail_errno("cannot remove '%s'", quoted(level->name)) : 0;
		closedir(level->dir);
		free(level->name);
		depth--;
		if (ret)
			break;
	}
	while (depth) {
		closedir(stack[--depth].dir);
		free(stack[depth].name);
	}
	return ret < 0 ? ret : 0;
}
