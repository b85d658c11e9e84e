#ifndef SEEN_H
#define SEEN_H

#include "codec/id.h"

/*
 * What the pointers of the work tree said when they were last read, so that
 * a look at ten thousand of them is an lstat each: $GIT_DIR/medo/pointers, a
 * hint in the byte order of this machine.  A row counts while its file has
 * the inode, size, mtime and ctime that it had; a file that changed just
 * before it was read is not kept (it may change again unseen).
 */
struct seen_row {
	uint64_t ino;
	uint64_t file_size;
	int64_t mtime;		/* nanoseconds */
	int64_t ctime;
	uint64_t size;		/* what the pointer says */
	struct id id;
	const char *path;	/* below the top; borrowed from the caller */
};

struct seen {
	char *file;
	char *text;		/* the file as it was read */
	struct seen_row *rows;
	size_t n;
};

#define SEEN_INIT { .file = NULL }

/* A file that is missing or odd is an empty one. */
void seen_load(struct seen *seen, const char *git_dir);

/*
 * What the file at `path` (below the top) says, if it is known; `hint` is
 * where the last row was found, for the caller to keep.  Any thread.
 */
const struct seen_row *seen_find(const struct seen *seen, const char *path,
				 size_t *hint);

/* Fill in the four stat fields.  false: it is no regular file. */
bool seen_stat(struct seen_row *row, const char *file);
bool seen_same(const struct seen_row *a, const struct seen_row *b);

/* Keep these rows instead; rows without an id are left out. */
void seen_save(struct seen *seen, const struct seen_row *rows, size_t n);
void seen_release(struct seen *seen);

#endif
