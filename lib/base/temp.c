#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "base/temp_int.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/*
 * A signal handler may not take a lock or touch the heap, so the paths that
 * it has to remove wait for it in a fixed table.  A stage it leaves for the
 * next temp_sweep().
 */
enum { FREE, TAKEN, LIVE };
static struct {
	atomic_int state;
	pid_t owner;
	bool is_dir;
	atomic_bool kept;
	char path[PATH_MAX];
} slots[64];

static atomic_int stop_signal;	/* set by a handler, asked by all threads */
static atomic_long stop_time;	/* in seconds */
static mode_t process_umask;

static void remove_all(bool dirs_too)
{
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		if (atomic_load(&slots[i].state) != LIVE ||
		    slots[i].owner != getpid() ||
		    atomic_load(&slots[i].kept))
			continue;
		if (!slots[i].is_dir)
			unlink(slots[i].path);
		else if (dirs_too && file_remove_tree(AT_FDCWD, slots[i].path))
			fail_clear();
	}
}

static void at_exit(void)
{
	remove_all(true);
}

/*
 * The first signal asks; the second one does not.  But ^C at a terminal comes
 * twice, from the kernel and from the git that started us.
 */
static void on_signal(int sig)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!stop_signal) {
		stop_time = (long)now.tv_sec;
		stop_signal = sig;
		return;
	}
	if ((long)now.tv_sec - stop_time < 2)
		return;
	remove_all(false);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void guard(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;

	process_umask = umask(022);
	umask(process_umask);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;	/* no SA_RESTART: let reads return */
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		if (!sigaction(sigs[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
	atexit(at_exit);
}

static void guard_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, guard);
}

static int slot_take(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		int want = FREE;

		if (atomic_compare_exchange_strong(&slots[i].state, &want, TAKEN))
			return (int)i;
	}
	return -1;
}

static void slot_free(int slot)
{
	atomic_store(&slots[slot].state, FREE);
}

/* A slot for the name `dir` + `tail`. */
static int slot_for(const char *dir, const char *tail, bool is_dir)
{
	int slot, n;

	guard_once();
	slot = slot_take();
	if (slot < 0)
		return fail(FAIL_SYSTEM, "too many temporary files");
	n = snprintf(slots[slot].path, PATH_MAX, "%s%s", dir, tail);
	if (n >= PATH_MAX) {
		slot_free(slot);
		return fail(FAIL_REQUEST, "'%s' is too long", quoted(dir));
	}
	slots[slot].is_dir = is_dir;
	slots[slot].owner = getpid();
	atomic_store(&slots[slot].kept, false);
	return slot;
}

/*
 * Lock what we just made.  A sweeper that saw it before the lock may have
 * removed it: then it has no name any more, and we make another.
 */
static int lock_fresh(int fd, const char *path)
{
	struct stat by_fd, by_name;

	while (flock(fd, LOCK_EX))
		if (errno != EINTR)
			return 1;	/* no locks here: no sweeper either */
	return !fstat(fd, &by_fd) && !lstat(path, &by_name) &&
	       by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev;
}

static int open_as(struct temp *temp, const char *dir, const char *tail)
{
	int slot = slot_for(dir, tail, false);

	if (slot < 0)
		return slot;
	for (;;) {
		size_t n = strlen(slots[slot].path);

		temp->fd = mkostemp(slots[slot].path, O_CLOEXEC);
		if (temp->fd < 0) {
			slot_free(slot);
			return fail_errno("cannot create a file in '%s'",
					  quoted(dir));
		}
		if (lock_fresh(temp->fd, slots[slot].path))
			break;
		close(temp->fd);
		memcpy(slots[slot].path + n - 6, "XXXXXX", 6);
	}
	temp->slot = slot;
	atomic_store(&slots[slot].state, LIVE);
	return 0;
}

int temp_open(struct temp *temp, const char *dir)
{
	return open_as(temp, dir, "/" TEMP_PREFIX "XXXXXX");
}

int temp_open_grown(struct temp *temp, const char *dir)
{
	return open_as(temp, dir, "/" TEMP_GROWN "XXXXXX");
}

void temp_keep(struct temp *temp)
{
	atomic_store(&slots[temp->slot].kept, true);
}

void temp_discard(struct temp *temp)
{
	if (temp->slot >= 0)
		atomic_store(&slots[temp->slot].kept, false);
	temp_drop(temp);
}

int temp_adopt(struct temp *temp, const char *path)
{
	int slot, fd = temp_take_over(path);

	if (fd < 0)
		return fd == FAIL_MISSING ? 0 : fd;
	slot = slot_for(path, "", false);
	if (slot < 0) {
		close(fd);
		return slot;
	}
	atomic_store(&slots[slot].kept, true);
	atomic_store(&slots[slot].state, LIVE);
	temp->fd = fd;
	temp->slot = slot;
	return 1;
}

int temp_resume(struct temp *temp, const char *path)
{
	int fd, ret = temp_adopt(temp, path);

	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return errno == EEXIST ? 0 :
		       fail_errno("cannot create '%s'", quoted(path));
	close(fd);
	return temp_adopt(temp, path);
}

const char *temp_path(const struct temp *temp)
{
	return slots[temp->slot].path;
}

int temp_commit(struct temp *temp, const char *path, unsigned flags)
{
	char *from = slots[temp->slot].path;
	mode_t mode = flags & TEMP_KEEP_OLD ? 0444 : 0666;
	int fd = temp->fd, lock, ret = 0;

	if (!(flags & (TEMP_PRIVATE | TEMP_AS_IS)) && fchmod(fd, mode & ~process_umask))
		ret = fail_errno("cannot change '%s'", quoted(from));
	if (!ret && flags & TEMP_DURABLE && fsync(fd))
		ret = fail_errno("cannot sync '%s'", quoted(from));
	/* Without its lock it would be a sweeper's until it has its name. */
	lock = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	temp->fd = -1;
	if (close(fd) && !ret)
		ret = fail_errno("cannot write '%s'", quoted(from));
	if (!ret)
		ret = temp_move(from, path, flags);
	if (!ret)
		*from = '\0';	/* it is not ours to remove any more */
	if (lock >= 0)
		close(lock);
	temp_drop(temp);
	return ret;
}

void temp_drop(struct temp *temp)
{
	if (temp->slot < 0)
		return;
	if (temp->fd >= 0)
		close(temp->fd);
	if (*slots[temp->slot].path && !atomic_load(&slots[temp->slot].kept))
		unlink(slots[temp->slot].path);
	slot_free(temp->slot);
	temp->fd = temp->slot = -1;
}

int temp_write(const char *path, const void *data, size_t len, unsigned flags)
{
	struct temp temp = TEMP_INIT;
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xmemdup(path, (size_t)(slash - path)) :
		    xstrdup(".");
	int ret = temp_open(&temp, *dir ? dir : "/");

	if (!ret) {
		ret = file_write(temp.fd, data, len);
		if (ret)
			ret = fail_in(ret, "'%s'", quoted(path));
	}
	if (!ret)
		ret = temp_commit(&temp, path, flags);
	temp_drop(&temp);
	free(dir);
	return ret;
}

/*
 * The name appears by link(2): from its first moment on the lock is the same
 * file as its mark, whatever kills us.
 */
static int link_lock(struct temp *mark, const char *path)
{
	int fd;

	if (!link(slots[mark->slot].path, path))
		return 0;
	if (errno == EPERM || errno == EXDEV || errno == EOPNOTSUPP ||
	    errno == ENOSYS || errno == EMLINK) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0) {
			close(mark->fd);
			mark->fd = fd;
			return 0;
		}
	}
	if (errno == EEXIST)
		return fail(FAIL_REQUEST, "'%s' is there: another git process "
			    "is at work, or was killed", quoted(path));
	return fail_errno("cannot create '%s'", quoted(path));
}

int lock_open(struct lock *lock, const char *path, const char *dir)
{
	int ret;

	temp_unlock(path, dir);
	lock->slot = slot_for(path, "", false);
	if (lock->slot < 0)
		return lock->slot;
	ret = open_as(&lock->mark, dir, "/" LOCK_PREFIX "XXXXXX");
	if (!ret)
		ret = link_lock(&lock->mark, path);
	if (!ret)
		atomic_store(&slots[lock->slot].state, LIVE);
	else
		*slots[lock->slot].path = '\0';	/* somebody else's */
	if (ret)
		lock_drop(lock);
	return ret;
}

int lock_commit(struct lock *lock, const char *path, unsigned flags)
{
	int ret = 0;

	if (flags & TEMP_DURABLE && fsync(lock->mark.fd))
		ret = fail_errno("cannot sync '%s'",
				 quoted(slots[lock->slot].path));
	if (!ret)
		ret = temp_move(slots[lock->slot].path, path, flags);
	if (!ret)
		*slots[lock->slot].path = '\0';
	lock_drop(lock);
	return ret;
}

void lock_drop(struct lock *lock)
{
	if (lock->slot >= 0) {
		if (*slots[lock->slot].path)
			unlink(slots[lock->slot].path);
		slot_free(lock->slot);
		lock->slot = -1;
	}
	temp_drop(&lock->mark);
}

int stage_open(struct stage *stage, const char *dir)
{
	int slot = slot_for(dir, "/" TEMP_PREFIX "XXXXXX", true);
	char *path;

	if (slot < 0)
		return slot;
	path = slots[slot].path;
	for (;;) {
		size_t n = strlen(path);

		if (!mkdtemp(path)) {
			slot_free(slot);
			return fail_errno("cannot make a directory in '%s'",
					  quoted(dir));
		}
		stage->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
				 O_CLOEXEC);
		if (stage->fd >= 0 && lock_fresh(stage->fd, path))
			break;
		if (stage->fd >= 0)
			close(stage->fd);
		stage->fd = -1;
		memcpy(path + n - 6, "XXXXXX", 6);
	}
	stage->slot = slot;
	atomic_store(&slots[slot].state, LIVE);
	return 0;
}

const char *stage_path(const struct stage *stage)
{
	return slots[stage->slot].path;
}

int stage_commit(struct stage *stage, const char *inner, const char *path,
		 unsigned flags)
{
	struct buf from = BUF_INIT;
	int ret = 0;

	buf_addf(&from, "%s%s%s", slots[stage->slot].path, inner ? "/" : "",
		 inner ? inner : "");
	if (!inner && fchmod(stage->fd, 0755))
		ret = fail_errno("cannot change '%s'", quoted(from.ptr));
	/* One call for all files: a sync for each costs a hundred times it. */
	if (!ret && flags & TEMP_DURABLE && syncfs(stage->fd))
		ret = fail_errno("cannot sync '%s'", quoted(from.ptr));
	if (!ret)
		ret = temp_rename(from.ptr, path, !!(flags & TEMP_REPLACE));
	if (!ret && flags & TEMP_DURABLE)
		ret = temp_sync_parent(path);
	/* What was swapped out lies in the stage now, under its name. */
	if (!ret && !inner && !(flags & TEMP_REPLACE))
		*slots[stage->slot].path = '\0';
	stage_drop(stage);
	buf_release(&from);
	return ret;
}

void stage_drop(struct stage *stage)
{
	if (stage->slot < 0)
		return;
	if (*slots[stage->slot].path &&
	    file_remove_tree(AT_FDCWD, slots[stage->slot].path))
		say("warning: ", "%s", fail_text());
	if (stage->fd >= 0)
		close(stage->fd);
	slot_free(stage->slot);
	stage->fd = stage->slot = -1;
}

void stop_listen(void)
{
	guard_once();
}

int stop_asked(void)
{
	return stop_signal != 0;
}

int stop_check(void)
{
	return stop_signal ? fail(FAIL_STOPPED, "stopped by signal %d",
				  (int)stop_signal) : 0;
}

void stop_now(void)
{
	if (stop_signal) {
		signal(stop_signal, SIG_DFL);
		raise(stop_signal);
	}
}
