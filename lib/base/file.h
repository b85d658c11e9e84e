#ifndef FILE_H
#define FILE_H

#include "base/buf.h"

/*
 * Files that are there already: reading, listing, walking, removing.  What
 * makes a new name is temp.h's.
 */

/* Whole file, at most `max` bytes (else FAIL_FORMAT); FAIL_MISSING if absent. */
int file_read(const char *path, size_t max, struct buf *out) MUST_CHECK;
/* The same of what is open, from where it is: stdin, say. */
int file_read_fd(int fd, const char *name, size_t max, struct buf *out)
	MUST_CHECK;
/* What there is, at most `len`; 0 at the end.  A signal is no failure. */
ssize_t file_read_some(int fd, const char *name, void *buf, size_t len)
	MUST_CHECK;

/* All of it or a failure (FAIL_CORRUPT where the file ends too early). */
int file_pread(int fd, uint64_t off, void *buf, size_t len) MUST_CHECK;
int file_pwrite(int fd, uint64_t off, const void *buf, size_t len) MUST_CHECK;
int file_write(int fd, const void *buf, size_t len) MUST_CHECK;

/* Names in a directory, sorted by bytes, without "." and "..". */
int file_list(const char *path, struct strs *names) MUST_CHECK;
int file_list_fd(int dirfd, struct strs *names) MUST_CHECK;

/* 1 it is there (no symlink followed), 0 it is not, or a failure. */
int file_exists(const char *path) MUST_CHECK;

/*
 * Open `path` below `dirfd`; no component may be a symlink, "..", or
 * absolute.  The descriptor, or FAIL_DENIED where the path would escape,
 * FAIL_MISSING where it is not there, FAIL_SYSTEM.  O_CLOEXEC is added.
 */
int file_open_beneath(int dirfd, const char *path, int flags, unsigned mode)
	MUST_CHECK;

/*
 * Remove a file or a whole directory; symlinks are removed, never followed,
 * and read-only directories are opened up on the way.  Absent is fine.
 */
int file_remove_tree(int dirfd, const char *name) MUST_CHECK;

/* Absolute and normalised as text: no ".", "..", "//", trailing "/". Yours. */
char *file_absolute(const char *path);

/* The part behind the last slash, borrowed from `path`. */
const char *file_basename(const char *path);

#endif
