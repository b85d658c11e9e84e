#ifndef ENTRY_H
#define ENTRY_H

#include "base/block.h"

/*
 * What an archive holds, whatever its format.  Paths are the archive's bytes
 * without leading "./" and trailing "/"; entry_check_path() passed them.
 */
enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_SYMLINK, ENTRY_HARDLINK };

struct entry {
	enum entry_type type;
	const char *path;
	const char *link;	/* symlink target, or path of the first name */
	uint64_t size;		/* of a file's content */
	unsigned mode;		/* permission bits as recorded, 07777 */
	int64_t mtime;		/* seconds; nsec 0 to 999,999,999 */
	uint32_t mtime_nsec;
};

/*
 * Whoever looks at an archive is a handler.  begin() for each entry; for a
 * file then data() with slices of blocks, in order, until its size is
 * reached; end() when the entry is complete.  Any failure ends the reading.
 * NULL members are skipped.
 */
struct entry_handler {
	int (*begin)(void *data, const struct entry *entry);
	int (*content)(void *data, struct block *block, size_t off, size_t len);
	int (*end)(void *data);
	void *data;
};

/*
 * The limits of reading: exceeded is FAIL_DENIED with the option that raises
 * it.  0 means the default.
 */
struct entry_limits {
	uint64_t entries;	/* 20,000,000; medo.maxEntries */
	uint64_t size;		/* sum of contents, no default; medo.maxSize */
	unsigned depth;		/* 4,096 components; medo.maxDepth */
};

/* Count an entry against the limits (NULL: the defaults). */
struct entry_tally {
	uint64_t entries;
	uint64_t size;
};
int entry_count(struct entry_tally *tally, const struct entry *entry,
		const struct entry_limits *limits) MUST_CHECK;

/*
 * May this path be created below a directory?  Refused (FAIL_FORMAT, escaped
 * name and reason): empty, absolute, "." or ".." or empty component, NUL,
 * over 4,095 bytes, a component over 255 bytes, and ".git" in any spelling
 * git's verify_path() knows (case, trailing dots and spaces, NTFS streams
 * and short names, HFS ignorable code points).  A symlink besides must not
 * have a component .gitmodules, .gitattributes, .gitignore, .mailmap.
 */
int entry_check_path(const char *path, size_t len, enum entry_type type)
	MUST_CHECK;

/* The reason alone ("it is absolute"), NULL if the path may be created. */
const char *entry_path_trouble(const char *path, size_t len,
			       enum entry_type type);

#endif
