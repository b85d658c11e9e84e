#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "medo/extract_int.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/*
 * Small files go to the pool by the batch, as opening one costs less than
 * waking a thread does.  A large one is opened here, and its pieces are
 * written at their offsets.  Content stays in the blocks it came in; these
 * figures bound how many of them wait.
 */
#define BATCH_FILES 32
#define BATCH_BYTES (2 * PIECE_SIZE)
#define FILE_SLICES 4
#define BATCH_SLICES (BATCH_FILES * FILE_SLICES + 1)
#define BATCH_BLOCKS 8
#define MAX_BATCHES 16
#define MAX_BLOCKS 32

/* Shorter runs of zeros are not worth a hole. */
#define HOLE_MIN 65536

struct slice {
	struct block *block;
	uint32_t off;
	uint32_t len;
};

struct small {
	const char *name;
	uint32_t node;
	int dirfd;
	int slot;
	uint16_t mode;
	uint16_t first, n;	/* slices */
	struct stamp stamp;
};

/* Lives until its end was seen and all its batches are joined. */
struct big {
	int fd;
	int slot;
	int dirfd;
	uint32_t node;
	uint64_t off;
	uint64_t size;
	struct stamp stamp;
	unsigned batches;
	bool ended;
	bool has_hole;
};

struct batch {
	struct job job;
	struct extract *x;
	struct batch *next;
	struct big *big;	/* or small files */
	uint64_t off;		/* in the big one */
	struct small files[BATCH_FILES];
	size_t nfiles;
	struct slice slices[BATCH_SLICES];
	size_t nslices;
	size_t nblocks;
	size_t bytes;
	bool has_hole;
	/* What went wrong, for the sentence that the caller's thread makes. */
	int error;
	const char *verb;
	uint32_t node;
	int dirfd;
};

/* --- in the pool -------------------------------------------------------- */

static int trouble(struct batch *batch, const char *verb, uint32_t node,
		   int dirfd)
{
	batch->error = errno;
	batch->verb = verb;
	batch->node = node;
	batch->dirfd = dirfd;
	return fail_errno("cannot %s a file", verb);
}

static int set_mtime(int fd, const struct stamp *stamp)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = stamp->sec, .tv_nsec = stamp->nsec },
	};

	return futimens(fd, times);
}

static int fill(struct batch *batch, const struct small *file, int fd)
{
	const struct slice *slice = batch->slices + file->first;
	const struct extract *x = batch->x;

	for (size_t i = 0; i < file->n; i++, slice++)
		if (file_write(fd, slice->block->data + slice->off, slice->len))
			return trouble(batch, "write", file->node,
				       file->dirfd);
	if (file->mode & x->lost && fchmod(fd, file->mode))
		return trouble(batch, "set the mode of", file->node,
			       file->dirfd);
	if (!x->opts.touch && set_mtime(fd, &file->stamp))
		return trouble(batch, "set the time of", file->node,
			       file->dirfd);
	return 0;
}

static int create(int dirfd, const char *name, unsigned mode)
{
	return openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		      O_CLOEXEC, mode);
}

static int run_small(struct batch *batch)
{
	int ret = 0, fd;

	for (size_t i = 0; i < batch->nfiles && !ret; i++) {
		struct small *file = &batch->files[i];

		fd = create(file->dirfd, file->name, file->mode);
		if (fd < 0)
			return trouble(batch, "create", file->node,
				       file->dirfd);
		ret = fill(batch, file, fd);
		if (close(fd) && !ret)
			ret = trouble(batch, "write", file->node, file->dirfd);
	}
	return ret;
}

static bool is_hole(const unsigned char *p, size_t len)
{
	return len >= HOLE_MIN && !*p && !memcmp(p, p + 1, len - 1);
}

static int run_big(struct batch *batch)
{
	uint64_t off = batch->off;

	for (size_t i = 0; i < batch->nslices; i++) {
		const struct slice *slice = &batch->slices[i];
		const unsigned char *p = slice->block->data + slice->off;

		if (is_hole(p, slice->len))
			batch->has_hole = true;
		else if (file_pwrite(batch->big->fd, off, p, slice->len))
			return trouble(batch, "write", batch->big->node,
				       batch->big->dirfd);
		off += slice->len;
	}
	return 0;
}

static int run(struct job *job)
{
	struct batch *batch = (struct batch *)job;

	if (__atomic_load_n(&batch->x->stop, __ATOMIC_RELAXED))
		return fail(FAIL_STOPPED, "stopped");
	return batch->big ? run_big(batch) : run_small(batch);
}

/* --- in the caller's thread --------------------------------------------- */

/* The last batch is through: size, time, and the verdict of close(). */
static int big_close(struct extract *x, struct big *big, int ret)
{
	if (!ret && big->ended) {
		if (big->has_hole && ftruncate(big->fd, (off_t)big->size))
			ret = fail_node(x, big->node, big->dirfd, "write");
		else if (!x->opts.touch && set_mtime(big->fd, &big->stamp))
			ret = fail_node(x, big->node, big->dirfd,
					"set the time of");
	}
	if (close(big->fd) && !ret)
		ret = fail_node(x, big->node, big->dirfd, "write");
	dir_unpin(x, big->slot);
	x->nbigs--;
	free(big);
	return ret;
}

static struct batch *batch_new(struct extract *x)
{
	struct batch *batch = x->spare;

	if (batch)
		x->spare = batch->next;
	else
		batch = xmalloc(sizeof(*batch));
	batch->job = (struct job)JOB_INIT(run);
	batch->x = x;
	batch->next = NULL;
	batch->big = NULL;
	batch->nfiles = batch->nslices = batch->nblocks = batch->bytes = 0;
	batch->has_hole = false;
	batch->error = 0;
	return batch;
}

static void batch_drop(struct extract *x, struct batch *batch)
{
	for (size_t i = 0; i < batch->nslices; i++)
		block_drop(batch->slices[i].block);
	for (size_t i = 0; i < batch->nfiles; i++)
		dir_unpin(x, batch->files[i].slot);
	x->nblocks -= batch->nblocks;
	batch->next = x->spare;
	x->spare = batch;
}

/* Join the oldest batch.  What goes wrong after a failure is not news. */
static int join_oldest(struct extract *x)
{
	struct batch *batch = x->oldest;
	struct big *big = batch->big;
	int ret;

	x->oldest = batch->next;
	if (!x->oldest)
		x->newest = NULL;
	x->nbatches--;
	ret = job_join(x->pool, &batch->job);
	if (ret < 0 && batch->error && !x->ret) {
		errno = batch->error;
		ret = fail_node(x, batch->node, batch->dirfd, batch->verb);
	}
	if (big) {
		big->has_hole |= batch->has_hole;
		big->batches--;
		if (big != x->big && !big->batches)
			ret = big_close(x, big, ret);
	}
	batch_drop(x, batch);
	if (ret < 0 && !x->ret) {
		x->ret = ret;
		__atomic_store_n(&x->stop, true, __ATOMIC_RELAXED);
	}
	return ret < 0 ? ret : 0;
}

/* Join what has run already, and what is too much. */
static int reap(struct extract *x)
{
	int ret;

	while (x->oldest && (x->nbatches > MAX_BATCHES ||
			     x->nblocks > MAX_BLOCKS ||
			     job_done(x->pool, &x->oldest->job))) {
		ret = join_oldest(x);
		if (ret)
			return ret;
	}
	return 0;
}

static int submit(struct extract *x)
{
	struct batch *batch = x->cur;

	x->cur = NULL;
	if (x->newest)
		x->newest->next = batch;
	else
		x->oldest = batch;
	x->newest = batch;
	x->nbatches++;
	if (batch->big)
		batch->big->batches++;
	job_submit(x->pool, &batch->job);
	return reap(x);
}

int job_relieve(struct extract *x)
{
	int ret = 0;

	if (x->cur && !x->in_file)
		ret = submit(x);	/* which may join it at once */
	else if (!x->oldest)
		return 1;
	return !ret && x->oldest ? join_oldest(x) : ret;
}

int job_drain(struct extract *x)
{
	int ret = 0;

	if (x->cur && !x->ret)
		ret = submit(x);
	while (x->oldest && !ret)
		ret = join_oldest(x);
	return ret;
}

static bool is_full(const struct batch *batch)
{
	return batch->bytes >= BATCH_BYTES || batch->nfiles == BATCH_FILES ||
	       batch->nblocks >= BATCH_BLOCKS;
}

static int big_begin(struct extract *x, uint32_t node, unsigned mode,
		     const struct entry *entry)
{
	const struct node *n = &x->table.nodes[node];
	int slot, dirfd, fd, ret = 0;

	if (x->cur)
		ret = submit(x);
	/* Where directories may not be many, neither may these. */
	while (!ret && x->oldest && x->nbigs >= (x->nslots + 1) / 2)
		ret = join_oldest(x);
	if (ret)
		return ret;
	dirfd = dir_pin(x, n->parent, &slot);
	if (dirfd < 0)
		return dirfd;
	fd = create(dirfd, n->name, mode);
	if (fd < 0 || (mode & x->lost && fchmod(fd, mode))) {
		ret = fail_node(x, node, dirfd, "create");
		if (fd >= 0)
			close(fd);
		dir_unpin(x, slot);
		return ret;
	}
	x->nbigs++;
	x->big = xcalloc(1, sizeof(*x->big));
	x->big->fd = fd;
	x->big->slot = slot;
	x->big->dirfd = dirfd;
	x->big->node = node;
	x->big->size = entry->size;
	x->big->stamp = (struct stamp){ entry->mtime, entry->mtime_nsec };
	return 0;
}

int job_begin(struct extract *x, uint32_t node, const struct entry *entry)
{
	const struct node *n = &x->table.nodes[node];
	unsigned mode = x->opts.preserve ? entry->mode & 0777 :
			entry->mode & 0100 ? 0755 : 0644;
	struct small *file;
	int slot, dirfd;

	if (entry->size > PIECE_SIZE)
		return big_begin(x, node, mode, entry);
	dirfd = dir_pin(x, n->parent, &slot);
	if (dirfd < 0)
		return dirfd;
	if (!x->cur)
		x->cur = batch_new(x);
	file = &x->cur->files[x->cur->nfiles++];
	file->name = n->name;
	file->node = node;
	file->dirfd = dirfd;
	file->slot = slot;
	file->mode = (uint16_t)mode;
	file->first = (uint16_t)x->cur->nslices;
	file->n = 0;
	file->stamp = (struct stamp){ entry->mtime, entry->mtime_nsec };
	return 0;
}

/* Bytes that go on where those before ended, in one file, are one slice. */
static void add_slice(struct extract *x, struct batch *batch, size_t first,
		      struct block *block, size_t off, size_t len)
{
	struct slice *slice = batch->slices + batch->nslices;
	bool same = batch->nslices && slice[-1].block == block;

	batch->bytes += len;
	if (same && batch->nslices > first &&
	    slice[-1].off + slice[-1].len == off) {
		slice[-1].len += (uint32_t)len;
		return;
	}
	if (!same) {
		batch->nblocks++;
		x->nblocks++;
	}
	slice->block = block_hold(block);
	slice->off = (uint32_t)off;
	slice->len = (uint32_t)len;
	batch->nslices++;
}

/*
 * A small file that comes in crumbs would hold a block for each; they all
 * fit into one.
 */
static void compact(struct extract *x, struct batch *batch, size_t first)
{
	struct block *one = block_new();

	for (size_t i = first; i < batch->nslices; i++) {
		struct slice *slice = &batch->slices[i];

		memcpy(one->data + one->len, slice->block->data + slice->off,
		       slice->len);
		one->len += slice->len;
		block_drop(slice->block);
	}
	batch->slices[first] = (struct slice){ one, 0, (uint32_t)one->len };
	x->nblocks -= batch->nblocks;
	batch->nslices = first + 1;
	batch->nblocks = batch->nslices;	/* at most */
	x->nblocks += batch->nblocks;
}

static int big_content(struct extract *x, struct block *block, size_t off,
		       size_t len)
{
	if (!x->cur) {
		x->cur = batch_new(x);
		x->cur->big = x->big;
		x->cur->off = x->big->off;
	}
	add_slice(x, x->cur, 0, block, off, len);
	x->big->off += len;
	return is_full(x->cur) ? submit(x) : 0;
}

int job_content(struct extract *x, struct block *block, size_t off, size_t len)
{
	struct small *file;

	if (x->big)
		return big_content(x, block, off, len);
	file = &x->cur->files[x->cur->nfiles - 1];
	add_slice(x, x->cur, file->first, block, off, len);
	if (x->cur->nslices - file->first > FILE_SLICES)
		compact(x, x->cur, file->first);
	file->n = (uint16_t)(x->cur->nslices - file->first);
	return reap(x);
}

int job_end(struct extract *x)
{
	struct big *big = x->big;
	int ret;

	if (!big)
		return is_full(x->cur) ? submit(x) : 0;
	big->ended = true;
	ret = x->cur ? submit(x) : 0;
	x->big = NULL;
	return big->batches ? ret : big_close(x, big, ret);
}

void job_release(struct extract *x)
{
	char *sentence = xstrdup(fail_text());
	struct batch *next;

	__atomic_store_n(&x->stop, true, __ATOMIC_RELAXED);
	if (!x->ret)
		x->ret = FAIL_STOPPED;
	while (x->oldest)
		join_oldest(x);
	if (x->cur)
		batch_drop(x, x->cur);
	if (x->big)
		big_close(x, x->big, x->ret);
	for (; x->spare; x->spare = next) {
		next = x->spare->next;
		free(x->spare);
	}
	fail_adopt(sentence);
	free(sentence);
}
