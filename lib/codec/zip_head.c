#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/zip_int.h"

#include <zlib.h>

#define RECORD_SIZE 46
#define LOCAL_SIZE 30

static const unsigned char record_magic[] = { 'P', 'K', 1, 2 };
static const unsigned char local_magic[] = { 'P', 'K', 3, 4 };
static const unsigned char descriptor_magic[] = { 'P', 'K', 7, 8 };

enum extra_id {
	EXTRA_ZIP64 = 0x0001,
	EXTRA_TIME = 0x5455,		/* "UT": Unix times */
	EXTRA_OLD_TIME = 0x5855,	/* "UX": the same, older */
	EXTRA_NAME = 0x7075,		/* "up": the name in UTF-8 */
};

int zip_refuse(enum fail_code code, const struct zip_member *member,
	       const char *fmt, ...)
{
	struct buf why = BUF_INIT;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	buf_vaddf(&why, fmt, ap);
	va_end(ap);
	ret = fail(code, "'%.1000s' in the zip: %s", quoted(member->name.ptr),
		   why.ptr);
	buf_release(&why);
	return ret;
}

void zip_member_release(struct zip_member *member)
{
	buf_release(&member->name);
	buf_release(&member->utf8);
}

/*
 * DOS time has neither zone nor seconds that are odd.  A day or month of zero
 * is what writers without a clock leave there.
 */
static int64_t dos_time(unsigned date, unsigned time)
{
	int64_t year = (date >> 9) + 1980;
	int64_t month = MIN(MAX((date >> 5) & 15, 1), 12);
	int64_t day = MAX(date & 31, 1);
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = (month + 9) % 12;	/* March is 0, leap days come last */
	int64_t days = 365 * y + y / 4 - y / 100 + y / 400 +
		       (153 * m + 2) / 5 + day - 1 - 719468;

	return days * 86400 + (time >> 11) * 3600 + ((time >> 5) & 63) * 60 +
	       (time & 31) * 2;
}

/* What of a 64-bit field stands in 32 bits, and what does not, by turns. */
struct zip64 {
	uint64_t *field[3];	/* those whose 32 bits say "see there" */
	size_t n;
	bool seen;
};

static void zip64_want(struct zip64 *want, uint64_t *field, uint32_t value)
{
	*field = value;
	if (value == UINT32_MAX)
		want->field[want->n++] = field;
}

static bool zip64_take(struct zip64 *want, const unsigned char *p, size_t len)
{
	if (want->seen || len < want->n * 8)
		return false;
	for (size_t i = 0; i < want->n; i++)
		*want->field[i] = get_le64(p + i * 8);
	want->seen = true;
	return true;
}

static void take_name(struct zip_member *member, const unsigned char *p,
		      size_t len)
{
	uLong crc;

	/* The field counts only for the name that it was made for. */
	if (len < 6 || p[0] != 1)
		return;
	crc = crc32(0, (unsigned char *)member->name.ptr,
		    (uInt)member->name.len);
	if (crc != get_le32(p + 1))
		return;
	buf_reset(&member->utf8);
	buf_add(&member->utf8, p + 5, len - 5);
}

static bool take_field(struct zip_member *member, struct zip64 *want,
		       unsigned id, const unsigned char *p, size_t len)
{
	switch (id) {
	case EXTRA_ZIP64:
		return zip64_take(want, p, len);
	case EXTRA_TIME:
		if (member->mtime_known || len < 5 || !(p[0] & 1))
			return true;
		member->mtime = (int32_t)get_le32(p + 1);
		member->mtime_known = true;
		return true;
	case EXTRA_OLD_TIME:
		if (member->mtime_known || len < 8)
			return true;
		member->mtime = (int32_t)get_le32(p + 4);
		member->mtime_known = true;
		return true;
	case EXTRA_NAME:
		take_name(member, p, len);
		return true;
	default:
		return true;
	}
}

/* Up to three bytes behind the last field are padding (zipalign's). */
static int read_extra(struct zip_member *member, struct zip64 *want,
		      const unsigned char *p, size_t len)
{
	while (len >= 4) {
		size_t n = get_le16(p + 2);

		if (n > len - 4 ||
		    !take_field(member, want, get_le16(p), p + 4, n))
			return zip_refuse(FAIL_FORMAT, member,
					  "malformed extra field");
		p += 4 + n;
		len -= 4 + n;
	}
	return 0;
}

static int check_record(struct zip *zip, struct zip_member *member)
{
	if (!member->name.len || memchr(member->name.ptr, 0, member->name.len))
		return zip_refuse(FAIL_FORMAT, member, "empty name, or a NUL "
				  "byte in it");
	if (member->flags & (ZIP_ENCRYPTED | ZIP_STRONG | ZIP_MASKED))
		return zip_refuse(FAIL_FORMAT, member, "it is encrypted");
	if (member->flags & ZIP_PATCHED)
		return zip_refuse(FAIL_FORMAT, member, "it is a patch");
	if (member->method != 0 && member->method != 8)
		return zip_refuse(FAIL_FORMAT, member, "method %u is neither "
				  "stored nor deflated", member->method);
	if (!member->method && member->packed != member->size)
		return zip_refuse(FAIL_FORMAT, member, "it is stored, but its "
				  "two sizes differ");
	if (member->off >= zip->dir_off ||
	    member->packed > zip->dir_off - member->off)
		return zip_refuse(FAIL_FORMAT, member, "it does not lie in "
				  "front of the directory");
	return 0;
}

/* What unzip takes from the field, others from the header. */
static int check_name(const struct zip_member *member)
{
	const char *p = member->name.ptr;
	bool ascii = true;

	for (; *p; p++)
		ascii = ascii && (unsigned char)*p < 0x80;
	if (!member->utf8.len || !strcmp(member->utf8.ptr, member->name.ptr))
		return 0;
	if (ascii || member->flags & ZIP_UTF8 ||
	    strlen(member->utf8.ptr) != member->utf8.len)
		return zip_refuse(FAIL_FORMAT, member, "its other name is '%s'",
				  quoted(member->utf8.ptr));
	return 0;
}

int zip_read_record(struct zip *zip, uint64_t dir, struct zip_member *member)
{
	struct zip64 want = { .n = 0 };
	size_t name, extra, comment, len;
	const unsigned char *p;
	int ret;

	ret = zip_peek(zip, &zip->dir, dir, RECORD_SIZE, zip->dir_end, &p);
	if (ret)
		return ret;
	if (memcmp(p, record_magic, sizeof(record_magic)))
		return fail(FAIL_FORMAT, "the zip's directory is malformed at "
			    "%" PRIu64, dir);
	name = get_le16(p + 28);
	extra = get_le16(p + 30);
	comment = get_le16(p + 32);
	len = RECORD_SIZE + name + extra + comment;
	ret = zip_peek(zip, &zip->dir, dir, len, zip->dir_end, &p);
	if (ret)
		return ret;

	buf_reset(&member->name);
	buf_reset(&member->utf8);
	buf_add(&member->name, p + RECORD_SIZE, name);
	member->host = p[5];
	member->flags = get_le16(p + 8);
	member->method = get_le16(p + 10);
	member->mtime = dos_time(get_le16(p + 14), get_le16(p + 12));
	member->mtime_known = false;
	member->crc = get_le32(p + 16);
	zip64_want(&want, &member->size, get_le32(p + 24));
	zip64_want(&want, &member->packed, get_le32(p + 20));
	member->attributes = get_le32(p + 38);
	zip64_want(&want, &member->off, get_le32(p + 42));
	member->next = dir + len;
	if (get_le16(p + 34))
		return zip_refuse(FAIL_FORMAT, member, "it is in another part");
	ret = read_extra(member, &want, p + RECORD_SIZE + name, extra);
	if (ret)
		return ret;
	ret = check_record(zip, member);
	return ret ? ret : check_name(member);
}

static bool local_agrees(const struct zip_member *member, uint64_t value,
			 uint64_t listed)
{
	return value == listed || (!value && member->flags & ZIP_DESCRIPTOR);
}

/* Name, flags, method, CRC, sizes: twice in each zip, and never different. */
static int compare_local(struct zip_member *member, const unsigned char *p,
			 size_t name, size_t extra)
{
	struct zip64 want = { .n = 0 };
	struct zip_member spare = *member;
	uint64_t size, packed;
	int ret;

	if (get_le16(p + 6) != member->flags ||
	    get_le16(p + 8) != member->method)
		return zip_refuse(FAIL_FORMAT, member, "its two headers differ "
				  "in flags or method");
	if (name != member->name.len ||
	    memcmp(p + LOCAL_SIZE, member->name.ptr, name))
		return zip_refuse(FAIL_FORMAT, member, "its two headers differ "
				  "in its name");
	zip64_want(&want, &size, get_le32(p + 22));
	zip64_want(&want, &packed, get_le32(p + 18));
	spare.utf8 = (struct buf)BUF_INIT;
	ret = read_extra(&spare, &want, p + LOCAL_SIZE + name, extra);
	buf_release(&spare.utf8);
	if (ret)
		return ret;
	member->mtime = spare.mtime;
	member->mtime_known = spare.mtime_known;
	if (!local_agrees(member, get_le32(p + 14), member->crc) ||
	    !local_agrees(member, size, member->size) ||
	    !local_agrees(member, packed, member->packed))
		return zip_refuse(FAIL_FORMAT, member, "its two headers differ "
				  "in CRC or size");
	return 0;
}

int zip_read_local(struct zip *zip, struct zip_member *member)
{
	const unsigned char *p;
	size_t name, extra;
	int ret;

	ret = zip_peek(zip, &zip->local, member->off, LOCAL_SIZE, zip->dir_off,
		       &p);
	if (ret)
		return ret;
	if (memcmp(p, local_magic, sizeof(local_magic)))
		return zip_refuse(FAIL_FORMAT, member, "no header where the "
				  "directory says");
	name = get_le16(p + 26);
	extra = get_le16(p + 28);
	ret = zip_peek(zip, &zip->local, member->off,
		       LOCAL_SIZE + name + extra, zip->dir_off, &p);
	if (ret)
		return ret;
	member->data = member->off + LOCAL_SIZE + name + extra;
	return compare_local(member, p, name, extra);
}

/*
 * The descriptor has four spellings: with or without signature, sizes in 32
 * or 64 bits.  The room up to the next entry says which it must be.
 */
static bool descriptor_agrees(const struct zip_member *member,
			      const unsigned char *p, size_t len)
{
	size_t signature = len == 16 || len == 24 ? 4 : 0;

	if (signature && memcmp(p, descriptor_magic, sizeof(descriptor_magic)))
		return false;
	p += signature;
	if (get_le32(p) != member->crc)
		return false;
	if (len - signature == 12)
		return get_le32(p + 4) == member->packed &&
		       get_le32(p + 8) == member->size;
	return get_le64(p + 4) == member->packed &&
	       get_le64(p + 12) == member->size;
}

int zip_check_end(struct zip *zip, const struct zip_member *member,
		  uint64_t next)
{
	uint64_t end = member->data + member->packed;
	const unsigned char *p;
	int ret;

	if (end > next)
		return zip_refuse(FAIL_FORMAT, member, "it overlaps what "
				  "follows");
	if (!(member->flags & ZIP_DESCRIPTOR)) {
		if (end == next)
			return 0;
		return zip_refuse(FAIL_FORMAT, member, "%" PRIu64 " bytes "
				  "behind it belong to nobody", next - end);
	}
	switch (next - end) {
	case 12:
	case 16:
	case 20:
	case 24:
		break;
	default:
		return zip_refuse(FAIL_FORMAT, member, "no data descriptor "
				  "behind it, or more than that");
	}
	ret = zip_peek(zip, &zip->local, end, (size_t)(next - end), next, &p);
	if (ret)
		return ret;
	if (!descriptor_agrees(member, p, (size_t)(next - end)))
		return zip_refuse(FAIL_FORMAT, member, "its data descriptor "
				  "differs from the directory");
	return 0;
}
