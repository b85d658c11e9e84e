#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"

#include <sys/stat.h>

static bool same_fs(const char *via, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xmemdup(path, (size_t)(slash - path) + 1) :
		    xstrdup(".");
	struct stat a, b;
	bool same = !stat(via, &a) && !stat(dir, &b) && a.st_dev == b.st_dev;

	free(dir);
	return same;
}

static int write_in(const char *via, const char *path, const void *data,
		    size_t len, unsigned flags)
{
	struct temp temp = TEMP_INIT;
	int ret = temp_open(&temp, via);

	if (!ret) {
		ret = file_write(temp.fd, data, len);
		if (ret)
			ret = fail_in(ret, "'%s'", quoted(path));
	}
	if (!ret)
		ret = temp_commit(&temp, path, flags);
	temp_drop(&temp);
	return ret;
}

int temp_write_via(const char *via, const char *path, const void *data,
		   size_t len, unsigned flags)
{
	int ret;

	/* Bind mounts have one device and two file systems: then try again. */
	if (via && same_fs(via, path)) {
		ret = write_in(via, path, data, len, flags);
		if (ret != FAIL_SYSTEM)
			return ret;
		fail_clear();
	}
	return temp_write(path, data, len, flags);
}
