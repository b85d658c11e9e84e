#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/zip_int.h"

#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define RECORD_SIZE 46
#define LOCAL_SIZE 30
#define COMMENT_MAX 65535

static const unsigned char end_magic[] = { 'P', 'K', 5, 6 };
static const unsigned char end64_magic[] = { 'P', 'K', 6, 6 };
static const unsigned char locator_magic[] = { 'P', 'K', 6, 7 };

int zip_peek(struct zip *zip, struct zip_window *window, uint64_t off,
	     size_t len, uint64_t end, const unsigned char **out)
{
	uint64_t have = window->off + window->len;
	size_t want;
	int ret;

	if (off > end || len > end - off || end > zip->src->size)
		return fail(FAIL_FORMAT, "the zip is cut short");
	if (off >= window->off && off <= have && len <= have - off) {
		*out = window->data + (off - window->off);
		return 0;
	}
	/* A jump is for one header; going on is for all that follows. */
	want = off >= window->off && off <= have + 4096 ? PIECE_SIZE : 4096;
	want = (size_t)MIN(MAX(want, len), end - off);
	if (!window->data)
		window->data = xmalloc(PIECE_SIZE);
	window->len = 0;
	ret = zip->src->read(zip->src->data, off, window->data, want);
	if (ret)
		return ret;
	window->off = off;
	window->len = want;
	*out = window->data;
	return 0;
}

struct end {
	uint64_t at;
	uint64_t entries;
	uint64_t dir_size;
	uint64_t dir_off;
};

static bool is_end_record(const unsigned char *tail, size_t len, size_t at)
{
	return len - at >= END_SIZE &&
	       !memcmp(tail + at, end_magic, sizeof(end_magic)) &&
	       get_le16(tail + at + 20) == len - at - END_SIZE;
}

/*
 * Readers look for the end record from behind, and differ in what they take
 * for one.  So there must be one only that ends with the file, and no
 * signature in its comment.
 */
static int find_end(struct zip *zip, struct end *end)
{
	uint64_t size = zip->src->size;
	size_t len = (size_t)MIN(size, END_SIZE + COMMENT_MAX), at, found = len;
	const unsigned char *tail;
	int ret;

	ret = zip_peek(zip, &zip->dir, size - len, len, size, &tail);
	if (ret)
		return ret;
	for (at = 0; at + END_SIZE <= len; at++) {
		if (!is_end_record(tail, len, at))
			continue;
		if (found < len)
			return fail(FAIL_FORMAT, "the zip has two end records");
		found = at;
	}
	if (found == len)
		return fail(FAIL_FORMAT, "the zip has no end record at its end");
	if (memmem(tail + found + END_SIZE, len - found - END_SIZE, end_magic,
		   sizeof(end_magic)))
		return fail(FAIL_FORMAT, "the zip has an end record in its "
			    "comment");
	tail += found;
	if (get_le16(tail + 4) || get_le16(tail + 6) ||
	    get_le16(tail + 8) != get_le16(tail + 10))
		return fail(FAIL_FORMAT, "the zip has several parts");
	end->at = size - len + found;
	end->entries = get_le16(tail + 10);
	end->dir_size = get_le32(tail + 12);
	end->dir_off = get_le32(tail + 16);
	return 0;
}

/* A field of the old record says "see the new one", or the same as it. */
static bool agrees(uint64_t *field, uint64_t unknown, uint64_t value)
{
	bool same = *field == unknown || *field == value;

	*field = value;
	return same;
}

static int read_end64(struct zip *zip, struct end *end)
{
	const unsigned char *p;
	uint64_t at;
	int ret;

	if (end->at < LOCATOR_SIZE)
		return 0;
	at = end->at - LOCATOR_SIZE;
	ret = zip_peek(zip, &zip->dir, at, LOCATOR_SIZE, end->at, &p);
	if (ret)
		return ret;
	if (memcmp(p, locator_magic, sizeof(locator_magic)))
		return 0;
	if (get_le32(p + 4) || get_le32(p + 16) > 1)
		return fail(FAIL_FORMAT, "the zip has several parts");
	if (at < END64_SIZE || get_le64(p + 8) != at - END64_SIZE)
		return fail(FAIL_FORMAT, "the zip64 end record is not where "
			    "its locator says");
	end->at = at - END64_SIZE;
	ret = zip_peek(zip, &zip->dir, end->at, END64_SIZE, at, &p);
	if (ret)
		return ret;
	if (memcmp(p, end64_magic, sizeof(end64_magic)) ||
	    get_le64(p + 4) != END64_SIZE - 12 || get_le32(p + 16) ||
	    get_le32(p + 20) || get_le64(p + 24) != get_le64(p + 32))
		return fail(FAIL_FORMAT, "the zip64 end record is malformed");
	if (!agrees(&end->entries, UINT16_MAX, get_le64(p + 32)) ||
	    !agrees(&end->dir_size, UINT32_MAX, get_le64(p + 40)) ||
	    !agrees(&end->dir_off, UINT32_MAX, get_le64(p + 48)))
		return fail(FAIL_FORMAT, "the two end records of the zip "
			    "differ");
	return 0;
}

static int check_end(struct zip *zip, const struct end *end)
{
	if (end->dir_off > end->at || end->dir_size != end->at - end->dir_off)
		return fail(FAIL_FORMAT, "the zip's directory is not where its "
			    "end record says; bytes in front of the zip?");
	if (end->entries > end->dir_size / RECORD_SIZE)
		return fail(FAIL_FORMAT, "the zip claims %" PRIu64 " entries "
			    "in a directory of %" PRIu64 " bytes", end->entries,
			    end->dir_size);
	zip->dir_off = end->dir_off;
	zip->dir_end = end->at;
	zip->count = end->entries;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct zip_spot *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

static int gather(struct zip *zip, const struct entry_limits *limits)
{
	static const struct entry any = { .type = ENTRY_DIR, .path = "" };
	struct zip_member member = ZIP_MEMBER_INIT;
	struct entry_tally tally = { .entries = 0 };
	uint64_t last = 0, pos = zip->dir_off;
	bool ordered = true;
	int ret = 0;

	for (uint64_t i = 0; i < zip->count; i++) {
		struct zip_spot *spot;

		ret = entry_count(&tally, &any, limits);
		if (!ret)
			ret = zip_read_record(zip, pos, &member);
		if (ret)
			goto out;
		ALLOC_GROW(zip->spots, zip->nspots, zip->cap);
		spot = &zip->spots[zip->nspots++];
		spot->dir = pos;
		spot->off = member.off;
		spot->end = member.off + LOCAL_SIZE + member.name.len +
			    member.packed;
		ordered = ordered && member.off >= last;
		last = member.off;
		pos = member.next;
	}
	if (pos != zip->dir_end)
		ret = fail(FAIL_FORMAT, "the zip's directory goes on behind "
			   "its last entry");
	if (!ordered)
		qsort(zip->spots, zip->nspots, sizeof(*zip->spots), by_offset);
out:
	zip_member_release(&member);
	return ret;
}

static int refuse_overlap(struct zip *zip, const struct zip_spot *spot)
{
	struct zip_member one = ZIP_MEMBER_INIT, two = ZIP_MEMBER_INIT;
	int ret;

	ret = zip_read_record(zip, spot[0].dir, &one);
	if (!ret)
		ret = zip_read_record(zip, spot[1].dir, &two);
	if (!ret)
		ret = fail(FAIL_FORMAT, "'%s' and '%s' overlap in the zip",
			   quoted(one.name.ptr), quoted(two.name.ptr));
	zip_member_release(&one);
	zip_member_release(&two);
	return ret;
}

/*
 * Before anything is read: a bomb lets thousands of entries share one stream,
 * and costs us no more than its directory.
 */
static int check_overlap(struct zip *zip)
{
	for (size_t i = 0; i + 1 < zip->nspots; i++)
		if (zip->spots[i].end > zip->spots[i + 1].off)
			return refuse_overlap(zip, &zip->spots[i]);
	return 0;
}

int zip_open_dir(struct zip *zip, const struct entry_limits *limits)
{
	struct end end = { .at = 0 };
	int ret;

	if (zip->src->serial)
		return fail(FAIL_REQUEST, "a zip cannot be read from a pipe");
	ret = find_end(zip, &end);
	if (!ret)
		ret = read_end64(zip, &end);
	if (!ret)
		ret = check_end(zip, &end);
	if (!ret)
		ret = gather(zip, limits);
	if (!ret)
		ret = check_overlap(zip);
	return ret;
}
