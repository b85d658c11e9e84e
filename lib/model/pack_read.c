#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "model/pack_int.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

/* More packs than this do not stay open. */
#define OPEN_MAX ((size_t)128)

/*
 * A directory that changed a moment before it was listed may have changed
 * again within the same tick of the file system's clock.
 */
#define RACY_NS INT64_C(100000000)

struct pack {
	char *name;		/* pack/pack-....idx */
	struct pack_index index;
	bool bad;		/* said so already */
	atomic_bool gone;	/* not in the directory any more */
	atomic_int fd;		/* of the .pack, once it was looked at; or -1 */
	_Atomic uint64_t end;	/* of its objects */
};

struct packs {
	int dirfd;
	enum id_algo algo;
	pthread_rwlock_t lock;	/* held for writing while listing */
	struct pack **v;
	size_t n;
	size_t cap;
	struct timespec stamp;	/* of the directory, when it was listed */
	bool known;
	bool racy;
};

struct packs *packs_open(int dirfd, enum id_algo algo)
{
	struct packs *packs = xcalloc(1, sizeof(*packs));

	packs->dirfd = dirfd;
	packs->algo = algo;
	pthread_rwlock_init(&packs->lock, NULL);
	return packs;
}

/* A pack that is gone waits for the end: somebody may be reading it. */
static void free_pack(struct pack *pack)
{
	int fd = atomic_load(&pack->fd);

	if (fd >= 0)
		close(fd);
	pack_index_close(&pack->index);
	free(pack->name);
	free(pack);
}

void packs_close(struct packs *packs)
{
	if (!packs)
		return;
	for (size_t i = 0; i < packs->n; i++)
		free_pack(packs->v[i]);
	free(packs->v);
	pthread_rwlock_destroy(&packs->lock);
	free(packs);
}

/* 1 it is as it was listed, 0 not.  A symlink is not our directory. */
static int is_current(const struct packs *packs, struct timespec *stamp)
{
	struct stat st;

	*stamp = (struct timespec){ 0, 0 };
	if (!fstatat(packs->dirfd, "pack", &st, AT_SYMLINK_NOFOLLOW)) {
		if (S_ISDIR(st.st_mode))
			*stamp = st.st_mtim;
	} else if (errno != ENOENT && errno != ENOTDIR) {
		return fail_errno("cannot look for packs");
	}
	return packs->known && !packs->racy &&
	       stamp->tv_sec == packs->stamp.tv_sec &&
	       stamp->tv_nsec == packs->stamp.tv_nsec;
}

static bool is_recent(const struct timespec *stamp)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - stamp->tv_sec) * INT64_C(1000000000) +
	       (now.tv_nsec - stamp->tv_nsec) < RACY_NS;
}

static void add_pack(struct packs *packs, char *name)
{
	struct pack *pack;
	int ret;

	for (size_t i = 0; i < packs->n; i++)
		if (!strcmp(packs->v[i]->name, name)) {
			packs->v[i]->gone = false;
			free(name);
			return;
		}
	pack = xcalloc(1, sizeof(*pack));
	pack->name = name;
	atomic_init(&pack->fd, -1);
	ret = pack_index_open(&pack->index, packs->dirfd, name, packs->algo);
	if (ret) {
		pack->bad = true;
		if (ret != FAIL_MISSING)
			say("warning: ", "'%s' is skipped: %s", quoted(name),
			    fail_text());
		fail_clear();
	}
	ALLOC_GROW(packs->v, packs->n, packs->cap);
	packs->v[packs->n++] = pack;
}

/* With the lock held for writing. */
static int list(struct packs *packs)
{
	struct strs names = STRS_INIT;
	struct timespec stamp;
	int fd = -1, ret = is_current(packs, &stamp);

	if (ret)
		return ret < 0 ? ret : 0;
	if (stamp.tv_sec || stamp.tv_nsec) {
		fd = file_open_beneath(packs->dirfd, "pack",
				       O_RDONLY | O_DIRECTORY, 0);
		ret = fd < 0 ? fd : file_list_fd(fd, &names);
	}
	if (fd >= 0)
		close(fd);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	if (ret)
		goto out;
	for (size_t i = 0; i < packs->n; i++)
		packs->v[i]->gone = true;
	for (size_t i = 0; i < names.n; i++)
		if (starts_with(names.v[i], "pack-") &&
		    ends_with(names.v[i], ".idx"))
			add_pack(packs, xstrfmt("pack/%s", names.v[i]));
	packs->stamp = stamp;
	packs->racy = is_recent(&stamp);
	packs->known = true;
out:
	strs_release(&names);
	return ret;
}

/* 1 the list is another one now, 0 it is as it was. */
static int list_again(struct packs *packs)
{
	struct timespec stamp;
	int ret;

	pthread_rwlock_rdlock(&packs->lock);
	ret = is_current(packs, &stamp);
	pthread_rwlock_unlock(&packs->lock);
	if (ret)
		return ret < 0 ? ret : 0;
	pthread_rwlock_wrlock(&packs->lock);
	ret = list(packs);
	pthread_rwlock_unlock(&packs->lock);
	return ret ? ret : 1;
}

int packs_again(struct packs *packs)
{
	int ret;

	pthread_rwlock_wrlock(&packs->lock);
	packs->known = false;
	ret = list(packs);
	pthread_rwlock_unlock(&packs->lock);
	return ret;
}

static bool usable(const struct pack *pack)
{
	return !pack->bad && !atomic_load(&pack->gone);
}

static bool listed(struct packs *packs, const struct id *id)
{
	bool found = false;

	pthread_rwlock_rdlock(&packs->lock);
	for (size_t i = 0; !found && i < packs->n; i++)
		found = usable(packs->v[i]) &&
			pack_index_find(&packs->v[i]->index, id) >= 0;
	pthread_rwlock_unlock(&packs->lock);
	return found;
}

int packs_has(struct packs *packs, const struct id *id)
{
	int ret;

	if (id->algo != packs->algo)
		return 0;
	if (listed(packs, id))
		return 1;
	ret = list_again(packs);
	return ret <= 0 ? ret : listed(packs, id);
}

/* A descriptor, and the end of the objects; put_pack() takes it back. */
static int get_pack(struct packs *packs, struct pack *pack, uint64_t *end)
{
	int fd = atomic_load(&pack->fd), none = -1;

	if (fd >= 0) {
		*end = pack->end;
		return fd;
	}
	fd = pack_open(&pack->index, packs->dirfd, pack->name, end);
	if (fd < 0 || packs->n > OPEN_MAX)
		return fd;
	/* Whoever sees the descriptor sees the end as well; both are right. */
	atomic_store(&pack->end, *end);
	if (!atomic_compare_exchange_strong(&pack->fd, &none, fd)) {
		close(fd);
		fd = none;
	}
	return fd;
}

static void put_pack(struct pack *pack, int fd)
{
	if (atomic_load(&pack->fd) != fd)
		close(fd);
}

static int read_from(struct packs *packs, struct pack *pack, size_t at,
		     const struct id *id, size_t max, struct buf *out)
{
	uint64_t end;
	int fd = get_pack(packs, pack, &end), ret;

	if (fd < 0)
		return fd;
	ret = pack_read_blob(fd, pack_index_offset(&pack->index, at), end, id,
			     max, out);
	put_pack(pack, fd);
	return ret ? fail_in(ret, "'%s'", quoted(pack->name)) : 0;
}

/* 1 read, 0 no pack has it, or why the last one that has it cannot give it. */
static int read_any(struct packs *packs, const struct id *id, size_t max,
		    struct buf *out)
{
	int ret = 0;

	pthread_rwlock_rdlock(&packs->lock);
	for (size_t i = 0; i < packs->n; i++) {
		struct pack *pack = packs->v[i];
		ssize_t at = usable(pack) ?
			     pack_index_find(&pack->index, id) : -1;

		if (at < 0)
			continue;
		ret = read_from(packs, pack, (size_t)at, id, max, out);
		if (!ret) {
			fail_clear();
			ret = 1;
			break;
		}
	}
	pthread_rwlock_unlock(&packs->lock);
	return ret;
}

int packs_read(struct packs *packs, const struct id *id, size_t max,
	       struct buf *out)
{
	int ret = id->algo == packs->algo ? read_any(packs, id, max, out) : 0;
	int again;

	/* Not there, or taken from under us: folded into another, perhaps. */
	if (!ret || ret == FAIL_MISSING) {
		again = list_again(packs);
		if (again < 0)
			return again;
		if (again)
			ret = read_any(packs, id, max, out);
	}
	if (!ret)
		return fail(FAIL_MISSING, "no pack has it");
	return ret < 0 ? ret : 0;
}

static int each_of(struct packs *packs, struct pack *pack,
		   int (*each)(void *data, const struct pack_item *item),
		   void *data)
{
	struct pack_item item = { .pack = pack->name };
	struct pack_spot *v;
	uint64_t end;
	int fd = get_pack(packs, pack, &end), ret = 0;

	if (fd < 0) {
		/* One bad pack is no reason to hide all others. */
		if (fd != FAIL_MISSING)
			say("warning: ", "%s", fail_text());
		fail_clear();
		return 0;
	}
	v = pack_index_spots(&pack->index);
	for (size_t i = 0; !ret && i < pack->index.n && v[i].off < end; i++) {
		unsigned char head[PACK_HEAD_MAX];
		size_t len = (size_t)MIN(end - v[i].off, sizeof(head));
		unsigned type;

		ret = file_pread(fd, v[i].off, head, len);
		if (ret || !pack_take_head(head, len, &type, &item.size) ||
		    type != PACK_BLOB)
			continue;
		item.stored = MIN(v[i + 1].off, end) - v[i].off;
		pack_index_id(&pack->index, v[i].at, packs->algo, &item.id);
		ret = each(data, &item);
	}
	put_pack(pack, fd);
	free(v);
	return ret;
}

/* Without the lock, so that `each` may ask; packs stay where they are. */
static struct pack *pack_at(struct packs *packs, size_t i)
{
	struct pack *pack;

	pthread_rwlock_rdlock(&packs->lock);
	pack = i < packs->n ? packs->v[i] : NULL;
	pthread_rwlock_unlock(&packs->lock);
	return pack;
}

int packs_each(struct packs *packs,
	       int (*each)(void *data, const struct pack_item *item),
	       void *data)
{
	struct pack *pack;
	int ret = list_again(packs);

	if (ret > 0)
		ret = 0;
	for (size_t i = 0; !ret && (pack = pack_at(packs, i)); i++)
		if (usable(pack))
			ret = each_of(packs, pack, each, data);
	return ret;
}
