#ifndef PACK_INT_H
#define PACK_INT_H

#include "base/temp.h"
#include "codec/zlib.h"
#include "model/pack.h"

/*
 * For pack*.c alone.  gitformat-pack(5): a pack is "PACK", version, count,
 * the objects, and the hash of all that; numbers are big endian.
 */
#define PACK_START_SIZE 12
#define PACK_HEAD_MAX 10	/* of an object: type and size */

/* What we write: then offsets fit 31 bits and an index 12 MiB. */
#define PACK_GROW_MAX ((uint64_t)1 << 30)
#define PACK_COUNT_MAX ((size_t)1 << 18)

enum pack_type {
	PACK_COMMIT = 1, PACK_TREE, PACK_BLOB, PACK_TAG,
	PACK_OFS_DELTA = 6, PACK_REF_DELTA,
};

void pack_put_start(unsigned char out[PACK_START_SIZE], uint32_t count);
/* Version 2 or 3; -1: it is no pack. */
int pack_take_start(const unsigned char in[PACK_START_SIZE], uint32_t *count)
	MUST_CHECK;
size_t pack_put_head(unsigned char out[PACK_HEAD_MAX], enum pack_type type,
		     uint64_t size);
/* Its length, or 0: there is none in these `len` bytes. */
size_t pack_take_head(const unsigned char *in, size_t len, unsigned *type,
		      uint64_t *size);

void pack_hash_blob(enum id_algo algo, const void *data, size_t len,
		    struct id *out);

/*
 * The blob at `off` of an open pack whose objects end at `end`, verified to
 * be `id`, appended to `out`.  As packs_read() says it; any thread.
 */
int pack_read_blob(int fd, uint64_t off, uint64_t end, const struct id *id,
		   size_t max, struct buf *out) MUST_CHECK;

/* The largest blob that is held in memory to verify it. */
#define PACK_WHOLE_MAX ((size_t)1 << 20)

/* Where an object is, for the index. */
struct pack_place {
	uint32_t off;
	uint32_t crc;
};

/* A pack that grows, or grew until its writer was killed. */
struct grown {
	struct temp temp;
	uint64_t end;		/* of the last whole object */
	struct idset ids;
	struct pack_place *places;	/* of each id */
	size_t cap;
	/* The hash so far, as if there were to be `sum_count` blobs; or 0. */
	struct hash sum;
	size_t sum_count;
};

#define GROWN_INIT { .temp = TEMP_INIT, .end = PACK_START_SIZE }

void grown_place(struct grown *grown, uint64_t off, uint32_t crc);
void grown_release(struct grown *grown);	/* its file stays if kept */

/* It becomes a pack of `dir`/pack with its index; nothing if it is empty. */
int grown_finish(struct grown *grown, const char *dir, enum id_algo algo,
		 unsigned temp_flags) MUST_CHECK;

/* The hash of the first `end` bytes. */
int pack_sum(int fd, uint64_t end, enum id_algo algo, struct id *out)
	MUST_CHECK;

/* An index, version 2; and as a temp in `dir`, not named yet. */
void pack_make_index(struct buf *out, const struct grown *grown,
		     enum id_algo algo, const struct id *checksum);
int pack_write_index(struct temp *temp, const struct grown *grown,
		     const char *dir, enum id_algo algo,
		     const struct id *checksum) MUST_CHECK;

struct pack_index {
	unsigned char *data;
	size_t size;
	bool mapped;
	size_t hash;		/* bytes of an id */
	size_t n;
	size_t n64;		/* entries of the table of long offsets */
};

/* Size and fan-out are checked, and all else if that costs nothing. */
int pack_index_open(struct pack_index *index, int dirfd, const char *name,
		    enum id_algo algo) MUST_CHECK;
void pack_index_close(struct pack_index *index);
/* Everything: order, offsets, its own hash. */
int pack_index_check(const struct pack_index *index, enum id_algo algo)
	MUST_CHECK;
/* Its place, or -1. */
ssize_t pack_index_find(const struct pack_index *index, const struct id *id);
void pack_index_id(const struct pack_index *index, size_t i, enum id_algo algo,
		   struct id *out);
uint32_t pack_index_crc(const struct pack_index *index, size_t i);
/* UINT64_MAX: it leads out of the index. */
uint64_t pack_index_offset(const struct pack_index *index, size_t i);
/* The hash at the end of its pack. */
const unsigned char *pack_index_checksum(const struct pack_index *index);

/* Open NAME.pack of NAME.idx: FAIL_CORRUPT where they are no pair. */
int pack_open(const struct pack_index *index, int dirfd, const char *idx_name,
	      uint64_t *end) MUST_CHECK;

/* Objects in the order in which they lie in the pack. */
struct pack_spot {
	uint64_t off;
	size_t at;		/* in the index */
};
struct pack_spot *pack_index_spots(const struct pack_index *index);

#endif
