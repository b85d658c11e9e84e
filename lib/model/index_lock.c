#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "model/index.h"
#include "model/index_int.h"

#include <poll.h>
#include <time.h>

/* As often as git looks, about. */
#define RETRY_MS 5

static void put_word(unsigned char *p, uint64_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

static bool is_zero(const unsigned char *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

static void hash_of(const struct index_file *index, struct id *out)
{
	struct hash hash;

	hash_init(&hash, index->algo);
	hash_add(&hash, index->map, index->size - id_raw_size(index->algo));
	hash_final(&hash, out);
}

/* index.skipHash leaves zeros, which promise nothing. */
static bool unhashed(const struct index_file *index)
{
	size_t raw = id_raw_size(index->algo);

	return is_zero(index->map + index->size - raw, raw);
}

/* Else a damage would get a hash that says it is none. */
static int check_hash(const struct index_lock *lock)
{
	const struct index_file *index = &lock->index;
	size_t raw = id_raw_size(index->algo);
	struct id id;

	if (unhashed(index))
		return 0;
	hash_of(index, &id);
	if (!memcmp(index->map + index->size - raw, id.raw, raw))
		return 0;
	return fail(FAIL_CORRUPT, "'%s' does not match its hash; see git fsck",
		    quoted(lock->path));
}

static int wait_for(struct index_lock *lock, unsigned timeout_ms)
{
	char *name = xstrfmt("%s.lock", lock->path);
	struct timespec start, now;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		int64_t ms;

		ret = lock_open(&lock->lock, name, lock->dir);
		if (ret != FAIL_REQUEST)
			break;
		clock_gettime(CLOCK_MONOTONIC, &now);
		ms = (now.tv_sec - start.tv_sec) * INT64_C(1000) +
		     (now.tv_nsec - start.tv_nsec) / 1000000;
		if (ms >= timeout_ms || stop_asked())
			break;
		fail_clear();
		poll(NULL, 0, RETRY_MS);
	}
	free(name);
	return ret;
}

int index_lock(struct index_lock *lock, const char *path, const char *dir,
	       enum id_algo algo, unsigned timeout_ms)
{
	int ret;

	lock->path = realpath(path, NULL);
	if (!lock->path)
		lock->path = xstrdup(path);
	lock->dir = xstrdup(dir);
	ret = wait_for(lock, timeout_ms);
	if (!ret)
		ret = index_open(&lock->index, lock->path, algo);
	if (!ret)
		ret = check_hash(lock);
	if (ret)
		index_unlock(lock);
	return ret;
}

void index_set_stat(struct index_lock *lock, struct index_entry *entry,
		    const struct stat *st)
{
	unsigned char *p = lock->index.map + entry->stat_off;

	put_word(p + STAT_CTIME, (uint64_t)st->st_ctim.tv_sec);
	put_word(p + STAT_CTIME + 4, (uint64_t)st->st_ctim.tv_nsec);
	put_word(p + STAT_MTIME, (uint64_t)st->st_mtim.tv_sec);
	put_word(p + STAT_MTIME + 4, (uint64_t)st->st_mtim.tv_nsec);
	put_word(p + STAT_DEV, st->st_dev);
	put_word(p + STAT_INO, st->st_ino);
	put_word(p + STAT_UID, st->st_uid);
	put_word(p + STAT_GID, st->st_gid);
	put_word(p + STAT_SIZE, (uint64_t)st->st_size);
}

void index_forget_stat(struct index_lock *lock, struct index_entry *entry)
{
	put_word(lock->index.map + entry->stat_off + STAT_SIZE, 0);
}

static int write_to(struct index_lock *lock, int fd)
{
	struct index_file *index = &lock->index;
	size_t raw = id_raw_size(index->algo);
	struct id id;
	int ret;

	if (!unhashed(index)) {
		hash_of(index, &id);
		memcpy(index->map + index->size - raw, id.raw, raw);
	}
	ret = file_write(fd, index->map, index->size);
	/* core.sharedRepository: as it was. */
	if (!ret && fchmod(fd, index->st.st_mode & 0777))
		ret = fail_errno("cannot change the mode");
	return ret ? fail_in(ret, "'%s'", quoted(lock->path)) : 0;
}

int index_publish(struct index_lock *lock, unsigned temp_flags)
{
	struct temp temp = TEMP_INIT;
	int ret = temp_open(&temp, lock->dir);

	if (!ret)
		ret = write_to(lock, temp.fd);
	if (!ret)
		ret = temp_commit(&temp, lock->path, temp_flags | TEMP_AS_IS);
	temp_drop(&temp);
	return ret;
}

int index_commit(struct index_lock *lock, unsigned temp_flags)
{
	int ret = write_to(lock, lock->lock.mark.fd);

	if (!ret)
		ret = lock_commit(&lock->lock, lock->path, temp_flags);
	index_unlock(lock);
	return ret;
}

void index_unlock(struct index_lock *lock)
{
	index_close(&lock->index);
	lock_drop(&lock->lock);
	free(lock->path);
	free(lock->dir);
	lock->path = lock->dir = NULL;
}
