#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/tar.h"
#include "medo/dirtar_int.h"

#include <fcntl.h>

/*
 * Any range of the tar, from any thread: headers are made again, contents
 * are read from their files.  Many pieces hold twenty small files, so a file
 * costs four system calls and no more.
 */
enum { ID_WANTED, ID_TAKEN, ID_THERE };

static int read_all(const struct dirtar *d, const struct node *node, int fd,
		    uint64_t off, char *buf, size_t len)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dirtar_bad(d, node->path, "cannot be read: %s",
					  strerror(errno));
		if (!n)
			return dirtar_bad(d, node->path,
					  "changed while it was read");
		buf += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int cannot_open(const struct dirtar *d, const struct node *node)
{
	switch (errno) {
	case ENOENT:
		return dirtar_bad(d, node->path, "vanished while it was read");
	case ELOOP:
	case ENOTDIR:
	case ENXIO:
	case ESTALE:
		return dirtar_bad(d, node->path, "changed while it was read");
	default:
		return dirtar_bad(d, node->path, "cannot be read: %s",
				  strerror(errno));
	}
}

/*
 * The path may lead elsewhere by now, through a symlink even; that the file
 * is the very one that the walk saw is what protects, and O_NONBLOCK from a
 * fifo that took its place.
 */
int dirtar_read_file(const struct dirtar *d, const struct node *node,
		     uint64_t off, void *buf, size_t len)
{
	int fd = openat(d->fd, node->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC);
	struct stamp stamp;
	struct stat st;
	int ret;

	if (fd < 0)
		return cannot_open(d, node);
	if (fstat(fd, &st)) {
		ret = dirtar_bad(d, node->path, "cannot be read: %s",
				 strerror(errno));
	} else {
		stamp_of(&stamp, &st);
		ret = stamp_eq(&stamp, &node->stamp) ?
		      read_all(d, node, fd, off, buf, len) :
		      dirtar_bad(d, node->path, "changed while it was read");
	}
	close(fd);
	return ret;
}

/* A file that is whole in memory is hashed while it is warm. */
static void note_id(struct dirtar *d, const struct node *node,
		    const void *data, size_t len)
{
	size_t i = (size_t)(node - d->nodes);
	size_t raw = id_raw_size(d->opts.tree);
	unsigned char wanted = ID_WANTED;
	struct hash hash;
	struct id id;

	if (!__atomic_compare_exchange_n(&d->id_state[i], &wanted, ID_TAKEN,
					 false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return;
	hash_init_object(&hash, d->opts.tree, "blob", len);
	hash_add(&hash, data, len);
	hash_final(&hash, &id);
	memcpy(d->ids + i * raw, id.raw, raw);
	__atomic_store_n(&d->id_state[i], ID_THERE, __ATOMIC_RELEASE);
}

static int read_content(struct dirtar *d, const struct node *node,
			uint64_t off, void *buf, size_t len)
{
	int ret = dirtar_read_file(d, node, off, buf, len);

	if (!ret && d->ids && len == node->stamp.size)
		note_id(d, node, buf, len);
	return ret;
}

static void read_header(const struct dirtar *d, const struct node *node,
			uint64_t off, void *buf, size_t len,
			struct buf *scratch)
{
	struct entry entry;

	dirtar_entry(d, node, &entry);
	buf_reset(scratch);
	tar_add_header(scratch, &entry);
	memcpy(buf, scratch->ptr + off, len);
}

/* Index of the entry that holds `off`. */
static size_t find(const struct dirtar *d, uint64_t off)
{
	size_t lo = 0, hi = d->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->nodes[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static size_t part(uint64_t off, uint64_t end, size_t len)
{
	return (size_t)MIN(end - off, (uint64_t)len);
}

static int read_tar(void *data, uint64_t off, void *out, size_t len)
{
	struct dirtar *d = data;
	struct buf scratch = BUF_INIT;
	char *buf = out;
	size_t i = find(d, off), n;
	int ret = 0;

	if (off > d->size + TAR_END_SIZE || len > d->size + TAR_END_SIZE - off)
		return fail(FAIL_REQUEST, "read past the end");
	for (; len && off < d->size && !ret; off += n, buf += n, len -= n) {
		const struct node *node = &d->nodes[i];
		uint64_t next = i + 1 < d->n ? d->nodes[i + 1].off : d->size;
		uint64_t body = node->off + node->blocks * (uint64_t)512;
		uint64_t end = body;

		if (node->type == ENTRY_FILE)
			end += node->stamp.size;
		if (off < body) {
			n = part(off, body, len);
			read_header(d, node, off - node->off, buf, n, &scratch);
		} else if (off < end) {
			n = part(off, end, len);
			ret = read_content(d, node, off - body, buf, n);
		} else {
			n = part(off, next, len);
			memset(buf, 0, n);
		}
		if (off + n == next)
			i++;
	}
	if (!ret)
		memset(buf, 0, len);
	buf_release(&scratch);
	return ret;
}

struct source dirtar_source(struct dirtar *d)
{
	return (struct source){
		.read = read_tar, .data = d, .size = d->size + TAR_END_SIZE,
		.name = d->root,
	};
}
