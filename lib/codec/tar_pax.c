#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/tar_int.h"

/*
 * pax records: "<length> <key>=<value>\n", the length in decimal and of the
 * whole record.  What changes a name or a content is obeyed or refused, what
 * is only metadata that we do not keep is passed over, what is not known is
 * refused: it might mean either.
 */
enum use { UNKNOWN, IGNORED, PATH, LINKPATH, SIZE, MTIME, CHARSET, SPARSE };

static const struct key {
	const char *name;	/* a dot at the end: all keys of that family */
	enum use use;
	bool global;		/* allowed in a 'g' header */
} keys[] = {
	{ "path", PATH, false },
	{ "linkpath", LINKPATH, false },
	{ "size", SIZE, false },
	{ "mtime", MTIME, true },
	{ "hdrcharset", CHARSET, false },
	{ "atime", IGNORED, false },
	{ "ctime", IGNORED, false },
	{ "charset", IGNORED, false },
	{ "comment", IGNORED, true },
	{ "uid", IGNORED, true },
	{ "gid", IGNORED, true },
	{ "uname", IGNORED, true },
	{ "gname", IGNORED, true },
	{ "LIBARCHIVE.creationtime", IGNORED, false },
	{ "LIBARCHIVE.symlinktype", IGNORED, false },
	{ "LIBARCHIVE.xattr.", IGNORED, false },
	{ "MSWINDOWS.", IGNORED, false },
	{ "NODETAR.", IGNORED, false },
	{ "RHT.security.selinux", IGNORED, false },
	{ "SCHILY.acl.", IGNORED, false },
	{ "SCHILY.dev", IGNORED, false },
	{ "SCHILY.fflags", IGNORED, false },
	{ "SCHILY.ino", IGNORED, false },
	{ "SCHILY.nlink", IGNORED, false },
	{ "SCHILY.xattr.", IGNORED, false },
	{ "GNU.sparse.", SPARSE, false },
	{ "SCHILY.realsize", SPARSE, false },
	{ "SUN.holesdata", SPARSE, false },
};

struct record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t len;
};

static const char *quoted_key(const struct record *rec)
{
	char name[65];

	snprintf(name, sizeof(name), "%.*s", (int)MIN(rec->key_len, 64),
		 rec->key);
	return quoted(name);
}

static const struct key *find_key(const struct record *rec)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *name = keys[i].name;
		size_t n = strlen(name);

		if (rec->key_len >= n && !memcmp(rec->key, name, n) &&
		    (rec->key_len == n || name[n - 1] == '.'))
			return &keys[i];
	}
	return NULL;
}

static int set_text(const struct record *rec, bool *has, struct buf *out)
{
	if (*has)
		return fail(FAIL_FORMAT, "pax key '%s' is there twice",
			    quoted_key(rec));
	if (!rec->len || memchr(rec->value, '\0', rec->len))
		return fail(FAIL_FORMAT, "pax key '%s' is empty or has a NUL "
			    "byte", quoted_key(rec));
	*has = true;
	buf_reset(out);
	buf_add(out, rec->value, rec->len);
	return 0;
}

static int bad_value(const struct record *rec)
{
	struct buf value = BUF_INIT;
	int ret;

	quote_add(&value, rec->value, MIN(rec->len, 40));
	ret = fail(FAIL_FORMAT, "pax key '%s' has a bad value '%s'",
		   quoted_key(rec), value.ptr);
	buf_release(&value);
	return ret;
}

/* Decimal digits that end at `end`, a number below 2^63; -1: they are not. */
static int digits(const char *s, const char *end, uint64_t *out)
{
	uint64_t v = 0;

	if (s == end || end - s > 19)
		return -1;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return v > INT64_MAX ? -1 : 0;
}

static int set_size(const struct record *rec, struct tar_extra *extra)
{
	if (extra->has_size || digits(rec->value, rec->value + rec->len,
				      &extra->size))
		return bad_value(rec);
	extra->has_size = true;
	return 0;
}

/* "-1.5" is half a second after -2. */
static int set_mtime(const struct record *rec, struct tar_extra *extra,
		     bool again)
{
	const char *s = rec->value, *end = s + rec->len, *dot;
	bool neg = rec->len && *s == '-';
	uint32_t nsec = 0, unit = 100000000;
	uint64_t sec;

	s += neg;
	dot = memchr(s, '.', (size_t)(end - s));
	if ((extra->has_mtime && !again) || digits(s, dot ? dot : end, &sec))
		return bad_value(rec);
	for (s = dot ? dot + 1 : end; s < end; s++, unit /= 10) {
		if (*s < '0' || *s > '9')
			return bad_value(rec);
		nsec += unit * (uint32_t)(*s - '0');
	}
	extra->mtime = neg ? -(int64_t)sec : (int64_t)sec;
	extra->mtime_nsec = nsec;
	if (neg && nsec) {
		extra->mtime--;
		extra->mtime_nsec = 1000000000 - nsec;
	}
	extra->has_mtime = true;
	return 0;
}

/* Names are bytes to us either way; another charset would change them. */
static int check_charset(const struct record *rec, struct tar_extra *extra)
{
	static const char utf8[] = "ISO-IR 10646 2000 UTF-8";

	if (extra->has_charset ||
	    !((rec->len == 6 && !memcmp(rec->value, "BINARY", 6)) ||
	      (rec->len == strlen(utf8) && !memcmp(rec->value, utf8,
						   rec->len))))
		return bad_value(rec);
	extra->has_charset = true;
	return 0;
}

static int take(struct tar_extra *extra, const struct record *rec, bool global)
{
	const struct key *key = find_key(rec);
	enum use use = key ? key->use : UNKNOWN;

	if (use == SPARSE)
		return fail(FAIL_FORMAT, "a sparse file (pax key '%s') is not "
			    "supported", quoted_key(rec));
	if (use == UNKNOWN)
		return fail(FAIL_FORMAT, "unknown pax key '%s'",
			    quoted_key(rec));
	if (global && !key->global)
		return fail(FAIL_FORMAT, "pax key '%s' in a global header",
			    quoted_key(rec));
	switch (use) {
	case PATH:
		return set_text(rec, &extra->has_path, &extra->path);
	case LINKPATH:
		return set_text(rec, &extra->has_link, &extra->link);
	case SIZE:
		return set_size(rec, extra);
	case MTIME:
		return set_mtime(rec, extra, global);
	case CHARSET:
		return check_charset(rec, extra);
	default:
		return 0;
	}
}

/* Cut the record at `data`; its length, or 0 where it is none. */
static size_t cut(const char *data, size_t len, struct record *rec)
{
	const char *space = memchr(data, ' ', MIN(len, 20)), *equals;
	uint64_t n;

	if (!space || *data == '0' || digits(data, space, &n) || n > len ||
	    n < (uint64_t)(space - data) + 4 || data[n - 1] != '\n')
		return 0;
	rec->key = space + 1;
	equals = memchr(rec->key, '=', (size_t)(data + n - rec->key));
	if (!equals || equals == rec->key)
		return 0;
	rec->key_len = (size_t)(equals - rec->key);
	rec->value = equals + 1;
	rec->len = (size_t)(data + n - 1 - rec->value);
	return (size_t)n;
}

int tar_pax_parse(struct tar_extra *extra, const char *data, size_t len,
		  bool global)
{
	struct record rec;
	size_t n;
	int ret;

	if (!len)
		return fail(FAIL_FORMAT, "an empty pax header");
	for (; len; data += n, len -= n) {
		n = cut(data, len, &rec);
		if (!n)
			return fail(FAIL_FORMAT, "a broken pax record");
		ret = take(extra, &rec, global);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void tar_extra_reset(struct tar_extra *extra)
{
	struct tar_extra fresh = TAR_EXTRA_INIT;

	SWAP(fresh.path, extra->path);
	SWAP(fresh.link, extra->link);
	buf_reset(&fresh.path);
	buf_reset(&fresh.link);
	*extra = fresh;
}

void tar_extra_release(struct tar_extra *extra)
{
	buf_release(&extra->path);
	buf_release(&extra->link);
}
