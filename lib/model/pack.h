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
 * Writing.  Blobs are appended to DIR/pack/tmp_XXXXXX, complete object by
 * complete object: after packer_add() the bytes are the kernel's, so they
 * outlive this process, and pack_recover() finds them.
 */
struct packer;

int packer_open(struct packer **out, const char *dir, enum id_algo algo,
		int level) MUST_CHECK;
/* 1 it was added, 0 it is in this pack already.  `id` is out. */
int packer_add(struct packer *packer, const void *data, size_t len,
	       struct id *id) MUST_CHECK;
bool packer_has(const struct packer *packer, const struct id *id);
/* What was added and is not named yet can be read back, too. */
int packer_read(struct packer *packer, const struct id *id, struct buf *out)
	MUST_CHECK;
/*
 * Header, trailer, index; then both get their names, the index last.  An
 * empty pack leaves nothing.  On failure what was added stays for
 * pack_recover().
 */
int packer_finish(struct packer *packer, unsigned temp_flags) MUST_CHECK;
void packer_free(struct packer *packer);

/*
 * What a killed packer left in DIR/pack becomes a pack, up to its last whole
 * object.  Cheap when there is nothing.  The number of blobs recovered.
 */
int pack_recover(const char *dir, enum id_algo algo, unsigned temp_flags)
	MUST_CHECK;

/*
 * Reading.  All packs of DIR/pack, listed when opened and again when an id is
 * not found and the directory has changed since.  Index files are checked
 * before they are believed: size, fan-out, order, offsets; a pack that fails
 * is skipped with a warning.
 */
struct packs;

struct packs *packs_open(int dirfd, enum id_algo algo);
void packs_close(struct packs *packs);	/* NULL is fine */
/* 1 there, 0 not. */
int packs_has(struct packs *packs, const struct id *id) MUST_CHECK;
/*
 * The blob's bytes, at most `max` of them (else FAIL_DENIED).  FAIL_MISSING;
 * FAIL_CORRUPT: not a whole blob, or not its id.  A delta is FAIL_REQUEST:
 * somebody else's pack, to be read by git.
 */
int packs_read(struct packs *packs, const struct id *id, size_t max,
	       struct buf *out) MUST_CHECK;
int packs_each(struct packs *packs,
	       int (*each)(void *data, const struct id *id, uint64_t size),
	       void *data) MUST_CHECK;

#endif
