#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack_int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

/* A window that slides over the file; the longest object fits twice. */
#define WINDOW ((size_t)262144)
#define OBJECT_MAX (PACK_HEAD_MAX + zlib_bound(PACK_BLOB_MAX))

struct scan {
	int fd;
	uint64_t size;		/* where there can be no more objects */
	enum id_algo algo;
	struct zlib *zlib;
	unsigned char *window;
	uint64_t from;		/* what is in the window */
	size_t len;
	unsigned char *content;
};

static int show(struct scan *s, uint64_t off, const unsigned char **p,
		size_t *len)
{
	int ret;

	if (off < s->from || off + OBJECT_MAX > s->from + s->len) {
		s->from = off;
		s->len = (size_t)MIN(s->size - off, WINDOW);
		ret = file_pread(s->fd, off, s->window, s->len);
		if (ret)
			return ret;
	}
	*p = s->window + (off - s->from);
	*len = s->len - (size_t)(off - s->from);
	return 0;
}

/*
 * One object more: 1; 0 where no whole blob follows.  What reads as a blob is
 * one: its id is made from what it inflates to.
 */
static int next(struct scan *s, struct grown *grown)
{
	const unsigned char *p;
	size_t len, head, used;
	unsigned type;
	uint64_t size;
	struct id id;
	int ret;

	if (grown->end >= s->size || grown->end > PACK_GROW_MAX)
		return 0;
	ret = show(s, grown->end, &p, &len);
	if (ret)
		return ret;
	head = pack_take_head(p, len, &type, &size);
	if (!head || type != PACK_BLOB || size > PACK_BLOB_MAX)
		return 0;
	ret = zlib_inflate(s->zlib, p + head, len - head, s->content, size,
			   &used);
	if (ret) {
		fail_clear();
		return ret == FAIL_CORRUPT ? 0 : ret;
	}
	pack_hash_blob(s->algo, s->content, size, &id);
	if (idset_find(&grown->ids, &id) >= 0)
		return 0;
	idset_add(&grown->ids, &id);
	grown_place(grown, grown->end, zlib_crc32(0, p, head + used));
	grown->end += head + used;
	return 1;
}

static int scan(int fd, uint64_t size, enum id_algo algo, struct grown *grown)
{
	struct scan s = { .fd = fd, .size = size, .algo = algo };
	int ret;

	s.zlib = zlib_new(1);
	s.window = xmalloc(WINDOW);
	s.content = xmalloc(PACK_BLOB_MAX);
	do {
		ret = stop_check();
		if (!ret)
			ret = next(&s, grown);
	} while (ret > 0);
	zlib_free(s.zlib);
	free(s.window);
	free(s.content);
	return ret;
}

/* A pack that grew until its maker was killed. */
static int recover_grown(const char *dir, const char *path, enum id_algo algo,
			 unsigned flags)
{
	struct grown grown = GROWN_INIT;
	struct stat st;
	int n, ret = temp_adopt(&grown.temp, path);

	if (ret <= 0)
		return ret;
	ret = fstat(grown.temp.fd, &st) ? fail_errno("cannot stat '%s'",
						     quoted(path)) :
	      scan(grown.temp.fd, (uint64_t)st.st_size, algo, &grown);
	n = (int)grown.ids.n;
	if (!ret && !n)
		temp_discard(&grown.temp);
	else if (!ret)
		ret = grown_finish(&grown, dir, algo, flags);
	grown_release(&grown);
	return ret ? ret : n;
}

/* Is it a whole pack of blobs, to its last byte? */
static int is_whole(int fd, uint64_t size, enum id_algo algo,
		    struct grown *grown, struct id *checksum)
{
	size_t hash = id_raw_size(algo);
	unsigned char start[PACK_START_SIZE];
	struct id last = { .algo = (unsigned char)algo };
	uint32_t count;
	int ret;

	if (size < PACK_START_SIZE + hash || size > 2 * PACK_GROW_MAX)
		return 0;
	ret = file_pread(fd, 0, start, sizeof(start));
	if (ret)
		return ret;
	if (pack_take_start(start, &count) || count > PACK_COUNT_MAX)
		return 0;
	ret = scan(fd, size - hash, algo, grown);
	if (ret || grown->end != size - hash || grown->ids.n != count)
		return ret;
	ret = file_pread(fd, size - hash, last.raw, hash);
	if (!ret)
		ret = pack_sum(fd, size - hash, algo, checksum);
	return ret ? ret : id_eq(checksum, &last);
}

/*
 * A pack whose maker was killed before its index had a name.  One that is not
 * whole is being copied here, or git's: let alone.
 */
static int recover_named(const char *dir, const char *path, enum id_algo algo,
			 unsigned flags)
{
	struct grown grown = GROWN_INIT;
	struct temp index = TEMP_INIT;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char *name = xmemdup(path, strlen(path));
	struct id checksum;
	struct stat st;
	int ret = 0;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) ||
	    !S_ISREG(st.st_mode) || st.st_uid != geteuid() || !st.st_nlink)
		goto out;
	/* Its maker may have finished since the directory was listed. */
	strcpy(strrchr(name, '.'), ".idx");
	if (file_exists(name))
		goto out;
	ret = is_whole(fd, (uint64_t)st.st_size, algo, &grown, &checksum);
	if (ret <= 0)
		goto out;
	ret = pack_write_index(&index, &grown, dir, algo, &checksum);
	if (!ret)
		ret = temp_commit(&index, name, flags | TEMP_KEEP_OLD);
	if (!ret)
		ret = (int)grown.ids.n;
out:
	temp_drop(&index);
	grown_release(&grown);
	free(name);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Sorted names: what belongs to one pack stands together, the index first. */
static bool is_indexed(const char *pack, const char *index)
{
	size_t n = strlen(pack) - strlen(".pack");

	return index && strlen(index) == n + strlen(".idx") &&
	       !memcmp(pack, index, n);
}

int pack_recover(const char *dir, enum id_algo algo, unsigned temp_flags)
{
	struct strs names = STRS_INIT;
	char *at = xstrfmt("%s/pack", dir);
	const char *index = NULL;
	int found = 0, first = 0, ret = file_list(at, &names);

	if (ret == FAIL_MISSING)
		fail_clear();
	else
		first = ret;
	/* One that cannot be finished, for want of room, stops no other. */
	for (size_t i = 0; first != FAIL_STOPPED && i < names.n; i++) {
		const char *name = names.v[i];
		char *path = xstrfmt("%s/%s", at, name);

		ret = 0;
		if (ends_with(name, ".idx"))
			index = name;
		else if (starts_with(name, TEMP_GROWN))
			ret = recover_grown(dir, path, algo, temp_flags);
		else if (starts_with(name, "pack-") &&
			 ends_with(name, ".pack") && !is_indexed(name, index))
			ret = recover_named(dir, path, algo, temp_flags);
		if (ret > 0)
			found += ret;
		else if (ret < 0 && first != FAIL_STOPPED)
			first = ret;
		free(path);
	}
	strs_release(&names);
	free(at);
	return first ? first : found;
}
