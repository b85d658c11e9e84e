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

int swap_is_content(const struct swap *swap, int fd, uint64_t size,
		    const struct id *id)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct hash hash;
	struct id found;
	int ret = 0;

	/* A change within the tick of the last one would not show. */
	poll(NULL, 0, TICK_MS);
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

bool swap_unchanged(const struct swap *swap, const struct swap_item *item,
		    int dirfd, const char *name, bool renamed)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	const struct stat *was = &item->was;
	struct stat st;
	bool same;

	if (fd < 0)
		return false;
	same = !fstat(fd, &st) && st.st_dev == was->st_dev &&
	       st.st_ino == was->st_ino && st.st_size == was->st_size &&
	       st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == was->st_mtim.tv_nsec &&
	       (renamed || (st.st_ctim.tv_sec == was->st_ctim.tv_sec &&
			    st.st_ctim.tv_nsec == was->st_ctim.tv_nsec));
	if (same && item->state == SWAP_READY && !swap->drop)
		same = swap_is_pointer(fd, &st, &item->pointer);
	close(fd);
	return same;
}

/* Not a pointer.  Killed between rename and index, say: then it is content. */
static int look_at_content(struct swap *swap, const struct index_file *index,
			   const struct index_entry *entry,
			   struct swap_item *item, int fd)
{
	int ret;

	if (!S_ISREG(item->was.st_mode) ||
	    (uint64_t)item->was.st_size != item->size)
		return 0;
	if (!swap->drop) {
		if (swap->fresh)
			return 0;
		if (!index->split &&
		    index_stat_matches(index, entry, &item->was)) {
			item->state = SWAP_DONE;
			return 0;
		}
	}
	ret = swap_is_content(swap, fd, item->size, &item->id);
	if (ret > 0)
		item->state = swap->drop ? SWAP_FOUND : SWAP_STALE;
	return ret < 0 ? ret : 0;
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

static int look_at(struct swap *swap, const struct index_file *index,
		   struct swap_item *item)
{
	const struct index_entry *entry = swap_entry(index, item);
	int fd, ret = 0;

	item->state = SWAP_LEFT;
	/* Elsewhere git itself has looked at the name. */
	if (!entry && (swap->drop || entry_path_trouble(item->path,
					strlen(item->path), ENTRY_FILE)))
		return 0;
	fd = file_open_beneath(swap->top, item->path,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0) {
		fail_clear();
		return 0;
	}
	if (fstat(fd, &item->was))
		;
	else if (swap_is_pointer(fd, &item->was, &item->pointer))
		look_at_pointer(swap, index, entry, item);
	else if (entry)
		ret = look_at_content(swap, index, entry, item, fd);
	item->exec = (entry ? entry->mode : item->was.st_mode) & 0100;
	close(fd);
	if (ret == FAIL_SYSTEM || ret == FAIL_CORRUPT) {
		fail_clear();	/* unreadable, or cut while we read: left */
		ret = 0;
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
		ret = look_at(swap, &index, &swap->v[i]);
	index_close(&index);
	return ret;
}
