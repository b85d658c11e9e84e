#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/index.h"
#include "model/index_int.h"

#define HEAD_SIZE 12
#define NAME_MASK 0x0fff
#define FLAG_VALID 0x8000
#define FLAG_EXTENDED 0x4000
#define MORE_SKIP_WORKTREE 0x4000
#define MORE_INTENT_TO_ADD 0x2000
#define MORE_UNKNOWN 0x9fff

/* Where we are in the file; names of version 4 grow from the one before. */
struct cursor {
	struct index_file *index;
	const unsigned char *base;
	size_t pos;
	size_t end;		/* of what may be entries: the hash is behind */
	size_t raw;		/* bytes of an id */
	struct buf name;	/* version 4: the path before */
	struct buf names;	/* version 4: all of them */
	bool nameless;
};

static unsigned get_be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static int cut_short(const struct cursor *c)
{
	return fail(FAIL_FORMAT, "the index ends within entry %zu",
		    c->index->n + 1);
}

/* The number before a path of version 4: how much of the last one to drop. */
static int read_varint(struct cursor *c, size_t *out)
{
	size_t v = 0;
	unsigned char byte;

	for (unsigned i = 0; ; i++) {
		if (c->pos == c->end)
			return cut_short(c);
		byte = c->base[c->pos++];
		/* No path is longer than the file: four bytes will do. */
		if (i == 4)
			return fail(FAIL_FORMAT, "entry %zu of the index has a "
				    "wrong prefix", c->index->n + 1);
		v = (i ? (v + 1) << 7 : 0) | (byte & 0x7f);
		if (!(byte & 0x80))
			break;
	}
	*out = v;
	return 0;
}

static int read_packed_name(struct cursor *c)
{
	const unsigned char *nul;
	size_t drop = 0, len;
	int ret = read_varint(c, &drop);

	if (ret)
		return ret;
	if (drop > c->name.len)
		return fail(FAIL_FORMAT, "entry %zu of the index has a wrong "
			    "prefix", c->index->n + 1);
	nul = memchr(c->base + c->pos, 0, c->end - c->pos);
	if (!nul)
		return cut_short(c);
	len = (size_t)(nul - (c->base + c->pos));
	buf_setlen(&c->name, c->name.len - drop);
	buf_add(&c->name, c->base + c->pos, len);
	/*
	 * Each entry may repeat all of the one before, so a small file could
	 * ask for much.  git's own limit of a path is PATH_MAX as well.
	 */
	if (c->name.len > NAME_MASK + 1)
		return fail(FAIL_FORMAT, "entry %zu of the index has a path of "
			    "%zu bytes", c->index->n + 1, c->name.len);
	buf_add(&c->names, c->name.ptr, c->name.len + 1);
	c->pos += len + 1;
	return 0;
}

/* Versions 2 and 3: the path and one to eight NULs, to a multiple of eight. */
static int read_plain_name(struct cursor *c, size_t start, unsigned flags,
			   struct index_entry *entry)
{
	size_t len = flags & NAME_MASK, room = c->end - c->pos, fixed;
	const unsigned char *nul = memchr(c->base + c->pos, 0, room);

	if (!nul)
		return cut_short(c);
	fixed = c->pos - start;
	if (len < NAME_MASK && len != (size_t)(nul - (c->base + c->pos)))
		return fail(FAIL_FORMAT, "entry %zu of the index has a path of "
			    "another length than it says", c->index->n + 1);
	len = (size_t)(nul - (c->base + c->pos));
	entry->path = (const char *)c->base + c->pos;
	c->pos = start + ((fixed + len + 8) & ~(size_t)7);
	return c->pos > c->end ? cut_short(c) : 0;
}

static int check_entry(struct cursor *c, const struct index_entry *entry,
		       const char *path, const char *before)
{
	const struct index_entry *last = entry - 1;
	size_t len = strlen(path);
	int cmp;

	if (!len) {
		c->nameless = true;	/* legal in a split index alone */
		return 0;
	}
	if (entry->mode == 0040000 && path[len - 1] != '/')
		return fail(FAIL_FORMAT, "'%s' is a directory in the index, "
			    "but has no slash", quoted(path));
	if (!before || c->nameless)
		return 0;
	cmp = strcmp(before, path);
	if (cmp > 0 || (!cmp && last->stage >= entry->stage))
		return fail(FAIL_FORMAT, "'%s' is out of order in the index",
			    quoted(path));
	return 0;
}

static int read_entry(struct cursor *c, struct index_entry *entry)
{
	const unsigned char *p = c->base + c->pos;
	size_t start = c->pos, fixed = STAT_BYTES + c->raw + 2;
	unsigned flags, more = 0;

	if (c->end - c->pos < fixed + 2)
		return cut_short(c);
	entry->stat_off = c->pos;
	entry->mode = get_be32(p + STAT_MODE);
	memcpy(entry->id.raw, p + STAT_BYTES, c->raw);
	entry->id.algo = (unsigned char)c->index->algo;
	flags = get_be16(p + STAT_BYTES + c->raw);
	if (flags & FLAG_EXTENDED) {
		more = get_be16(p + fixed);
		fixed += 2;
		if (c->index->version < 3 || more & MORE_UNKNOWN)
			return fail(FAIL_FORMAT, "entry %zu of the index has "
				    "flags that are not known",
				    c->index->n + 1);
	}
	entry->stage = flags >> 12 & 3;
	entry->assume_valid = flags & FLAG_VALID;
	entry->skip_worktree = more & MORE_SKIP_WORKTREE;
	entry->intent_to_add = more & MORE_INTENT_TO_ADD;
	c->pos += fixed;
	if (c->index->version == 4)
		return read_packed_name(c);
	return read_plain_name(c, start, flags, entry);
}

/* The paths of version 4 have moved while the buffer grew: set them now. */
static int place_names(struct cursor *c)
{
	struct index_file *index = c->index;
	const char *p, *before = NULL;
	int ret = 0;

	p = index->names = buf_detach(&c->names);
	for (size_t i = 0; i < index->n && !ret; i++) {
		index->v[i].path = p;
		ret = check_entry(c, &index->v[i], p, before);
		before = p;
		p += strlen(p) + 1;
	}
	return ret;
}

static int read_entries(struct cursor *c, size_t count)
{
	struct index_file *index = c->index;
	int ret = 0;

	/* An entry has an id and a path, or nothing is allocated at all. */
	if (count > (c->end - c->pos) / (STAT_BYTES + c->raw + 3))
		return fail(FAIL_FORMAT, "the index has no room for its %zu "
			    "entries", count);
	index->v = xcalloc(count + 1, sizeof(*index->v));
	while (index->n < count) {
		struct index_entry *entry = &index->v[index->n];

		ret = read_entry(c, entry);
		if (!ret && index->version < 4)
			ret = check_entry(c, entry, entry->path,
					  index->n ? entry[-1].path : NULL);
		if (ret)
			return ret;
		index->n++;
	}
	return index->version == 4 ? place_names(c) : 0;
}

/* Signature, length, data; what begins in lower case must be understood. */
static int read_extensions(struct cursor *c)
{
	while (c->end - c->pos >= 8) {
		const unsigned char *p = c->base + c->pos;
		size_t len = get_be32(p + 4);

		c->pos += 8;
		if (len > c->end - c->pos)
			return fail(FAIL_FORMAT, "an extension of the index is "
				    "cut short");
		if (!memcmp(p, "link", 4))
			c->index->split = true;
		else if (!memcmp(p, "sdir", 4))
			c->index->sparse = true;
		else if (*p < 'A' || *p > 'Z')
			return fail(FAIL_FORMAT, "the index has an extension "
				    "that is not known");
		c->pos += len;
	}
	return 0;
}

static int check_modes(const struct index_file *index)
{
	for (size_t i = 0; i < index->n; i++)
		if (index->v[i].mode == 0040000 && !index->sparse)
			return fail(FAIL_FORMAT, "'%s' is a directory in an "
				    "index that is not sparse",
				    quoted(index->v[i].path));
	return 0;
}

int index_parse(struct index_file *index, const void *data, size_t size,
		enum id_algo algo)
{
	struct cursor c = {
		.index = index, .base = data, .pos = HEAD_SIZE,
		.raw = id_raw_size(algo), .name = BUF_INIT, .names = BUF_INIT,
	};
	int ret;

	index->algo = algo;
	if (size < HEAD_SIZE + c.raw || memcmp(data, "DIRC", 4))
		return fail(FAIL_FORMAT, "this is no git index");
	c.end = size - c.raw;
	index->version = get_be32(c.base + 4);
	if (index->version < 2 || index->version > 4)
		return fail(FAIL_FORMAT, "index version %u is not known",
			    index->version);
	ret = read_entries(&c, get_be32(c.base + 8));
	if (!ret)
		ret = read_extensions(&c);
	if (!ret && c.nameless && !index->split)
		ret = fail(FAIL_FORMAT, "the index has an entry without a path");
	if (!ret)
		ret = check_modes(index);
	buf_release(&c.name);
	buf_release(&c.names);
	return ret;
}
