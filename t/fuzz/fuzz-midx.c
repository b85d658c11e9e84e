/*
 * Any bytes, with a hash that is right: a table, or refused; what is in it is
 * found, and still so when it was put together with itself.
 */
#include "base/base.h"
#include "base/fail.h"
#include "model/midx.h"

#define PACK "pack-0123456789012345678901234567890123456789"
#define PACK_SHA256 PACK "012345678901234567890123"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void look(const struct midx *m)
{
	struct midx_place at, found;
	struct id id;

	for (size_t i = 0; i < midx_objects(m); i++) {
		midx_at(m, i, &id, &at);
		check(at.pack < midx_packs(m) && at.next > at.offset);
		check(!strncmp(midx_pack(m, at.pack), "pack-", 5));
		check(midx_find(m, &id, &found) == 1);
	}
}

static void merge(const struct midx *m, enum id_algo algo)
{
	const struct midx *both[] = { m, m };
	struct buf bytes = BUF_INIT;
	struct midx *one = NULL;
	struct strs without = STRS_INIT;

	check(!midx_merge(&bytes, algo, both, 2, NULL));
	check(!midx_open(&one, &bytes, algo, "merged"));
	check(midx_packs(one) == midx_packs(m));
	check(midx_objects(one) <= midx_objects(m));
	look(one);
	midx_free(one);
	if (midx_packs(m))
		strs_add(&without, midx_pack(m, 0));
	buf_reset(&bytes);
	check(!midx_merge(&bytes, algo, both, 2, &without));
	check(!midx_open(&one, &bytes, algo, "merged"));
	look(one);
	midx_free(one);
	strs_release(&without);
	buf_release(&bytes);
}

static void try_as(const uint8_t *data, size_t len, enum id_algo algo,
		   const char *pack)
{
	struct buf bytes = BUF_INIT;
	struct midx *m = NULL;
	struct hash hash;
	struct id sum;
	int ret;

	hash_init(&hash, algo);
	hash_add(&hash, data, len);
	hash_final(&hash, &sum);
	buf_add(&bytes, data, len);
	buf_add(&bytes, sum.raw, id_raw_size(algo));
	ret = pack ? midx_open_idx(&m, &bytes, algo, pack) :
	      midx_open(&m, &bytes, algo, "fuzz");
	check(!bytes.len);
	if (ret) {
		check(*fail_text());
		return;
	}
	look(m);
	merge(m, algo);
	midx_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_as(data, len, ID_SHA1, NULL);
	try_as(data, len, ID_SHA1, PACK);
	try_as(data, len, ID_SHA256, NULL);
	try_as(data, len, ID_SHA256, PACK_SHA256);
	return 0;
}
