#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/index.h"
#include "model/index_int.h"

#include <fcntl.h>
#include <sys/mman.h>

/* A repository of ten million files has 1 GB. */
#define INDEX_MAX ((off_t)1 << 32)

static int map_file(struct index_file *index, int fd, const char *path)
{
	if (fstat(fd, &index->st))
		return fail_errno("cannot stat '%s'", quoted(path));
	if (!S_ISREG(index->st.st_mode) || index->st.st_size > INDEX_MAX)
		return fail(FAIL_FORMAT, "'%s' is no git index", quoted(path));
	if (!index->st.st_size)
		return fail(FAIL_FORMAT, "'%s' is empty", quoted(path));
	index->size = (size_t)index->st.st_size;
	/* git never writes into an index that has its name: no SIGBUS here. */
	index->map = mmap(NULL, index->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE, fd, 0);
	if (index->map != MAP_FAILED)
		return 0;
	index->map = NULL;
	return fail_errno("cannot map '%s'", quoted(path));
}

int index_open(struct index_file *index, const char *path, enum id_algo algo)
{
	struct index_file fresh = INDEX_FILE_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(FAIL_MISSING, "there is no index '%s'",
			    quoted(path));
	if (fd < 0)
		return fail_errno("cannot open '%s'", quoted(path));
	ret = map_file(&fresh, fd, path);
	if (!ret) {
		ret = index_parse(&fresh, fresh.map, fresh.size, algo);
		if (ret)
			ret = fail_in(ret, "'%s'", quoted(path));
	}
	if (!ret)
		SWAP(*index, fresh);
	index_close(&fresh);
	close(fd);
	return ret;
}

void index_close(struct index_file *index)
{
	if (index->map)
		munmap(index->map, index->size);
	free(index->v);
	free(index->names);
	*index = (struct index_file)INDEX_FILE_INIT;
}

struct index_entry *index_find(const struct index_file *index,
			       const char *path)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct index_entry *entry = &index->v[mid];
		int cmp = strcmp(path, entry->path);

		if (!cmp && !entry->stage)
			return entry;
		/* Stage 0 stands before the others. */
		if (cmp <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* The same truncation that git does. */
static bool same(uint32_t in_index, uint64_t now)
{
	return in_index == (uint32_t)now;
}

static bool same_or_zero(uint32_t in_index, uint64_t now)
{
	return !in_index || same(in_index, now);
}

bool index_stat_matches(const struct index_file *index,
			const struct index_entry *entry,
			const struct stat *st)
{
	const unsigned char *p = index->map + entry->stat_off;

	return same_or_zero(get_be32(p + STAT_CTIME),
			    (uint64_t)st->st_ctim.tv_sec) &&
	       same_or_zero(get_be32(p + STAT_CTIME + 4),
			    (uint64_t)st->st_ctim.tv_nsec) &&
	       same(get_be32(p + STAT_MTIME), (uint64_t)st->st_mtim.tv_sec) &&
	       same_or_zero(get_be32(p + STAT_MTIME + 4),
			    (uint64_t)st->st_mtim.tv_nsec) &&
	       same_or_zero(get_be32(p + STAT_INO), st->st_ino) &&
	       same(get_be32(p + STAT_UID), st->st_uid) &&
	       same(get_be32(p + STAT_GID), st->st_gid) &&
	       same(get_be32(p + STAT_SIZE), (uint64_t)st->st_size);
}
