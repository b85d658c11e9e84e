#include "base/base.h"
#include "codec/id.h"

/*
 * The deprecated calls on purpose: starting the EVP provider costs 1.3 ms in
 * every process, and git starts us at each checkout.
 */
#include <openssl/sha.h>

_Static_assert(sizeof(SHA_CTX) <= sizeof(((struct hash *)0)->ctx),
	       "struct hash must hold a SHA-1");
_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct hash *)0)->ctx),
	       "struct hash must hold a SHA-256");

size_t id_raw_size(enum id_algo algo)
{
	return algo == ID_SHA256 ? 32 : 20;
}

const char *id_algo_name(enum id_algo algo)
{
	return algo == ID_SHA256 ? "sha256" : "sha1";
}

enum id_algo id_algo_parse(const char *name)
{
	if (!strcmp(name, "sha1"))
		return ID_SHA1;
	if (!strcmp(name, "sha256"))
		return ID_SHA256;
	return ID_NONE;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int hex_parse(unsigned char *raw, const char *hex, size_t raw_len)
{
	for (size_t i = 0; i < raw_len; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);

		if (low < 0)
			return -1;
		raw[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static void hex_format(const unsigned char *raw, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[raw[i] >> 4];
		*out++ = digits[raw[i] & 15];
	}
	*out = '\0';
}

int id_parse(struct id *id, const char *hex, size_t len)
{
	struct id fresh = { .algo = ID_NONE };

	if (len == 40)
		fresh.algo = ID_SHA1;
	else if (len == 64)
		fresh.algo = ID_SHA256;
	else
		return -1;
	if (hex_parse(fresh.raw, hex, len / 2))
		return -1;
	*id = fresh;
	return 0;
}

const char *id_hex(const struct id *id, char out[ID_HEX_MAX])
{
	hex_format(id->raw, id_raw_size(id->algo), out);
	return out;
}

bool id_eq(const struct id *a, const struct id *b)
{
	return a->algo == b->algo && !memcmp(a->raw, b->raw, ID_RAW_MAX);
}

int id_cmp(const struct id *a, const struct id *b)
{
	int cmp = memcmp(a->raw, b->raw, ID_RAW_MAX);

	return cmp ? cmp : (int)a->algo - (int)b->algo;
}

void hash_init(struct hash *hash, enum id_algo algo)
{
	hash->algo = algo;
	if (algo == ID_SHA256)
		SHA256_Init((SHA256_CTX *)(void *)hash->ctx);
	else
		SHA1_Init((SHA_CTX *)(void *)hash->ctx);
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
	if (hash->algo == ID_SHA256)
		SHA256_Update((SHA256_CTX *)(void *)hash->ctx, data, len);
	else
		SHA1_Update((SHA_CTX *)(void *)hash->ctx, data, len);
}

void hash_final(struct hash *hash, struct id *out)
{
	memset(out, 0, sizeof(*out));
	out->algo = (unsigned char)hash->algo;
	if (hash->algo == ID_SHA256)
		SHA256_Final(out->raw, (SHA256_CTX *)(void *)hash->ctx);
	else
		SHA1_Final(out->raw, (SHA_CTX *)(void *)hash->ctx);
}

void hash_init_object(struct hash *hash, enum id_algo algo, const char *type,
		      uint64_t size)
{
	char head[64];
	int n = snprintf(head, sizeof(head), "%s %" PRIu64, type, size);

	hash_init(hash, algo);
	hash_add(hash, head, (size_t)n + 1);
}

void digest_of(const void *data, size_t len, unsigned char out[DIGEST_SIZE])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, data, len);
	SHA256_Final(out, &ctx);
}

int seal_parse(struct seal *seal, const char *hex, size_t len)
{
	struct seal fresh;

	if (len != 2 * DIGEST_SIZE || hex_parse(fresh.raw, hex, DIGEST_SIZE))
		return -1;
	*seal = fresh;
	return 0;
}

const char *seal_hex(const struct seal *seal, char out[SEAL_HEX_MAX])
{
	hex_format(seal->raw, DIGEST_SIZE, out);
	return out;
}

bool seal_eq(const struct seal *a, const struct seal *b)
{
	return !memcmp(a->raw, b->raw, DIGEST_SIZE);
}

void sealer_init(struct sealer *sealer)
{
	hash_init(&sealer->top, ID_SHA256);
	sealer->in_group = 0;
}

static void close_group(struct sealer *sealer)
{
	struct id group;

	hash_final(&sealer->group, &group);
	hash_add(&sealer->top, group.raw, DIGEST_SIZE);
	sealer->in_group = 0;
}

void sealer_add(struct sealer *sealer, const unsigned char piece[DIGEST_SIZE])
{
	if (!sealer->in_group)
		hash_init(&sealer->group, ID_SHA256);
	hash_add(&sealer->group, piece, DIGEST_SIZE);
	if (++sealer->in_group == GROUP_PIECES)
		close_group(sealer);
}

void sealer_add_group(struct sealer *sealer,
		      const unsigned char group[DIGEST_SIZE])
{
	hash_add(&sealer->top, group, DIGEST_SIZE);
}

void sealer_final(struct sealer *sealer, struct seal *out)
{
	struct id top;

	if (sealer->in_group)
		close_group(sealer);
	hash_final(&sealer->top, &top);
	memcpy(out->raw, top.raw, DIGEST_SIZE);
}

/*
 * Ids come out of other people's files, where they need not be hashes of
 * anything.  The address of the table, which nobody outside knows, keeps them
 * from being chosen to meet in one slot.
 */
static size_t slot_of(const struct idset *set, const struct id *id)
{
	uint64_t h = (uintptr_t)set->slots;

	for (size_t i = 0; i < ID_RAW_MAX; i += 8) {
		h = (h ^ get_le64(id->raw + i)) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	h = (h ^ id->algo) * UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(h >> 32) & (set->nslots - 1);
}

/* Where `id` is, or the free slot where it belongs; a slot is index + 1. */
static uint32_t *find_slot(const struct idset *set, const struct id *id)
{
	size_t i = slot_of(set, id);

	while (set->slots[i] && !id_eq(&set->ids[set->slots[i] - 1], id))
		i = (i + 1) & (set->nslots - 1);
	return &set->slots[i];
}

static void grow_slots(struct idset *set)
{
	size_t nslots = set->nslots ? set->nslots * 2 : 64;
	uint32_t *old = set->slots;

	/* The old table goes last: the new one must have another address. */
	set->slots = xcalloc(nslots, sizeof(*set->slots));
	set->nslots = nslots;
	for (size_t i = 0; i < set->n; i++)
		*find_slot(set, &set->ids[i]) = (uint32_t)i + 1;
	free(old);
}

size_t idset_add(struct idset *set, const struct id *id)
{
	uint32_t *slot;

	if (set->n >= set->nslots / 2)
		grow_slots(set);
	slot = find_slot(set, id);
	if (!*slot) {
		ALLOC_GROW(set->ids, set->n, set->cap);
		set->ids[set->n++] = *id;
		*slot = (uint32_t)set->n;
	}
	return *slot - 1;
}

ssize_t idset_find(const struct idset *set, const struct id *id)
{
	uint32_t *slot;

	if (!set->nslots)
		return -1;
	slot = find_slot(set, id);
	return *slot ? (ssize_t)*slot - 1 : -1;
}

void idset_release(struct idset *set)
{
	free(set->ids);
	free(set->slots);
	*set = (struct idset)IDSET_INIT;
}
