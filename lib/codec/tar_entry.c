#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/tar_int.h"

/*
 * What a header means, and which headers are refused.  The rule behind the
 * rules: where GNU tar, bsdtar and Python would see different names, types or
 * contents, there is none that we could believe.
 */
static const struct {
	char type;
	const char *what;
} refused[] = {
	{ '3', "a character device" },
	{ '4', "a block device" },
	{ '6', "a fifo" },
	{ 'A', "an access control list of Solaris" },
	{ 'D', "a GNU dump directory" },
	{ 'M', "a GNU multi-volume continuation" },
	{ 'N', "an old GNU long name" },
	{ 'S', "a GNU sparse file" },
	{ 'V', "a GNU volume label" },
	{ 'X', "a pax header of Solaris" },
};

static int refuse_type(const struct tar *tar)
{
	char type = tar->header.type;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (refused[i].type == type)
			return tar_bad(tar, "%s (type '%c') is not accepted",
				       refused[i].what, type);
	return tar_bad(tar, "type 0x%02x is not accepted",
		       (unsigned)(unsigned char)type);
}

static int number(const struct tar *tar, const char *what, const char *field,
		  size_t len, int64_t *out)
{
	const char *why = tar_number(field, len, out);

	return why ? tar_bad(tar, "its %s %s", what, why) : 0;
}

static int size_of(const struct tar *tar, uint64_t *out)
{
	const struct tar_header *h = &tar->header;
	int64_t size;
	int ret = number(tar, "size", h->size, sizeof(h->size), &size);

	if (ret < 0)
		return ret;
	if (h->size[0] == ' ' && !memchr(h->size, '0', sizeof(h->size)) &&
	    !size)
		return tar_bad(tar, "its size is blank");
	if (size < 0)
		return tar_bad(tar, "its size is negative");
	*out = (uint64_t)size;
	return 0;
}

/* x, g, L, K: their data is gathered, so it has a bound. */
static int begin_meta(struct tar *tar)
{
	const struct tar_extra *extra = &tar->extra;
	char type = tar->header.type;
	uint64_t size;
	int ret = size_of(tar, &size);

	if (ret < 0)
		return ret;
	if (extra->is_pax || ((type == 'x' || type == 'g') &&
			      (extra->has_path || extra->has_link)))
		return tar_bad(tar, "a header of type '%c' between another one "
			       "and its entry", type);
	if ((type == 'L' && extra->has_path) ||
	    (type == 'K' && extra->has_link))
		return tar_bad(tar, "two headers of type '%c' for one entry",
			       type);
	if (size > TAR_META_MAX)
		return tar_bad(tar, "a header of type '%c' of %" PRIu64
			       " bytes is over the limit of 1 MiB", type, size);
	tar->meta = type;
	tar->left = size;
	tar->padding = (size_t)tar_padding(size);
	tar->state = TAR_META;
	buf_reset(&tar->meta_data);
	if (type != 'x')
		tar->ours.no = true;
	return 0;
}

/* GNU long names end in a NUL; bytes behind one would be hidden. */
static int take_long(struct tar *tar, bool *has, struct buf *out)
{
	const struct buf *data = &tar->meta_data;
	size_t len = strnlen(data->ptr, data->len);

	if (!len || !tar_all_zero(data->ptr + len, data->len - len))
		return tar_bad(tar, "a long name that is empty or goes on "
			       "behind a NUL byte");
	*has = true;
	buf_reset(out);
	buf_add(out, data->ptr, len);
	return 0;
}

int tar_take_meta(struct tar *tar)
{
	const struct buf *data = &tar->meta_data;
	struct tar_extra *extra = &tar->extra;
	char text[256];
	int ret;

	if (tar->meta == 'L')
		return take_long(tar, &extra->has_path, &extra->path);
	if (tar->meta == 'K')
		return take_long(tar, &extra->has_link, &extra->link);
	if (!tar->ours.no) {
		buf_add(&tar->ours.seen, data->ptr, data->len);
		buf_add(&tar->ours.seen, (char[TAR_BLOCK]){ 0 }, tar->padding);
	}
	extra = tar->meta == 'g' ? &tar->global : extra;
	extra->is_pax = true;
	ret = tar_pax_parse(extra, data->ptr, data->len, tar->meta == 'g');
	if (ret < 0) {
		snprintf(text, sizeof(text), "%s", fail_text());
		return tar_bad(tar, "%s", text);
	}
	return 0;
}

static bool ends_in_slash(const struct buf *path)
{
	return path->len && path->ptr[path->len - 1] == '/';
}

static void header_path(const struct tar *tar, struct buf *out)
{
	const struct tar_header *h = &tar->header;

	buf_reset(out);
	if (!memcmp(h->magic, TAR_MAGIC_POSIX, 6) && h->prefix[0]) {
		buf_add(out, h->prefix, strnlen(h->prefix, sizeof(h->prefix)));
		buf_addc(out, '/');
	}
	buf_add(out, h->name, strnlen(h->name, sizeof(h->name)));
}

/*
 * tar->path: what the entry is called.  Python decides by the name in the
 * header whether an entry of type NUL is a directory, and reads `prefix`
 * whatever the magic.
 */
static int find_path(struct tar *tar, bool *slash)
{
	const struct tar_header *h = &tar->header;
	bool was_dir;

	header_path(tar, &tar->path);
	if (!tar->extra.has_path) {
		if (h->prefix[0] && memcmp(h->magic, TAR_MAGIC_POSIX, 6))
			return tar_bad(tar, "its prefix field is set, but it "
				       "has not the magic of POSIX");
		*slash = ends_in_slash(&tar->path);
		return 0;
	}
	was_dir = ends_in_slash(&tar->path);
	buf_reset(&tar->path);
	buf_add(&tar->path, tar->extra.path.ptr, tar->extra.path.len);
	*slash = ends_in_slash(&tar->path);
	if (!h->type && was_dir != *slash)
		return tar_bad(tar, "its two names differ in whether it is a "
			       "directory");
	return 0;
}

/* "./a//" is "a"; true if nothing but the root itself is left. */
static bool clean_path(struct buf *path)
{
	size_t skip = 0, len = path->len;

	while (len > 1 && path->ptr[len - 1] == '/')
		len--;
	while (len - skip > 2 && path->ptr[skip] == '.' &&
	       path->ptr[skip + 1] == '/')
		skip += 2;
	memmove(path->ptr, path->ptr + skip, len - skip);
	buf_setlen(path, len - skip);
	return path->len == 1 && path->ptr[0] == '.';
}

static int find_link(struct tar *tar, struct entry *entry)
{
	const struct tar_header *h = &tar->header;
	int ret;

	buf_reset(&tar->link);
	if (tar->extra.has_link)
		buf_add(&tar->link, tar->extra.link.ptr, tar->extra.link.len);
	else
		buf_add(&tar->link, h->link, strnlen(h->link, sizeof(h->link)));
	entry->link = tar->link.ptr;
	if (entry->type == ENTRY_SYMLINK) {
		if (!tar->link.len || tar->link.len > 4095)
			return tar_bad(tar, "a symlink to a path of %zu bytes",
				       tar->link.len);
		return 0;
	}
	clean_path(&tar->link);
	entry->link = tar->link.ptr;
	ret = entry_check_path(tar->link.ptr, tar->link.len, ENTRY_FILE);
	if (ret < 0)
		return fail_in(ret, "hard link '%s' at offset %" PRIu64,
			       quoted(tar->path.ptr), tar->header_at);
	if (!strcmp(tar->link.ptr, tar->path.ptr))
		return tar_bad(tar, "a hard link to itself");
	return 0;
}

static int find_type(struct tar *tar, bool slash, struct entry *entry)
{
	switch (tar->header.type) {
	case '\0':
	case '0':
	case '7':
		entry->type = slash ? ENTRY_DIR : ENTRY_FILE;
		return 0;
	case '1':
		entry->type = ENTRY_HARDLINK;
		break;
	case '2':
		entry->type = ENTRY_SYMLINK;
		break;
	case '5':
		entry->type = ENTRY_DIR;
		return 0;
	default:
		return refuse_type(tar);
	}
	return slash ? tar_bad(tar, "a link whose name ends in a slash") : 0;
}

static int find_numbers(struct tar *tar, struct entry *entry)
{
	const struct tar_header *h = &tar->header;
	const struct tar_extra *time = tar->extra.has_mtime ? &tar->extra
							    : &tar->global;
	int64_t mode, id;
	int ret = size_of(tar, &entry->size);

	if (ret < 0)
		return ret;
	ret = number(tar, "mode", h->mode, sizeof(h->mode), &mode);
	if (!ret)
		ret = number(tar, "uid", h->uid, sizeof(h->uid), &id);
	if (!ret)
		ret = number(tar, "gid", h->gid, sizeof(h->gid), &id);
	if (!ret)
		ret = number(tar, "mtime", h->mtime, sizeof(h->mtime),
			     &entry->mtime);
	if (ret < 0)
		return ret;
	if (mode < 0)
		return tar_bad(tar, "its mode is negative");
	entry->mode = (unsigned)mode & 07777;
	if (tar->extra.has_size)
		entry->size = tar->extra.size;
	if (time->has_mtime) {
		entry->mtime = time->mtime;
		entry->mtime_nsec = time->mtime_nsec;
	}
	return 0;
}

/* An archive of "." names its root; whoever expands has made that already. */
static int take_entry(struct tar *tar, struct entry *entry, bool root)
{
	const struct entry_handler *handler = &tar->handler;
	int ret;

	tar->state = TAR_DATA;
	tar->left = tar->padding = 0;
	tar_ours_entry(tar, root ? NULL : entry);
	tar_extra_reset(&tar->extra);
	if (root)
		return 0;
	ret = entry_count(&tar->tally, entry, &tar->limits);
	if (ret < 0)
		return fail_in(ret, "entry '%s' at offset %" PRIu64,
			       quoted(entry->path), tar->header_at);
	tar->in_file = true;
	tar->left = entry->size;
	tar->padding = (size_t)tar_padding(entry->size);
	return handler->begin ? handler->begin(handler->data, entry) : 0;
}

static int begin_entry(struct tar *tar)
{
	struct entry entry = { .type = ENTRY_FILE };
	bool slash = false, root = false;
	int ret = find_path(tar, &slash);

	if (!ret)
		ret = find_type(tar, slash, &entry);
	if (!ret)
		ret = find_numbers(tar, &entry);
	if (ret < 0)
		return ret;
	if (entry.type != ENTRY_FILE && entry.size)
		return tar_bad(tar, "it has content, but is no file");

	root = clean_path(&tar->path) && entry.type == ENTRY_DIR;
	entry.path = tar->path.ptr;
	ret = root ? 0 : entry_check_path(tar->path.ptr, tar->path.len,
					  entry.type);
	if (ret < 0)
		return fail_in(ret, "entry at offset %" PRIu64,
			       tar->header_at);
	if (entry.type == ENTRY_SYMLINK || entry.type == ENTRY_HARDLINK)
		ret = find_link(tar, &entry);
	return ret < 0 ? ret : take_entry(tar, &entry, root);
}

int tar_take_header(struct tar *tar)
{
	const struct tar_header *h = &tar->header;

	if (!tar_sum_matches(h))
		return tar_bad(tar, "wrong checksum");
	if (!tar->ours.no)
		buf_add(&tar->ours.seen, h, sizeof(*h));
	if (h->type == 'x' || h->type == 'g' || h->type == 'L' ||
	    h->type == 'K')
		return begin_meta(tar);
	return begin_entry(tar);
}

/* NULL: an entry that our writer never makes. */
void tar_ours_entry(struct tar *tar, const struct entry *entry)
{
	struct tar_ours *ours = &tar->ours;

	if (ours->no)
		return;
	buf_reset(&ours->want);
	if (entry)
		tar_add_header(&ours->want, entry);
	ours->no = !entry || ours->want.len != ours->seen.len ||
		   memcmp(ours->want.ptr, ours->seen.ptr, ours->seen.len) ||
		   strcmp(ours->last.ptr, entry->path) >= 0;
	buf_reset(&ours->seen);
	buf_reset(&ours->last);
	if (entry)
		buf_adds(&ours->last, entry->path);
}
