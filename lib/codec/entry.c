#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "codec/entry.h"

#include <strings.h>

#define PATH_LIMIT 4095
#define NAME_LIMIT 255

/*
 * Files that git itself reads out of a tree.  A symlink of such a name would
 * make it read what lies outside.  `shorter` is what NTFS calls the file when
 * the usual short names are taken.
 */
static const struct special {
	const char *name;	/* behind the dot */
	const char *shorter;
} specials[] = {
	{ "gitmodules", "gi7eba" },
	{ "gitattributes", "gi7d29" },
	{ "gitignore", "gi250a" },
	{ "mailmap", "maba30" },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 0x20) : c;
}

/* NTFS drops dots and spaces at the end, and streams follow a colon. */
static bool is_ntfs_tail(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == ':' || s[i] == '\\')
			return true;
		if (s[i] != '.' && s[i] != ' ')
			return false;
	}
	return true;
}

static bool has_prefix(const char *s, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && !strncasecmp(s, prefix, n);
}

static bool is_ntfs_dotgit(const char *s, size_t len)
{
	if (has_prefix(s, len, ".git"))
		return is_ntfs_tail(s + 4, len - 4);
	return has_prefix(s, len, "git~1") && is_ntfs_tail(s + 5, len - 5);
}

/* "gi7eba~1", "gi7eb~12", ... "g~123456": eight characters in all. */
static bool is_rare_short_name(const char *s, size_t len, const char *shorter)
{
	size_t i = 0;

	if (len < 8)
		return false;
	while (i < 6 && s[i] != '~') {
		if (lower(s[i]) != shorter[i])
			return false;
		i++;
	}
	if (s[i] != '~' || s[i + 1] < '1' || s[i + 1] > '9')
		return false;
	for (i += 2; i < 8; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

static bool is_ntfs_special(const char *s, size_t len,
			    const struct special *special)
{
	size_t n = strlen(special->name);

	if (len > n && s[0] == '.' && has_prefix(s + 1, len - 1, special->name))
		return is_ntfs_tail(s + 1 + n, len - 1 - n);
	if (len < 8)
		return false;
	if (!strncasecmp(s, special->name, 6) && s[6] == '~' &&
	    s[7] >= '1' && s[7] <= '4')
		return is_ntfs_tail(s + 8, len - 8);
	return is_rare_short_name(s, len, special->shorter) &&
	       is_ntfs_tail(s + 8, len - 8);
}

static bool hfs_ignores(uint32_t point)
{
	return (point >= 0x200c && point <= 0x200f) ||
	       (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
}

/*
 * Does HFS+ take it for `name`?  What is no character counts as the end, as
 * it does for git: what git refuses must not get this far.
 */
static bool is_hfs_name(const char *s, size_t len, const char *name)
{
	const char *end = s + len;
	uint32_t point;

	for (; s < end; s += utf8_next(s, (size_t)(end - s), &point)) {
		size_t n = utf8_next(s, (size_t)(end - s), &point);

		if (!n || point == 0xfffe || point == 0xffff)
			break;
		if (hfs_ignores(point))
			continue;
		if (!*name || point >= 0x80 || lower((char)point) != *name)
			return false;
		name++;
	}
	return !*name;
}

/* What git would not check out; NULL if it would. */
static const char *dangerous_name(const char *s, size_t len, bool symlink)
{
	char dotted[32];

	if (is_ntfs_dotgit(s, len) || is_hfs_name(s, len, ".git"))
		return "git keeps its own files under that name";
	if (!symlink)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
		snprintf(dotted, sizeof(dotted), ".%s", specials[i].name);
		if (is_ntfs_special(s, len, &specials[i]) ||
		    is_hfs_name(s, len, dotted))
			return "a symlink must not have a name that git reads";
	}
	return NULL;
}

/* Only what begins like one of the names above is worth a closer look. */
static bool may_be_special(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];

	return c == '.' || c >= 0xe2 || c == '~' || c == 'g' || c == 'G' ||
	       c == 'm' || c == 'M' || memchr(s, '\\', len);
}

static const char *check_component(const char *s, size_t len, bool symlink)
{
	const char *end = s + len, *why;

	if (!len)
		return "it has an empty component";
	if (len > NAME_LIMIT)
		return "a component has over 255 bytes";
	if (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')))
		return len == 1 ? "it has a component '.'"
				: "it has a component '..'";
	if (!may_be_special(s, len))
		return NULL;

	/* A backslash separates on other systems, so look behind each. */
	while (!(why = dangerous_name(s, (size_t)(end - s), symlink))) {
		s = memchr(s, '\\', (size_t)(end - s));
		if (!s)
			break;
		s++;
	}
	return why;
}

const char *entry_path_trouble(const char *path, size_t len,
			       enum entry_type type)
{
	const char *end = path + len, *why;

	if (!len)
		return "it is empty";
	if (len > PATH_LIMIT)
		return "it has over 4,095 bytes";
	if (memchr(path, '\0', len))
		return "it has a NUL byte";
	if (path[0] == '/')
		return "it is absolute";
	for (;;) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash ? slash : end) - path);

		why = check_component(path, n, type == ENTRY_SYMLINK);
		if (why || !slash)
			return why;
		path = slash + 1;
	}
}

int entry_check_path(const char *path, size_t len, enum entry_type type)
{
	const char *why = entry_path_trouble(path, len, type);
	struct buf name = BUF_INIT;
	int ret;

	if (!why)
		return 0;
	quote_add(&name, path, MIN(len, 300));
	ret = fail(FAIL_FORMAT, "unsafe path '%s%s': %s", name.ptr,
		   len > 300 ? "..." : "", why);
	buf_release(&name);
	return ret;
}

static int over(const char *what, uint64_t max, const char *setting)
{
	return fail(FAIL_DENIED, "more than the limit %s=%" PRIu64
		    " of one archive; '%s' raises it", what, max, setting);
}

static uint64_t depth_of(const char *path)
{
	uint64_t n = 1;

	while ((path = strchr(path, '/'))) {
		path++;
		n++;
	}
	return n;
}

int entry_count(struct entry_tally *tally, const struct entry *entry,
		const struct entry_limits *limits)
{
	struct entry_limits max = { .entries = 0 };

	if (limits)
		max = *limits;
	if (!max.entries)
		max.entries = 20000000;
	if (!max.size)
		max.size = UINT64_MAX;
	if (!max.depth)
		max.depth = 4096;

	if (tally->entries >= max.entries)
		return over("entries", max.entries, "medo.maxEntries");
	if (depth_of(entry->path) > max.depth)
		return over("depth", max.depth, "medo.maxDepth");
	tally->entries++;
	if (entry->type != ENTRY_FILE)
		return 0;
	if (entry->size > max.size - tally->size)
		return over("size", max.size, "medo.maxSize");
	tally->size += entry->size;
	return 0;
}
