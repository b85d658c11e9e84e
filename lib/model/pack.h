#ifndef PACK_H
#define PACK_H

#include "base/buf.h"
#include "codec/id.h"

/*
 * git packs of whole blobs (gitformat-pack(5)): no deltas, each object a zlib
 * stream, index version 2, so that `git verify-pack` and
 * GIT_OBJECT_DIRECTORY=SILO git cat-file read them.  Made here: packs of
 * small contents, ten thousand of which must not be ten thousand files.
 */
#define PACK_BLOB_MAX 65536	/* what goes into packs (design 9) */

/*
 * Writing.  Blobs are appended to DIR/pack/grow_XXXXXX, complete object by
 * complete object: after packer_add() the bytes are the kernel's, so they
 * outlive this process, and pack_recover() finds them.  One thread at a time.
 */
struct packer;

/* Makes nothing yet; the first blob does. */
int packer_open(struct packer **out, const char *dir, enum id_algo algo,
		int level, unsigned temp_flags) MUST_CHECK;
/*
 * 1 it was added, 0 it is in this pack already.  `id` is out.  At most
 * PACK_BLOB_MAX bytes (FAIL_REQUEST).  After any failure the next one may
 * work.  Beyond 1 GiB a pack is finished here, and another begun.
 */
int packer_add(struct packer *packer, const void *data, size_t len,
	       struct id *id) MUST_CHECK;
/*
 * The same of an object as it lies in another pack, which pack_take_blob()
 * has read: `raw` are its bytes there.
 */
int packer_add_raw(struct packer *packer, const struct id *id,
		   const void *raw, size_t len) MUST_CHECK;
/* How many blobs will come: if it is true, the end costs no second reading. */
void packer_expect(struct packer *packer, size_t n);
bool packer_has(const struct packer *packer, const struct id *id);
/* What was added and is not named yet can be read back, too. */
int packer_read(struct packer *packer, const struct id *id, struct buf *out)
	MUST_CHECK;
/*
 * Header, trailer, index; then both get their names, the index last.  An
 * empty pack leaves nothing.  On failure what was added stays for
 * pack_recover(), as it does where packer_free() or the end of the process
 * comes without this.
 */
int packer_finish(struct packer *packer) MUST_CHECK;
void packer_free(struct packer *packer);	/* NULL is fine */

/*
 * Bytes of a pack that lies elsewhere: the blob at their beginning, verified
 * to be `id`, is appended to `out`, and how many bytes it took goes to `used`.
 * As packs_read() else.
 */
struct zlib;
int pack_take_blob(struct zlib *z, const void *bytes, size_t len,
		   const struct id *id, size_t max, struct buf *out,
		   size_t *used) MUST_CHECK;
/* The most bytes that a blob of `size` takes in a pack. */
size_t pack_bound(uint64_t size);

/*
 * What a killed packer left in DIR/pack becomes a pack, up to its last whole
 * object; what a living one holds is let alone.  Cheap when there is nothing.
 * The number of blobs recovered.
 */
int pack_recover(const char *dir, enum id_algo algo, unsigned temp_flags)
	MUST_CHECK;

/*
 * Reading.  All packs of DIR/pack, listed when opened and again when an id is
 * not found and the directory has changed since.  Index files are checked
 * before they are believed: size, fan-out, order, offsets; a pack that fails
 * is skipped with a warning.  Any thread may ask, several at once.
 */
struct packs;

/* Reads nothing yet.  `dirfd` is the caller's and must outlive it. */
struct packs *packs_open(int dirfd, enum id_algo algo);
void packs_close(struct packs *packs);	/* NULL is fine */
/* 1 there, 0 not. */
int packs_has(struct packs *packs, const struct id *id) MUST_CHECK;
/*
 * The blob's bytes are appended, at most `max` of them (else FAIL_DENIED).
 * FAIL_MISSING; FAIL_CORRUPT: not a whole blob, or not its id, in any pack
 * that names it.  A delta, tree, commit or tag is FAIL_REQUEST: somebody
 * else's pack, to be read by git.
 */
int packs_read(struct packs *packs, const struct id *id, size_t max,
	       struct buf *out) MUST_CHECK;
/*
 * Each whole blob (no deltas), once for each pack that has it, with its size
 * and the bytes it takes; `pack` is "pack/pack-....idx".
 */
struct pack_item {
	struct id id;
	uint64_t size;
	uint64_t stored;
	const char *pack;
};
int packs_each(struct packs *packs,
	       int (*each)(void *data, const struct pack_item *item),
	       void *data) MUST_CHECK;

/* Something was removed: what was listed is not believed any more. */
int packs_again(struct packs *packs) MUST_CHECK;

/*
 * Blobs leave DIR's packs for packs of TO (NULL: for nowhere).  A pack all of
 * whose blobs go changes its place; one of which some stay is written anew
 * for them.  A pack with more than small blobs, or with a .keep, is somebody
 * else's: what goes is copied and stays.  Killed at any moment, each blob is
 * in one place at least.
 */
int packs_take(const char *dir, const char *to, enum id_algo algo,
	       const struct idset *ids, unsigned temp_flags) MUST_CHECK;

/*
 * silo verify: every file in DIR/pack to its last byte, or, `quick`, only
 * indexes, and that packs belong to them.
 */
struct packs_check {
	bool quick;
	/* A file, below DIR, is not what it has to be; or only git knows. */
	int (*bad)(void *data, const char *name, const char *why);
	int (*strange)(void *data, const char *name, const char *why);
	/* Proves the id, FAIL_CORRUPT else; NULL: a plain hash decides. */
	int (*blob)(void *data, const struct id *id, const void *content,
		    size_t len);
	void *data;
	uint64_t blobs;		/* out */
	uint64_t bytes;		/* out: of content */
};
int packs_check(int dirfd, enum id_algo algo, struct packs_check *check)
	MUST_CHECK;

#endif
