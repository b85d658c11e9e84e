#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/fetch.h"
#include "medo/swap_int.h"

#include <fcntl.h>

struct fill {
	struct swap *swap;
	int fd;
	uint64_t off;
};

static int take(void *data, struct block *block)
{
	struct fill *fill = data;
	const unsigned char *p = block->data;
	size_t len = block->len;
	int ret = swap_check(fill->swap);

	/* A piece of zeros becomes a hole. */
	if (!ret && len && (*p || memcmp(p, p + 1, len - 1)))
		ret = file_pwrite(fill->fd, fill->off, p, len);
	fill->off += len;
	return ret;
}

static int read_blob(struct swap *swap, struct swap_item *item,
		     const char *path, int fd, struct meter *meter)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct fill fill = { .swap = swap, .fd = fd };
	struct sink sink = { take, &fill };
	struct blob blob = BLOB_INIT;
	struct silo_expect expect;
	int ret;

	ptr.id = item->id;
	ptr.size = item->size;
	ptr.has_seal = item->has_seal;
	ptr.seal = item->seal;
	expect = medo_expect(&ptr);
	ret = fetch_open(swap->medo, path, &ptr, &blob);
	if (!ret) {
		expect.vouched = vouch_trusts(&swap->vouch, &blob, &expect);
		ret = blob_read(&blob, &expect, medo_pool(swap->medo), &sink,
				meter);
	}
	if (!ret && !expect.vouched)
		vouch_add(&swap->vouch, &blob, &expect);
	if (ret == FAIL_CORRUPT) {
		expect.vouched = false;
		fill.off = 0;
		ret = fetch_again(swap->medo, path, &ptr, &blob);
		if (!ret && ftruncate(fd, 0))
			ret = fail_errno("cannot truncate");
		if (!ret)
			ret = blob_read(&blob, &expect, medo_pool(swap->medo),
					&sink, meter);
	}
	blob_close(&blob);
	return ret;
}

/*
 * The time is that of the pointer that git wrote a moment ago: for make(1)
 * the checkout was then, and git need not suspect the file of having changed
 * in the second in which the index was written.
 */
static int finish(struct swap *swap, struct swap_item *item, int fd)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT }, item->was.st_mtim,
	};

	if (ftruncate(fd, swap->drop ? (off_t)item->text_len :
		      (off_t)item->size) ||
	    (swap->fresh && futimens(fd, times)) || fstat(fd, &item->made))
		return fail_errno("cannot finish");
	return 0;
}

/*
 * On another file system than $GIT_DIR: beside the file, where rename(2) can
 * reach it, and .gitignore keeps `git add .` away.
 */
static int stage_beside(struct swap *swap, struct swap_item *item,
			const char *path)
{
	char *dir = xmemdup(path, (size_t)(file_basename(path) - path));
	int ret, fd;

	medo_sweep(swap->medo, dir);
	ret = stage_open(&item->own, dir);
	free(dir);
	if (ret)
		return ret;
	fd = openat(item->own.fd, ".gitignore", O_WRONLY | O_CREAT | O_EXCL |
		    O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno("cannot create '.gitignore'");
	ret = file_write(fd, "*\n", 2);
	close(fd);
	return ret;
}

static int fill_stage(struct swap *swap, struct swap_item *item,
		      const char *path, struct meter *meter)
{
	struct stat st;
	int at = swap->stage.fd, fd, ret;

	if (!fstat(at, &st) && st.st_dev != item->was.st_dev)
		item->beside = true;
	if (item->beside) {
		ret = stage_beside(swap, item, path);
		if (ret)
			return ret;
		at = item->own.fd;
	}
	snprintf(item->name, sizeof(item->name), "%zu",
		 (size_t)(item - swap->v));
	fd = openat(at, item->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		    item->exec ? 0777 : 0666);
	if (fd < 0)
		return fail_errno("cannot create a file");
	if (swap->drop)
		ret = file_write(fd, item->text, item->text_len);
	else
		ret = read_blob(swap, item, path, fd, meter);
	if (!ret)
		ret = finish(swap, item, fd);
	if (close(fd) && !ret)
		ret = fail_errno("cannot write");
	return ret;
}

static void count_missing(const struct swap_item *item, int ret,
			  struct swap_result *result)
{
	if (!result->missing++) {
		result->missing_code = ret;
		result->missing_why = xstrdup(fail_text());
	}
	result->missing_bytes += item->size;
	fail_clear();
}

int swap_fill(struct swap *swap, struct swap_item *item, struct meter *meter,
	      struct swap_result *result)
{
	char *path = xstrfmt("%s/%s", swap->medo->git.top, item->path);
	int ret = fill_stage(swap, item, path, meter);

	free(path);
	if (!ret) {
		item->state = SWAP_READY;
		return 0;
	}
	swap_unstage(swap, item);
	switch (ret) {
	case FAIL_STOPPED:
		return ret;
	case FAIL_SYSTEM:
		say("warning: ", "'%s' stays a pointer: %s",
		    quoted(item->path), fail_text());
		fail_clear();
		item->state = SWAP_FAILED;
		return 0;
	default:
		item->state = SWAP_MISSING;
		count_missing(item, ret, result);
		return 0;
	}
}
