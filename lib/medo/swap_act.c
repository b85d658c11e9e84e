#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/swap_int.h"

#include <fcntl.h>
#include <time.h>

/* How long to wait for index.lock before we look at our parent again. */
#define LOCK_SLICE_MS 50

static const struct stage *stage_of(const struct swap *swap,
				    const struct swap_item *item)
{
	return item->beside ? &item->own : &swap->stage;
}

void swap_unstage(struct swap *swap, struct swap_item *item)
{
	if (*item->name)
		unlinkat(stage_of(swap, item)->fd, item->name, 0);
	*item->name = '\0';
	stage_drop(&item->own);
}

static int take_lock(struct swap *swap, struct index_lock *lock)
{
	unsigned left = swap->lock_ms;

	for (;;) {
		unsigned slice = MIN(left, LOCK_SLICE_MS);
		int ret = index_lock(lock, swap->index_path, swap->dir,
				     medo_algo(swap->medo), slice);

		left -= slice;
		if (ret != FAIL_REQUEST || !left)
			return ret;
		/* What is ready shall not be lost, but nobody waits for it. */
		ret = swap_check(swap);
		if (ret)
			return ret;
	}
}

/* The directory of the file, no symlink on the way; yours, or `top`. */
static int open_parent(const struct swap *swap, const struct swap_item *item)
{
	const char *base = file_basename(item->path);
	char *dir;
	int fd;

	if (base == item->path)
		return swap->top;
	dir = xmemdup(item->path, (size_t)(base - item->path) - 1);
	fd = file_open_beneath(swap->top, dir, O_PATH | O_DIRECTORY, 0);
	free(dir);
	return fd;
}

/*
 * The two files change places, so that what was there is in our hands: if
 * somebody was faster than our last look, they change back.
 */
static int exchange(struct swap *swap, struct swap_item *item, int dirfd,
		    struct stat *st)
{
	const struct stage *stage = stage_of(swap, item);
	const char *base = file_basename(item->path);
	int ret;

	if (!swap_unchanged(swap, item, dirfd, base, false))
		return fail(FAIL_MISSING, "changed");
	ret = stage_swap(stage, item->name, dirfd, base);
	if (ret < 0)
		return ret;
	if (ret && !swap_unchanged(swap, item, stage->fd, item->name, true)) {
		ret = stage_swap(stage, item->name, dirfd, base);
		return ret < 0 ? ret : fail(FAIL_MISSING, "changed");
	}
	if (fstatat(dirfd, base, st, AT_SYMLINK_NOFOLLOW) ||
	    st->st_ino != item->made.st_ino || st->st_dev != item->made.st_dev)
		return fail(FAIL_MISSING, "changed again");
	return 0;
}

/* 0: done, `st` is for the index; else it stays what it is. */
static int act_on(struct swap *swap, struct swap_item *item, struct stat *st)
{
	int dirfd = open_parent(swap, item), ret;

	if (dirfd < 0)
		return dirfd;
	if (item->state == SWAP_READY) {
		ret = exchange(swap, item, dirfd, st);
	} else {
		*st = item->was;
		ret = swap_unchanged(swap, item, dirfd,
				     file_basename(item->path), false) ? 0 :
		      fail(FAIL_MISSING, "changed");
	}
	if (dirfd != swap->top)
		close(dirfd);
	return ret;
}

static bool is_due(const struct swap_item *item)
{
	return item->state == SWAP_READY || item->state == SWAP_STALE;
}

static void settle(struct swap *swap, struct swap_item *item, int ret)
{
	if (!ret) {
		item->state = SWAP_DONE;
	} else if (ret == FAIL_REQUEST && !item->beside) {
		item->beside = true;	/* a mount point within the tree */
		unlinkat(swap->stage.fd, item->name, 0);
		*item->name = '\0';
		item->state = SWAP_FOUND;
		fail_clear();
		return;
	} else {
		item->state = SWAP_LEFT;
		fail_clear();
	}
	swap_unstage(swap, item);
}

static int act_in_place(struct swap *swap, struct index_lock *lock,
			size_t from, size_t to)
{
	size_t due = 0;
	struct stat st;
	int ret;

	for (size_t i = from; i < to; i++) {
		struct swap_item *item = &swap->v[i];
		struct index_entry *entry;

		if (!is_due(item))
			continue;
		entry = swap_entry(&lock->index, item);
		if (!entry) {
			settle(swap, item, FAIL_MISSING);
			continue;
		}
		index_forget_stat(lock, entry);
		due++;
	}
	if (!due)
		return 0;
	/*
	 * From here on git compares these files itself, whatever happens to
	 * us: it would take a size that differs for a change.
	 */
	ret = index_publish(lock, 0);
	if (ret)
		return ret;
	for (size_t i = from; i < to; i++) {
		struct swap_item *item = &swap->v[i];

		if (!is_due(item))
			continue;
		ret = act_on(swap, item, &st);
		if (!ret)
			index_set_stat(lock, swap_entry(&lock->index, item),
				       &st);
		settle(swap, item, ret);
	}
	return index_commit(lock, swap->durable);
}

/* --- a split index: git itself forgets what it knew ---------------------- */

static int run_git(const struct swap *swap, const char *const *argv,
		   const struct buf *input)
{
	struct run run = {
		.argv = argv, .dir = swap->medo->git.top,
		.input = input ? input->ptr : NULL,
		.input_len = input ? input->len : 0,
	};
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 0);

	buf_release(&out);
	return ret;
}

/* A copy of the index in the stage, in which our entries have no stat data. */
static int forget_in_copy(struct swap *swap, struct index_lock *lock,
			  const char *copy, const struct buf *info)
{
	char *env = xstrfmt("GIT_INDEX_FILE=%s", copy);
	const char *const argv[] = {
		"env", env, "git", "update-index", "-z", "--index-info", NULL,
	};
	int fd = openat(swap->stage.fd, "index", O_WRONLY | O_CREAT | O_TRUNC |
			O_CLOEXEC, lock->index.st.st_mode & 0777);
	int ret;

	if (fd < 0) {
		ret = fail_errno("cannot create '%s'", quoted(copy));
	} else {
		ret = file_write(fd, lock->index.map, lock->index.size);
		close(fd);
	}
	if (!ret)
		ret = run_git(swap, argv, info);
	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git update-index failed with %d", ret);
	free(env);
	return ret;
}

static int act_by_git(struct swap *swap, struct index_lock *lock, size_t from,
		      size_t to)
{
	static const char *const refresh[] = {
		"git", "update-index", "-q", "--refresh", NULL,
	};
	char *copy = xstrfmt("%s/index", stage_path(&swap->stage));
	struct index_file all = INDEX_FILE_INIT;
	struct buf info = BUF_INIT;
	struct stat st;
	int ret = index_open_split(&all, swap->medo->git.top,
				   medo_algo(swap->medo));

	for (size_t i = from; i < to && !ret; i++) {
		struct swap_item *item = &swap->v[i];
		const struct index_entry *entry = swap_entry(&all, item);
		char hex[ID_HEX_MAX];

		if (!is_due(item))
			continue;
		if (!entry) {
			settle(swap, item, FAIL_MISSING);
			continue;
		}
		buf_addf(&info, "%o %s\t", entry->mode,
			 id_hex(&entry->id, hex));
		buf_add(&info, item->path, strlen(item->path) + 1);
	}
	if (ret || !info.len)
		goto out;
	ret = forget_in_copy(swap, lock, copy, &info);
	if (!ret)
		ret = temp_move(copy, lock->path, swap->durable);
	for (size_t i = from; i < to && !ret; i++)
		if (is_due(&swap->v[i]))
			settle(swap, &swap->v[i],
			       act_on(swap, &swap->v[i], &st));
	/* Now git reads each of them once, under its own lock. */
	index_unlock(lock);
	if (!ret && run_git(swap, refresh, NULL) < 0)
		fail_clear();
out:
	index_close(&all);
	buf_release(&info);
	free(copy);
	return ret;
}

int swap_act(struct swap *swap, size_t from, size_t to)
{
	struct index_lock lock = INDEX_LOCK_INIT;
	size_t due = 0;
	struct stat st;
	int ret;

	for (size_t i = from; i < to; i++) {
		struct swap_item *item = &swap->v[i];

		/* What the index does not know needs no lock of it. */
		if (item->state == SWAP_READY && item->loose)
			settle(swap, item, act_on(swap, item, &st));
		due += is_due(item);
	}
	if (!due)
		return 0;
	ret = take_lock(swap, &lock);
	if (!ret && lock.index.split)
		ret = act_by_git(swap, &lock, from, to);
	else if (!ret)
		ret = act_in_place(swap, &lock, from, to);
	index_unlock(&lock);
	return ret;
}
