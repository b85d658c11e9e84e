#ifndef BACKEND_H
#define BACKEND_H

#include "base/block.h"
#include "base/buf.h"

/*
 * What a place that holds files must know: eight things about names and
 * bytes.  Ids, verification, retries and packing are written once, above.
 * A name is relative, of the characters of silo-layout(5), and trusted.
 *
 * Every function but `close` returns 0 or more, or a failure: FAIL_MISSING
 * where the name is not there, FAIL_NET where the place cannot be reached.
 */
struct backend;

struct backend_ops {
	/*
	 * Deliver bytes from `from` to `to` (UINT64_MAX: the end) in order;
	 * `*total` becomes the size of the whole file.
	 */
	int (*read)(struct backend *b, const char *name, uint64_t from,
		    uint64_t to, const struct sink *sink, uint64_t *total);
	/* All of `src` under a name that has one content: first one wins. */
	int (*put)(struct backend *b, const char *name,
		   const struct source *src);
	/* A small whole file under a new name: 1 it is ours, 0 it was taken. */
	int (*claim)(struct backend *b, const char *name, const void *data,
		     size_t len);
	/* A hint: whole, atomically where that can be had. */
	int (*replace)(struct backend *b, const char *name, const void *data,
		       size_t len);
	/* 1 and its size, or 0. */
	int (*has)(struct backend *b, const char *name, uint64_t *size);
	/* Files below `prefix`, at any depth, in no order. */
	int (*list)(struct backend *b, const char *prefix,
		    int (*each)(void *data, const char *name, uint64_t size),
		    void *data);
	int (*remove)(struct backend *b, const char *name);
	/* Seconds since 1970 by the clock of the place itself. */
	int (*now)(struct backend *b, int64_t *out);
	void (*close)(struct backend *b);
};

struct backend {
	const struct backend_ops *ops;
	char *url;
	/* A folder on this disk: its path and descriptor; else NULL and -1. */
	char *path;
	int fd;
	bool durable;		/* sync what is put */
};

/*
 * A folder.  `create`: make it if it is missing; otherwise a missing one is
 * FAIL_NET (a disk that is not mounted says nothing about what it holds).
 */
int backend_folder(struct backend **out, const char *path, bool create,
		   bool durable) MUST_CHECK;

/*
 * Of a folder: make the directory that will hold `name`, unless it is there.
 * FAIL_DENIED where a symlink is on the way to it.
 */
int backend_parent(struct backend *b, const char *name) MUST_CHECK;

#endif
