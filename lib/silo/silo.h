#ifndef SILO_H
#define SILO_H

#include "base/meter.h"
#include "base/pool.h"
#include "codec/gz.h"
#include "codec/id.h"
#include "silo/backend.h"

/*
 * A silo: a folder of immutable, content-addressed files, wherever it is.
 * What comes out was verified; what goes in gets its name when it is whole.
 * Store and cache are silos too.  Layout: silo-layout(5).
 */
struct silo;

enum silo_flags {
	SILO_CREATE  = (1 << 0),	/* make what is missing */
	SILO_WRITE   = (1 << 1),	/* will put: sweep what a crash left */
	SILO_DURABLE = (1 << 2),	/* what was put survives a power cut */
	SILO_REPAIR  = (1 << 3),	/* verify shall look at a strange one */
	SILO_ANY_ADDRESS = (1 << 4),	/* the user named it: see backend.h */
};

/*
 * `url`: a path, file://PATH, or a URL of backend_far().  `algo` is wanted of the silo (ID_NONE: take
 * what it is): another one is FAIL_DENIED, as is a layout from the future.
 * A scheme we do not serve is FAIL_REQUEST.
 */
int silo_open(struct silo **out, const char *url, enum id_algo algo,
	      unsigned flags) MUST_CHECK;
void silo_close(struct silo *silo);	/* NULL is fine */

/* Of a far one: the indexes of its packs may be kept in `cache`. */
void silo_keep_indexes(struct silo *silo, const struct silo *cache);

const char *silo_url(const struct silo *silo);
enum id_algo silo_algo(const struct silo *silo);
struct backend *silo_backend(struct silo *silo);	/* borrowed */
/* Two names of one folder on this disk? */
bool silo_same_place(const struct silo *a, const struct silo *b);

/* "objects/ab/cd....gz" */
#define SILO_NAME_MAX 96
const char *silo_blob_name(const struct id *id, char out[SILO_NAME_MAX]);
/* The id in such a name; 0, or -1 where it is no such name. */
int silo_blob_id(const char *name, enum id_algo algo, struct id *out)
	MUST_CHECK;

/* 1 there, 0 not; by name only. */
int silo_has(struct silo *silo, const struct id *id) MUST_CHECK;

/*
 * 1 it lies in a pack, 0 it does not (it may have a file of its own).  Of a
 * silo that is not on this disk its ledger says that.
 */
int silo_packed(struct silo *silo, const struct id *id) MUST_CHECK;

/*
 * An open blob: a file, or content that came out of a pack and was verified
 * by its id.  A file of another place is read by ranges (its fd is -1).
 */
struct blob {
	int fd;
	uint64_t file_size;
	char name[SILO_NAME_MAX];
	struct source src;
	struct gz *gz;
	struct backend *far;
	bool packed;
	struct buf content;	/* if packed */
	struct memory memory;
	struct seal seal;
};

#define BLOB_INIT { .fd = -1, .content = BUF_INIT }

/* `blob` must stay where it is until blob_close().  FAIL_MISSING. */
int silo_blob(struct silo *silo, const struct id *id, struct blob *blob)
	MUST_CHECK;
/* The same, but only a file of its own, never out of a pack. */
int silo_blob_file(struct silo *silo, const struct id *id, struct blob *blob)
	MUST_CHECK;
/*
 * The file `blob->name` of a silo that is not on this disk, by ranges: 1, or 0
 * it is not there.  Only its source is there then; a file_size of UINT64_MAX
 * is not known, and nothing can be read.
 */
int silo_blob_ranges(struct silo *silo, struct blob *blob) MUST_CHECK;
void blob_close(struct blob *blob);

/*
 * Are its size, its seal and any bytes of it to be had without reading all?
 * Only then blob_size() and blob_pread() may be called.
 */
bool blob_seekable(const struct blob *blob);
uint64_t blob_size(const struct blob *blob);
/* Checked by digests that hash to `seal`, if it is given.  One thread. */
int blob_pread(struct blob *blob, const struct seal *seal, uint64_t off,
	       void *buf, size_t len) MUST_CHECK;

/*
 * What a blob must turn out to be.  Without a seal the id decides.
 */
struct silo_expect {
	struct id id;
	const uint64_t *size;
	const struct seal *seal;
	uint64_t max_size;
	bool vouched;		/* see struct gz_expect; for blob_read() */
};

/*
 * 1 there, 0 not: not by name alone, but by what its trailer says of size and
 * seal.  FAIL_CORRUPT: it is there and damaged, or another content.
 */
int silo_seen(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool) MUST_CHECK;

/* Read all of a blob, verified, into `sink` (NULL: only verify). */
int silo_read(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
	MUST_CHECK;
int blob_read(struct blob *blob, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
	MUST_CHECK;

/* Compress a source into a silo on this disk. */
int silo_add(struct silo *silo, const struct source *src, int level,
	     struct pool *pool, struct meter *meter, struct gz_facts *facts)
	MUST_CHECK;
/*
 * The same, but the blob gets its name only when `sure` agrees, after all
 * was read.  A blob that is there already is read, and stays if it is right.
 */
int silo_add_if(struct silo *silo, const struct source *src, int level,
		struct pool *pool, struct meter *meter,
		int (*sure)(void *data), void *data, struct gz_facts *facts)
	MUST_CHECK;

/*
 * Bring a blob from one silo into another on this disk: copied aside,
 * verified there, then named.  FAIL_MISSING where `from` has it not.
 */
int silo_import(struct silo *to, struct silo *from,
		const struct silo_expect *expect, struct pool *pool,
		struct meter *meter) MUST_CHECK;

/*
 * Blobs change from one silo on this disk to another: rename, or copy; a pack
 * all of whose blobs go is moved as a whole.  To the same one, nothing happens.
 */
int silo_move_all(struct silo *from, struct silo *to, const struct idset *ids,
		  struct pool *pool) MUST_CHECK;

/*
 * Every blob of the silo, once, by name; in no order.  `file_size` is what it
 * takes, as a file or in its pack.
 */
int silo_each(struct silo *silo,
	      int (*each)(void *data, const struct id *id, uint64_t file_size),
	      void *data) MUST_CHECK;

/* A pack is written anew without it: for many, silo_remove_all(). */
int silo_remove(struct silo *silo, const struct id *id) MUST_CHECK;

/*
 * Who puts a blob into the store and then writes the pointer that names it
 * holds the store meanwhile, with others; who removes what nothing names holds
 * it alone.  Until silo_close().  Waits; alone only for some seconds, since a
 * filter holds it as long as its git lives, which may be waiting for us:
 * FAIL_REQUEST.
 */
int silo_hold(struct silo *silo, bool alone) MUST_CHECK;
int silo_remove_all(struct silo *silo, const struct idset *ids) MUST_CHECK;

/*
 * For contents up to PACK_BLOB_MAX of which there may be many: see pack.h.
 * `level` as for silo_add().
 */
struct packer;
int silo_packer(struct silo *silo, int level, struct packer **out) MUST_CHECK;

#endif
