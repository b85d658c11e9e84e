#ifndef BACKEND_H
#define BACKEND_H

#include "base/block.h"
#include "base/buf.h"

/*
 * What a place that holds files must know: eight things about names and
 * bytes.  Ids, verification, packing and the ledger are written once, above;
 * what a protocol calls for (another try after 503, resuming a body that was
 * cut, redirects, passwords) is done below.
 * A name is relative, of the characters of silo-layout(5), and trusted.
 *
 * Every function but `close` returns 0 or more, or a failure: FAIL_MISSING
 * where the place says that the name is not there, FAIL_NET where it cannot
 * be reached or makes no sense, FAIL_DENIED where it does not let us.
 * Any thread may call, several at once: that is how many blobs travel.
 */
struct backend;

enum read_how {
	READ_FRESH = (1 << 0),	/* past all caches: the end of a ledger */
};

struct http;

struct backend_ops {
	/*
	 * Deliver bytes from `from` to `to` (UINT64_MAX: the end) in order;
	 * `*total` becomes the size of the whole file.  A sink may have got
	 * some bytes, all of them right in place, before a failure.
	 */
	int (*read)(struct backend *b, const char *name, uint64_t from,
		    uint64_t to, unsigned how, const struct sink *sink,
		    uint64_t *total);
	/*
	 * All of `src` under a name that has one content: first one wins.  1:
	 * the name was taken already.
	 */
	int (*put)(struct backend *b, const char *name,
		   const struct source *src);
	/*
	 * A small whole file under a new name, "DIR/FILE" where DIR is new,
	 * too: 1 the place says it is ours, 0 it was taken.  Above, the answer
	 * decides nothing: the name is read back (design 2.9).
	 */
	int (*claim)(struct backend *b, const char *name, const void *data,
		     size_t len);
	/* A hint: whole, atomically where that can be had. */
	int (*replace)(struct backend *b, const char *name, const void *data,
		       size_t len);
	/* 1 and its size, or 0.  UINT64_MAX: the place does not tell sizes. */
	int (*has)(struct backend *b, const char *name, uint64_t *size);
	/*
	 * Files below `prefix`, at any depth, in no order.  These names are
	 * the place's, and not trusted: a key of S3 may be any text.
	 */
	int (*list)(struct backend *b, const char *prefix,
		    int (*each)(void *data, const char *name, uint64_t size),
		    void *data);
	int (*remove)(struct backend *b, const char *name);
	/* Seconds since 1970 by the clock of the place itself. */
	int (*now)(struct backend *b, int64_t *out);
	/*
	 * 1: a file stays what it was, whole, when an upload to its name is
	 * cut.  Found out by doing it, in a few requests.  NULL: so it is, or
	 * nothing would come of it.
	 */
	int (*keeps)(struct backend *b);
	/* Which server that is, for who remembers it; yours. */
	char *(*server)(struct backend *b);
	void (*close)(struct backend *b);
};

struct backend {
	const struct backend_ops *ops;
	char *url;		/* for messages: no password, no slash behind */
	/* A folder on this disk: its path and descriptor; else NULL and -1. */
	char *path;
	int fd;
	bool durable;		/* sync what is put */
	struct http *http;	/* of those that speak it, else NULL */
	/*
	 * keeps() said yes, so that `put` and `replace` may write to the name
	 * itself; for who puts names that say what their bytes are.
	 */
	bool straight;
};

/* All of a small file; more than `max` bytes are FAIL_FORMAT. */
int backend_slurp(struct backend *b, const char *name, size_t max,
		  unsigned how, struct buf *out) MUST_CHECK;
/* Put bytes from memory: 0. */
int backend_put(struct backend *b, const char *name, const void *data,
		size_t len) MUST_CHECK;
/*
 * The same where the name says every byte, as that of a pack does.  What half
 * a copy or a bad disk has left under it would be taken for what is put:
 * FAIL_CORRUPT.
 */
int backend_put_exact(struct backend *b, const char *name,
		      const struct source *src) MUST_CHECK;

/*
 * Where a place has no locks a file on its way is BACKEND_TEMP and 16 hex
 * digits by chance, at the top of the silo; yours.
 */
#define BACKEND_TEMP ".tmp-medo-"
char *backend_temp_name(void);

struct backend_opts {
	bool durable;
	/* The user named this place: it may have a private address. */
	bool any_address;
};

/*
 * A place that is not on this disk: http, https, s3, ssh, sftp.  Nothing is
 * connected before the first verb.  Only in the program that links the
 * network; where it is NULL, far silos are out of reach.
 */
int backend_far(struct backend **out, const char *url,
		const struct backend_opts *opts)
	MUST_CHECK __attribute__((weak));
/*
 * Before several places are asked, one after the other: which of them do not
 * answer at all?  They get a sentence (yours), the others, and those of a kind
 * that cannot be asked so (ssh), NULL.  As weak as backend_far().
 */
struct backend_knock {
	const char *url;
	bool any_address;
	char *why;
};

int backend_knock(struct backend_knock *v, size_t n)
	MUST_CHECK __attribute__((weak));
/* One each; backend_far() tells them apart by scheme. */
int backend_web(struct backend **out, const char *url,
		const struct backend_opts *opts) MUST_CHECK;
int backend_s3(struct backend **out, const char *url,
	       const struct backend_opts *opts) MUST_CHECK;
int backend_sftp(struct backend **out, const char *url,
		 const struct backend_opts *opts) MUST_CHECK;

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
