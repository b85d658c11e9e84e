#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "model/pack.h"
#include "silo/check_int.h"

#include <fcntl.h>
#include <sys/stat.h>

struct fill {
	int fd;
	uint64_t off;
};

static int fill_take(void *data, struct block *block)
{
	struct fill *fill = data;
	int ret = stop_check();

	if (!ret)
		ret = file_pwrite(fill->fd, fill->off, block->data, block->len);
	fill->off += block->len;
	return ret;
}

static int bring(struct backend *b, const char *name, int fd, uint64_t *size)
{
	struct fill fill = { .fd = fd };
	struct sink sink = { fill_take, &fill };
	int ret = b->ops->read(b, name, 0, UINT64_MAX, 0, &sink, size);

	if (!ret && fill.off != *size)
		ret = fail(FAIL_CORRUPT, "it has %" PRIu64 " bytes, and %" PRIu64
			   " of them came", *size, fill.off);
	return ret;
}

static int open_ranges(struct silo *silo, struct blob *blob)
{
	int ret = silo_blob_ranges(silo, blob);

	if (!ret)
		return fail(FAIL_MISSING, "it is gone");
	if (ret > 0 && blob->file_size == UINT64_MAX)
		return fail(FAIL_NET, "the server does not say how large it is");
	return MIN(ret, 0);
}

int check_open_far(struct silo *silo, struct check *check, const char *name,
		   struct blob *blob)
{
	struct backend *b = silo_backend(silo);
	struct temp temp = TEMP_INIT;
	int ret;

	snprintf(blob->name, sizeof(blob->name), "%s", name);
	if (check->quick) {
		ret = open_ranges(silo, blob);
	} else {
		ret = temp_open(&temp, check->scratch);
		if (!ret)
			ret = bring(b, name, temp.fd, &blob->file_size);
		/* It has no name any more and goes with its descriptor. */
		if (!ret) {
			blob->fd = fcntl(temp.fd, F_DUPFD_CLOEXEC, 3);
			if (blob->fd < 0)
				ret = fail_errno("cannot copy a descriptor");
		}
		temp_drop(&temp);
		blob->src = source_fd(&blob->fd, blob->file_size, blob->name);
	}
	return ret ? ret : gz_open(&blob->gz, &blob->src);
}

static int bring_to(struct backend *b, const char *name, const char *dir)
{
	struct temp temp = TEMP_INIT;
	char *path = xstrfmt("%s/%s", dir, name);
	uint64_t size;
	int ret = temp_open(&temp, dir);

	if (!ret)
		ret = bring(b, name, temp.fd, &size);
	if (!ret)
		ret = temp_commit(&temp, path, 0);
	temp_drop(&temp);
	free(path);
	return ret;
}

/* One pair at a time, so that scratch need not hold them all. */
static int check_pair(struct silo *silo, struct check *check, const char *idx,
		      struct packs_check *how)
{
	struct stage stage = STAGE_INIT;
	struct backend *b = silo_backend(silo);
	char *pack = xstrfmt("%.*s.pack", (int)strlen(idx) - 4, idx), *sub;
	int ret = stage_open(&stage, check->scratch);

	if (!ret) {
		sub = xstrfmt("%s/pack", stage_path(&stage));
		ret = temp_mkdirs(sub, 0);
		free(sub);
	}
	if (!ret)
		ret = bring_to(b, idx, stage_path(&stage));
	if (!ret)
		ret = bring_to(b, pack, stage_path(&stage));
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = check_tell(check, CHECK_CORRUPT, idx,
				 "its pack is not there");
	} else if (!ret) {
		ret = packs_check(stage.fd, silo_algo(silo), how);
	}
	stage_drop(&stage);
	free(pack);
	return ret;
}

int check_packs_far(struct silo *silo, struct check *check,
		    const struct strs *names, struct packs_check *how)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < names->n; i++) {
		const char *name = names->v[i];
		char *idx;

		if (ends_with(name, ".idx")) {
			ret = check_pair(silo, check, name, how);
			continue;
		}
		idx = xstrfmt("%.*s.idx", (int)strlen(name) - 5, name);
		if (!strs_has(names, idx))
			ret = check_tell(check, CHECK_STRANGE, name,
					 "it has no index");
		free(idx);
	}
	return ret;
}
