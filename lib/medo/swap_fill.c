#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/fetch.h"
#include "medo/swap_int.h"

#include <fcntl.h>

/* So much is inflated before index.lock is taken, for milliseconds. */
#define BATCH_FILES 256
#define BATCH_BYTES ((uint64_t)1 << 30)
/* What lies beside its file needs a stage each; temp.c has 64. */
#define BATCH_BESIDE 16

/*
 * Up to here a file is one thread's, beginning to end: two that write to one
 * file wait for each other, and what one core has inflated the other has to
 * fetch from its caches.
 */
#define ALONE_BYTES ((uint64_t)64 << 20)

/* So often we look whether our parent is there: it takes four calls. */
#define CHECK_BYTES ((uint64_t)4 << 20)

/* One file on its way. */
struct fill {
	struct job job;
	struct swap *swap;
	struct swap_item *item;
	struct meter *meter;
	struct swap_result *result;
	struct treeptr ptr;
	struct silo_expect expect;
	struct blob blob;
	struct pool *pool;	/* NULL: one thread's */
	char *path;
	int fd;
	uint64_t off;
};

static int take(void *data, struct block *block)
{
	struct fill *fill = data;
	const unsigned char *p = block->data;
	size_t len = block->len;
	int ret = fill->off % CHECK_BYTES ? 0 : swap_check(fill->swap);

	/* A piece of zeros becomes a hole. */
	if (!ret && len && (*p || memcmp(p, p + 1, len - 1)))
		ret = file_pwrite(fill->fd, fill->off, p, len);
	fill->off += len;
	return ret;
}

static int read_blob(struct fill *fill)
{
	struct sink sink = { take, fill };

	/* The terminal is the main thread's. */
	return blob_read(&fill->blob, &fill->expect, fill->pool, &sink,
			 fill->pool ? fill->meter : NULL);
}

static int run(struct job *job)
{
	return read_blob((struct fill *)(void *)job);
}

static int read_again(struct fill *fill)
{
	struct swap *swap = fill->swap;
	int ret = fetch_again(swap->medo, fill->path, &fill->ptr, &fill->blob);

	fill->expect.vouched = false;
	fill->off = 0;
	fill->pool = medo_pool(swap->medo);
	if (!ret && ftruncate(fill->fd, 0))
		ret = fail_errno("cannot truncate");
	return ret ? ret : read_blob(fill);
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

static int open_stage(struct fill *fill)
{
	struct swap *swap = fill->swap;
	struct swap_item *item = fill->item;
	struct stat st;
	int at = swap->stage.fd, ret;

	if (!fstat(at, &st) && st.st_dev != item->was.st_dev)
		item->beside = true;
	if (item->beside) {
		ret = stage_beside(swap, item, fill->path);
		if (ret)
			return ret;
		at = item->own.fd;
	}
	snprintf(item->name, sizeof(item->name), "%zu",
		 (size_t)(item - swap->v));
	fill->fd = openat(at, item->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  item->exec ? 0777 : 0666);
	return fill->fd < 0 ? fail_errno("cannot create a file") : 0;
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

/* `ret` is how it went; all is closed, and the item has its state. */
static int settle(struct fill *fill, int ret)
{
	struct swap *swap = fill->swap;
	struct swap_item *item = fill->item;

	if (!ret)
		ret = finish(swap, item, fill->fd);
	if (fill->fd >= 0 && close(fill->fd) && !ret)
		ret = fail_errno("cannot write");
	blob_close(&fill->blob);
	free(fill->path);
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
		count_missing(item, ret, fill->result);
		return 0;
	}
}

static int settle_read(struct fill *fill, int ret)
{
	struct swap *swap = fill->swap;

	if (!ret && !fill->expect.vouched)
		vouch_add(&swap->vouch, &fill->blob, &fill->expect);
	if (ret == FAIL_CORRUPT)
		ret = read_again(fill);
	return settle(fill, ret);
}

static int begin(struct fill *fill, struct swap *swap, struct swap_item *item)
{
	int ret;

	*fill = (struct fill){
		.job = JOB_INIT(run), .swap = swap, .item = item,
		.blob = BLOB_INIT, .fd = -1,
		.ptr = {
			.id = item->id, .size = item->size,
			.has_seal = item->has_seal, .seal = item->seal,
		},
		.path = xstrfmt("%s/%s", swap->medo->git.top, item->path),
	};
	fill->expect = medo_expect(&fill->ptr);
	ret = open_stage(fill);
	if (ret)
		return ret;
	if (swap->drop)
		return file_write(fill->fd, item->text, item->text_len);
	ret = fetch_open(swap->medo, fill->path, &fill->ptr, &fill->blob);
	if (!ret)
		fill->expect.vouched = vouch_trusts(&swap->vouch, &fill->blob,
						    &fill->expect);
	return ret;
}

/* The oldest of those that are under way. */
static int end(struct fill *fill)
{
	int ret = job_join(medo_pool(fill->swap->medo), &fill->job);

	meter_add(fill->meter, fill->item->size);
	return settle_read(fill, ret);
}

int swap_fill(struct swap *swap, size_t *at, struct meter *meter,
	      struct swap_result *result)
{
	struct pool *pool = medo_pool(swap->medo);
	/* One more than can run: nobody waits while the next is opened. */
	size_t cap = pool_threads(pool) + 1, begun = 0, ended = 0, files = 0;
	struct fill *fills = xcalloc(cap, sizeof(*fills));
	uint64_t bytes = 0;
	size_t beside = 0;
	int ret = 0;

	for (; *at < swap->n && files < BATCH_FILES && bytes < BATCH_BYTES &&
	     beside < BATCH_BESIDE; ++*at) {
		struct swap_item *item = &swap->v[*at];
		struct fill *fill = &fills[begun % cap];

		if (item->state != SWAP_FOUND)
			continue;
		ret = swap_check(swap);
		if (!ret && begun - ended == cap)
			ret = end(&fills[ended++ % cap]);
		if (ret)
			break;
		ret = begin(fill, swap, item);
		fill->meter = meter;
		fill->result = result;
		if (ret || swap->drop) {
			ret = settle(fill, ret);
		} else if (item->size > ALONE_BYTES) {
			fill->pool = pool;
			ret = settle_read(fill, read_blob(fill));
		} else {
			job_submit(pool, &fill->job);
			begun++;
		}
		if (ret)
			break;
		files++;
		beside += item->beside;
		bytes += item->size;
	}
	while (ended < begun) {
		int last = end(&fills[ended++ % cap]);

		ret = ret ? ret : last;
	}
	free(fills);
	return ret;
}
