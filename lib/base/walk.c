#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/walk.h"

#include <fcntl.h>

struct walk {
	int (*each)(void *data, const char *path, const struct stat *st);
	void *data;
	struct strs todo;	/* directories that were seen, not entered */
};

static int enter(struct walk *walk, int rootfd, const char *dir)
{
	struct strs names = STRS_INIT;
	struct buf path = BUF_INIT;
	int fd = file_open_beneath(rootfd, *dir ? dir : ".",
				   O_RDONLY | O_DIRECTORY, 0);
	int ret = fd < 0 ? fd : file_list_fd(fd, &names);
	struct stat st;

	for (size_t i = 0; !ret && i < names.n; i++) {
		buf_reset(&path);
		buf_addf(&path, "%s%s%s", dir, *dir ? "/" : "", names.v[i]);
		if (fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW))
			ret = fail_errno("cannot stat '%s'", quoted(path.ptr));
		else
			ret = walk->each(walk->data, path.ptr, &st);
		if (!ret && S_ISDIR(st.st_mode))
			strs_add(&walk->todo, path.ptr);
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	strs_release(&names);
	return ret;
}

int walk_tree(int rootfd, int (*each)(void *data, const char *path,
				      const struct stat *st), void *data)
{
	struct walk walk = { .each = each, .data = data };
	int ret = 0;

	strs_add(&walk.todo, "");
	while (!ret && walk.todo.n) {
		char *dir = walk.todo.v[--walk.todo.n];

		ret = enter(&walk, rootfd, dir);
		free(dir);
	}
	strs_release(&walk.todo);
	return ret;
}
