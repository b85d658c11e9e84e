#include "base/base.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "codec/tar_int.h"

/*
 * The one spelling of a canonical header.  Ids depend on every byte of it:
 * a change here is a new format.
 */

static void put_octal(char *field, size_t width, uint64_t value)
{
	field[--width] = '\0';
	while (width--) {
		field[width] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

static void finish_header(struct tar_header *h)
{
	memcpy(h->magic, TAR_MAGIC_POSIX "\0" "00", 8);
	put_octal(h->uid, sizeof(h->uid), 0);
	put_octal(h->gid, sizeof(h->gid), 0);
	put_octal(h->devmajor, sizeof(h->devmajor), 0);
	put_octal(h->devminor, sizeof(h->devminor), 0);
	put_octal(h->sum, 7, tar_sum(h, false));
	h->sum[7] = ' ';
}

/*
 * How many bytes of the path go into `prefix`: up to the last slash that it
 * has room for, none if `name` takes all.  -1: it does not fit.
 */
static ssize_t split_path(const char *path, size_t len, size_t full)
{
	const char *slash;

	if (full <= 100)
		return 0;
	slash = memrchr(path, '/', MIN(len, 156));
	if (!slash || full - (size_t)(slash - path) - 1 > 100)
		return -1;
	return slash - path;
}

static bool is_utf8(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t point;

	for (; len; s += n, len -= n) {
		n = utf8_next(s, len, &point);
		if (!n)
			return false;
	}
	return true;
}

static void add_record(struct buf *out, const char *key, const char *value,
		       const char *tail)
{
	size_t n = strlen(key) + strlen(value) + strlen(tail) + 3;
	size_t len = n + 1;	/* the digits count themselves */

	while (len != n + (size_t)snprintf(NULL, 0, "%zu", len))
		len = n + (size_t)snprintf(NULL, 0, "%zu", len);
	buf_addf(out, "%zu %s=%s%s\n", len, key, value, tail);
}

static void add_mtime(struct buf *out, const struct entry *entry)
{
	bool neg = entry->mtime < 0;
	uint64_t sec = (uint64_t)entry->mtime;
	uint32_t nsec = entry->mtime_nsec;
	char text[48];
	size_t n;

	if (neg)
		sec = -sec;
	if (neg && nsec) {
		sec--;
		nsec = 1000000000 - nsec;
	}
	n = (size_t)snprintf(text, sizeof(text), "%s%" PRIu64 ".%09u",
			     neg ? "-" : "", sec, nsec);
	while (text[n - 1] == '0')
		n--;
	text[text[n - 1] == '.' ? n - 1 : n] = '\0';
	add_record(out, "mtime", text, "");
}

enum {
	BIG_PATH = 1 << 0,
	BIG_LINK = 1 << 1,
	BIG_SIZE = 1 << 2,
	BIG_MTIME = 1 << 3,
};

static uint64_t content_size(const struct entry *entry)
{
	return entry->type == ENTRY_FILE ? entry->size : 0;
}

static bool has_link(const struct entry *entry)
{
	return entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK;
}

/* Which fields do not fit?  Where the path does, *prefix says how. */
static unsigned misfits(const struct entry *entry, ssize_t *prefix)
{
	size_t len = strlen(entry->path);
	unsigned big = 0;

	*prefix = split_path(entry->path, len,
			     len + (entry->type == ENTRY_DIR));
	if (*prefix < 0)
		big |= BIG_PATH;
	if (has_link(entry) && strlen(entry->link) > 100)
		big |= BIG_LINK;
	if (content_size(entry) > (uint64_t)TAR_OCTAL_MAX)
		big |= BIG_SIZE;
	if (entry->mtime < 0 || entry->mtime > TAR_OCTAL_MAX ||
	    entry->mtime_nsec)
		big |= BIG_MTIME;
	return big;
}

static void pax_records(struct buf *out, const struct entry *entry,
			unsigned big)
{
	char size[24];

	if ((big & BIG_LINK && !is_utf8(entry->link)) ||
	    (big & BIG_PATH && !is_utf8(entry->path)))
		add_record(out, "hdrcharset", "BINARY", "");
	if (big & BIG_LINK)
		add_record(out, "linkpath", entry->link, "");
	if (big & BIG_MTIME)
		add_mtime(out, entry);
	if (big & BIG_PATH)
		add_record(out, "path", entry->path,
			   entry->type == ENTRY_DIR ? "/" : "");
	if (big & BIG_SIZE) {
		snprintf(size, sizeof(size), "%" PRIu64, entry->size);
		add_record(out, "size", size, "");
	}
}

static void add_zeros(struct buf *out, size_t n)
{
	buf_grow(out, n);
	memset(out->ptr + out->len, 0, n);
	buf_setlen(out, out->len + n);
}

static void add_pax(struct buf *out, const struct entry *entry, unsigned big)
{
	struct tar_header h = { .name = "PaxHeader", .type = 'x' };
	size_t at = out->len, len;

	add_zeros(out, sizeof(h));
	pax_records(out, entry, big);
	len = out->len - at - sizeof(h);
	add_zeros(out, (size_t)tar_padding(len));

	put_octal(h.mode, sizeof(h.mode), 0644);
	put_octal(h.size, sizeof(h.size), len);
	put_octal(h.mtime, sizeof(h.mtime), TAR_MTIME);
	finish_header(&h);
	memcpy(out->ptr + at, &h, sizeof(h));
}

/*
 * Where the path is in a pax record the field keeps its first 100 bytes for
 * readers that know no pax, but never a slash at the end: some take that for
 * a directory.
 */
static void put_path(struct tar_header *h, const struct entry *entry,
		     ssize_t prefix)
{
	const char *name = entry->path;
	size_t len = strlen(name);

	if (prefix < 0) {
		memcpy(h->name, name, 100);
		if (h->name[99] == '/')
			h->name[99] = '\0';
		return;
	}
	if (prefix) {
		memcpy(h->prefix, name, (size_t)prefix);
		name += prefix + 1;
		len -= (size_t)prefix + 1;
	}
	memcpy(h->name, name, len);
	if (entry->type == ENTRY_DIR)
		h->name[len] = '/';
}

void tar_add_header(struct buf *out, const struct entry *entry)
{
	static const char types[] = {
		[ENTRY_FILE] = '0', [ENTRY_DIR] = '5',
		[ENTRY_SYMLINK] = '2', [ENTRY_HARDLINK] = '1',
	};
	struct tar_header h = { .type = types[entry->type] };
	ssize_t prefix;
	unsigned big = misfits(entry, &prefix);

	if (big)
		add_pax(out, entry, big);
	put_path(&h, entry, prefix);
	if (has_link(entry))
		memcpy(h.link, entry->link, strnlen(entry->link, 100));
	put_octal(h.mode, sizeof(h.mode), entry->mode & 07777);
	put_octal(h.size, sizeof(h.size),
		  big & BIG_SIZE ? 0 : content_size(entry));
	put_octal(h.mtime, sizeof(h.mtime),
		  entry->mtime < 0 || entry->mtime > TAR_OCTAL_MAX ?
		  0 : (uint64_t)entry->mtime);
	finish_header(&h);
	buf_add(out, &h, sizeof(h));
}

size_t tar_header_size(const struct entry *entry)
{
	struct buf records = BUF_INIT;
	ssize_t prefix;
	unsigned big = misfits(entry, &prefix);
	size_t size = TAR_BLOCK;

	if (!big)
		return size;
	pax_records(&records, entry, big);
	size += TAR_BLOCK + records.len + (size_t)tar_padding(records.len);
	buf_release(&records);
	return size;
}

uint64_t tar_padding(uint64_t size)
{
	return -size & (TAR_BLOCK - 1);
}
