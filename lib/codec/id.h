#ifndef ID_H
#define ID_H

#include "base/base.h"
#include "base/block.h"

/*
 * Object ids and seals (silo-layout(5)).  An id is what `git hash-object`
 * prints for the content; a seal is SHA-256 over the digests of groups of
 * pieces.  The only module that touches libcrypto for hashing.
 */
enum id_algo { ID_NONE = 0, ID_SHA1 = 1, ID_SHA256 = 2 };

#define ID_RAW_MAX 32
#define ID_HEX_MAX 65	/* with the NUL */

struct id {
	unsigned char raw[ID_RAW_MAX];	/* zeros behind a SHA-1 */
	unsigned char algo;
};

size_t id_raw_size(enum id_algo algo);		/* 20 or 32 */
const char *id_algo_name(enum id_algo algo);	/* "sha1", "sha256" */
enum id_algo id_algo_parse(const char *name);	/* ID_NONE: unknown */

/* Exactly 40 or 64 lower-case hex digits; 0, or -1 without a sentence. */
int id_parse(struct id *id, const char *hex, size_t len) MUST_CHECK;
const char *id_hex(const struct id *id, char out[ID_HEX_MAX]);	/* out */
bool id_eq(const struct id *a, const struct id *b);
int id_cmp(const struct id *a, const struct id *b);

/* A hash under way; copying the struct forks it. */
struct hash {
	enum id_algo algo;
	_Alignas(8) unsigned char ctx[224];
};

void hash_init(struct hash *hash, enum id_algo algo);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_final(struct hash *hash, struct id *out);

/* "blob <size>\0" (or tree, commit, tag) goes in first. */
void hash_init_object(struct hash *hash, enum id_algo algo, const char *type,
		      uint64_t size);

#define DIGEST_SIZE 32
#define SEAL_HEX_MAX 65
#define GROUP_PIECES 1024

void digest_of(const void *data, size_t len, unsigned char out[DIGEST_SIZE]);

struct seal {
	unsigned char raw[DIGEST_SIZE];
};

int seal_parse(struct seal *seal, const char *hex, size_t len) MUST_CHECK;
const char *seal_hex(const struct seal *seal, char out[SEAL_HEX_MAX]);
bool seal_eq(const struct seal *a, const struct seal *b);

/* Piece digests go in, in order; the seal comes out. */
struct sealer {
	struct hash top;
	struct hash group;
	unsigned in_group;
};

void sealer_init(struct sealer *sealer);
void sealer_add(struct sealer *sealer, const unsigned char piece[DIGEST_SIZE]);
/* Append a whole group by its digest; only at a group boundary. */
void sealer_add_group(struct sealer *sealer,
		      const unsigned char group[DIGEST_SIZE]);
void sealer_final(struct sealer *sealer, struct seal *out);

/*
 * A set of ids with an index for each, 0, 1, 2 ... in order of arrival; of at
 * most 2^31, which is more than fits in memory.
 */
struct idset {
	struct id *ids;
	size_t n;
	size_t cap;
	uint32_t *slots;
	size_t nslots;
};

#define IDSET_INIT { .ids = NULL }
/* The index of `id`, added if it is new. */
size_t idset_add(struct idset *set, const struct id *id);
/* Its index, or -1. */
ssize_t idset_find(const struct idset *set, const struct id *id);
void idset_release(struct idset *set);

#endif
