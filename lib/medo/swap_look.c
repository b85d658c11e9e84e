#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "codec/entry.h"
#include "medo/swap_int.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>

/* A file system's clock may tick as slowly as this (HZ=100, doubled). */
#define TICK_MS 20

static void id_of(const void *text, size_t len, enum id_algo algo,
		  struct id *out)
{
	struct hash hash;

	hash_init_object(&hash, algo, "blob", len);
	hash_add(&hash, text, len);
	hash_final(&hash, out);
}

/* eol=crlf without -text: git wrote CRLF where the blob has LF. */
static size_t without_cr(char *p, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++)
		if (p[i] != '\r' || i + 1 == len || p[i + 1] != '\n')
			p[to++] = p[i];
	return to;
}

bool swap_is_pointer(int fd, const struct stat *st, const struct id *pointer)
{
	size_t len = (size_t)st->st_size;
	struct id id;
	char *text;
	bool is = false;

	if (!S_ISREG(st->st_mode) || st->st_size > TREEPTR_MAX || !len)
		return false;
	text = xmalloc(len);
	if (file_pread(fd, 0, text, len)) {
		fail_clear();
	} else {
		id_of(text, len, pointer->algo, &id);
		is = id_eq(&id, pointer);
		if (!is) {
			len = without_cr(text, len);
			id_of(text, len, pointer->algo, &id);
			is = id_eq(&id, pointer);
		}
	}
	free(text);
	return is;
}

static int is_content(const struct swap *swap, int fd, uint64_t size,
		      const struct id *id)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct hash hash;
	struct id found;
	int ret = 0;

	hash_init_object(&hash, id->algo, "blob", size);
	for (uint64_t off = 0; off < size && !ret; off += PIECE_SIZE) {
		size_t len = (size_t)MIN(size - off, PIECE_SIZE);

		ret = swap_check(swap);
		if (!ret)
			ret = file_pread(fd, off, buf, len);
		if (!ret)
			hash_add(&hash, buf, len);
	}
	free(buf);
	if (ret)
		return ret;
	hash_final(&hash, &found);
	return id_eq(&found, id);
}

int swap_index(struct swap *swap, struct index_file *index)
{
	enum id_algo algo = medo_algo(swap->medo);
	int ret = index_open(index, swap->index_path, algo);

	if (!ret && index->split)
		ret = index_open_split(index, swap->medo->git.top, algo);
	return ret;
}

struct index_entry *swap_entry(const struct index_file *index,
			       const struct swap_item *item)
{
	struct index_entry *entry = index_find(index, item->path);

	if (!entry || !id_eq(&entry->id, &item->pointer) ||
	    !S_ISREG(entry->mode) || entry->skip_worktree)
		return NULL;
	return entry;
}

static bool same_file(const struct stat *a, const struct stat *b, bool renamed)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       (renamed || (a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
			    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec));
}

bool swap_unchanged(const struct swap *swap, const struct swap_item *item,
		    int dirfd, const char *name, bool renamed)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	struct stat st;
	bool same;

	if (fd < 0)
		return false;
	same = !fstat(fd, &st) && same_file(&st, &item->was, renamed);
	if (same && item->state == SWAP_READY && !swap->drop)
		same = swap_is_pointer(fd, &st, &item->pointer);
	close(fd);
	return same;
}

/*
 * Not a pointer.  Killed between rename and index, say: then it is content.
 * What has to be hashed to know stays new.
 */
static void look_at_content(const struct swap *swap,
			    const struct index_file *index,
			    const struct index_entry *entry,
			    struct swap_item *item)
{
	if (!S_ISREG(item->was.st_mode) ||
	    (uint64_t)item->was.st_size != item->size)
		return;
	if (!swap->drop) {
		if (swap->fresh)
			return;
		if (!index->split &&
		    index_stat_matches(index, entry, &item->was)) {
			item->state = SWAP_DONE;
			return;
		}
	}
	item->state = SWAP_NEW;
}

/* An entry that was never compared with a file: checkout-index leaves such. */
static bool knows_no_file(const struct index_file *index,
			  const struct index_entry *entry)
{
	static const unsigned char none[16];	/* ctime and mtime */

	return !index->split &&
	       !memcmp(index->map + entry->stat_off, none, sizeof(none));
}

/*
 * restore --source, checkout --theirs and stash write files of which the index
 * knows nothing, or something else.  Their pointers become content, too: that
 * is the same to git, and the index has no part in it.
 */
static void look_at_pointer(const struct swap *swap,
			    const struct index_file *index,
			    const struct index_entry *entry,
			    struct swap_item *item)
{
	if (swap->drop)
		return;
	item->loose = !entry || (swap->fresh && knows_no_file(index, entry));
	if (item->loose || !swap->fresh || index->split ||
	    index_stat_matches(index, entry, &item->was))
		item->state = SWAP_FOUND;
}

static void look_at(const struct swap *swap, const struct index_file *index,
		    struct swap_item *item)
{
	const struct index_entry *entry = swap_entry(index, item);
	int fd;

	item->state = SWAP_LEFT;
	/* Elsewhere git itself has looked at the name. */
	if (!entry && (swap->drop || entry_path_trouble(item->path,
					strlen(item->path), ENTRY_FILE)))
		return;
	fd = file_open_beneath(swap->top, item->path,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0) {
		fail_clear();
		return;
	}
	if (fstat(fd, &item->was))
		;
	else if (swap_is_pointer(fd, &item->was, &item->pointer))
		look_at_pointer(swap, index, entry, item);
	else if (entry)
		look_at_content(swap, index, entry, item);
	item->exec = (entry ? entry->mode : item->was.st_mode) & 0100;
	close(fd);
}

/* Is it still what we looked at, and the content? */
static int hash_item(const struct swap *swap, struct swap_item *item)
{
	int fd = file_open_beneath(swap->top, item->path,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat st;
	int ret = fd < 0 ? fd : 0;

	item->state = SWAP_LEFT;
	if (!ret && !fstat(fd, &st) && same_file(&st, &item->was, false))
		ret = is_content(swap, fd, item->size, &item->id);
	if (ret > 0)
		item->state = swap->drop ? SWAP_FOUND : SWAP_STALE;
	if (fd >= 0)
		close(fd);
	if (ret < 0 && ret != FAIL_STOPPED) {
		fail_clear();	/* unreadable, or cut while we read: left */
		ret = 0;
	}
	return MIN(ret, 0);
}

/*
 * A change within the tick of the last one would not show: one wait for all
 * lies between the look at their times and the look at their bytes.
 */
static int hash_new(struct swap *swap)
{
	bool waited = false;
	int ret = 0;

	for (size_t i = 0; i < swap->n && !ret; i++) {
		if (swap->v[i].state != SWAP_NEW)
			continue;
		if (!waited)
			poll(NULL, 0, TICK_MS);
		waited = true;
		ret = hash_item(swap, &swap->v[i]);
	}
	return ret;
}

int swap_look(struct swap *swap)
{
	struct index_file index = INDEX_FILE_INIT;
	int ret = swap_index(swap, &index);

	if (ret == FAIL_MISSING) {
		/* It was one of git stash, say, for a moment. */
		fail_clear();
		ret = 0;
	}
	for (size_t i = 0; i < swap->n && !ret; i++)
		look_at(swap, &index, &swap->v[i]);
	index_close(&index);
	return ret ? ret : hash_new(swap);
}
