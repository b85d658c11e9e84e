#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/midx_int.h"

#define IDX_MAGIC "\377tOc"
#define IDX_HEAD 8
#define PACK_START 12		/* no object lies before it */

uint32_t midx_pack_of(const struct midx *m, size_t i)
{
	return m->stride == 8 ? get_be32(m->offs + 8 * i) : 0;
}

/* UINT64_MAX: it leads out of the table. */
uint64_t midx_offset_of(const struct midx *m, size_t i)
{
	const unsigned char *p = m->offs + m->stride * i + (m->stride - 4);
	uint32_t off = get_be32(p);

	/* Where there are no long ones, the highest bit is only a bit. */
	if (!m->longs || !(off & MIDX_LONG))
		return off;
	off &= ~MIDX_LONG;
	if (off >= m->nlongs)
		return UINT64_MAX;
	p = m->longs + 8 * (size_t)off;
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static uint32_t fan(const struct midx *m, unsigned first)
{
	return get_be32(m->fan + 4 * (size_t)first);
}

static int check_fan(struct midx *m, uint64_t *n)
{
	for (unsigned i = 1; i < 256; i++)
		if (fan(m, i) < fan(m, i - 1))
			return fail(FAIL_CORRUPT, "its counts decrease");
	*n = fan(m, 255);
	return 0;
}

static uint64_t spot(uint64_t pack, uint64_t offset)
{
	return pack << MIDX_OFFSET_BITS | offset;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Order, pack numbers, offsets; and all places in their order. */
static int check_objects(struct midx *m)
{
	unsigned first = 0;

	m->spots = xcalloc(m->n + 1, sizeof(*m->spots));
	for (size_t i = 0; i < m->n; i++) {
		const unsigned char *id = midx_id(m, i);
		uint64_t off = midx_offset_of(m, i);

		while (i == fan(m, first))
			first++;
		if (*id != first || (i && memcmp(id - m->hash, id, m->hash) > 0))
			return fail(FAIL_CORRUPT, "its ids are out of order");
		if (midx_pack_of(m, i) >= m->packs.n)
			return fail(FAIL_CORRUPT, "an object is in no pack");
		if (off < PACK_START || off > MIDX_OFFSET_MAX)
			return fail(FAIL_CORRUPT, "an offset leads nowhere");
		m->spots[i] = spot(midx_pack_of(m, i), off);
	}
	qsort(m->spots, m->n, sizeof(*m->spots), by_number);
	return 0;
}

static int check_hash(const struct midx *m)
{
	struct hash hash;
	struct id sum;

	hash_init(&hash, m->algo);
	hash_add(&hash, m->bytes.ptr, m->bytes.len - m->hash);
	hash_final(&hash, &sum);
	if (memcmp(sum.raw, m->bytes.ptr + m->bytes.len - m->hash, m->hash))
		return fail(FAIL_CORRUPT, "its hash is wrong");
	return 0;
}

/* "pack-<hash>": it becomes part of a file's name. */
static bool is_pack_name(const char *name, size_t len)
{
	struct id id;

	return len > 5 && !memcmp(name, "pack-", 5) &&
	       !id_parse(&id, name + 5, len - 5);
}

static int take_packs(struct midx *m, const char *p, uint64_t len, uint32_t n)
{
	const char *end = p + len;

	for (uint32_t i = 0; i < n; i++) {
		const char *nul = memchr(p, 0, (size_t)(end - p));
		size_t k = nul ? (size_t)(nul - p) : 0;

		if (k <= 4 || memcmp(nul - 4, ".idx", 4) ||
		    !is_pack_name(p, k - 4))
			return fail(FAIL_CORRUPT, "a pack in it has no name");
		strs_addn(&m->packs, p, k - 4);
		if (i && strcmp(m->packs.v[i - 1], m->packs.v[i]) >= 0)
			return fail(FAIL_CORRUPT, "its packs are out of order");
		p = nul + 1;
	}
	return 0;
}

struct chunk {
	uint64_t off;
	uint64_t len;
};

enum { PNAM, OIDF, OIDL, OOFF, LOFF, NCHUNKS };

/* Where the chunks are that we know; others are let alone. */
static int take_chunks(struct midx *m, struct chunk v[NCHUNKS])
{
	static const uint32_t known[] = {
		CHUNK_PNAM, CHUNK_OIDF, CHUNK_OIDL, CHUNK_OOFF, CHUNK_LOFF,
	};
	const unsigned char *p = (unsigned char *)m->bytes.ptr;
	size_t n = p[6], end = m->bytes.len - m->hash;
	uint64_t last = MIDX_HEAD + MIDX_CHUNK * (n + 1);

	if (end < last)
		return fail(FAIL_CORRUPT, "it is too short");
	p += MIDX_HEAD;
	for (size_t i = 0; i <= n; i++, p += MIDX_CHUNK) {
		uint64_t off = (uint64_t)get_be32(p + 4) << 32 |
			       get_be32(p + 8);

		if (off < last || off > end)
			return fail(FAIL_CORRUPT, "a chunk is not in it");
		last = off;
		for (size_t k = 0; i < n && k < NCHUNKS; k++) {
			if (get_be32(p) != known[k])
				continue;
			if (v[k].off)
				return fail(FAIL_CORRUPT, "a chunk is twice");
			v[k].off = off;
			v[k].len = ((uint64_t)get_be32(p + MIDX_CHUNK + 4) << 32 |
				    get_be32(p + MIDX_CHUNK + 8)) - off;
		}
	}
	return 0;
}

static int take_tables(struct midx *m, const struct chunk v[NCHUNKS])
{
	const unsigned char *p = (unsigned char *)m->bytes.ptr;
	uint64_t n;
	int ret;

	if (!v[PNAM].off || v[OIDF].len != MIDX_FAN_SIZE || !v[OIDL].off ||
	    !v[OOFF].off || v[LOFF].len % 8)
		return fail(FAIL_CORRUPT, "a chunk is missing");
	m->fan = p + v[OIDF].off;
	ret = check_fan(m, &n);
	if (ret)
		return ret;
	if (v[OIDL].len != n * m->hash || v[OOFF].len != n * 8)
		return fail(FAIL_CORRUPT, "its size is not that of %" PRIu64
			    " objects", n);
	m->n = (size_t)n;
	m->ids = p + v[OIDL].off;
	m->offs = p + v[OOFF].off;
	m->stride = 8;
	if (v[LOFF].off)
		m->longs = p + v[LOFF].off;
	m->nlongs = (size_t)v[LOFF].len / 8;
	return take_packs(m, m->bytes.ptr + v[PNAM].off, v[PNAM].len,
			  get_be32(p + 8));
}

static int parse(struct midx *m)
{
	const unsigned char *p = (unsigned char *)m->bytes.ptr;
	struct chunk chunks[NCHUNKS] = { { 0, 0 } };
	int ret;

	if (m->bytes.len < MIDX_HEAD + m->hash)
		return fail(FAIL_CORRUPT, "it is too short");
	if (memcmp(p, MIDX_MAGIC, 4) || p[4] != 1 || p[7])
		return fail(FAIL_FORMAT, "it is no table of packs of "
			    "version 1");
	if (p[5] != m->algo)
		return fail(FAIL_FORMAT, "its ids are not %s",
			    id_algo_name(m->algo));
	if (get_be32(p + 8) > MIDX_PACKS_MAX)
		return fail(FAIL_DENIED, "it has %u packs", get_be32(p + 8));
	ret = take_chunks(m, chunks);
	if (!ret)
		ret = take_tables(m, chunks);
	return ret;
}

static int parse_idx(struct midx *m, const char *pack)
{
	const unsigned char *p = (unsigned char *)m->bytes.ptr;
	uint64_t n, need;
	int ret;

	if (m->bytes.len < IDX_HEAD + MIDX_FAN_SIZE + 2 * m->hash)
		return fail(FAIL_CORRUPT, "it is too short");
	if (memcmp(p, IDX_MAGIC, 4) || get_be32(p + 4) != 2)
		return fail(FAIL_FORMAT, "it is no index of version 2");
	m->fan = p + IDX_HEAD;
	ret = check_fan(m, &n);
	if (ret)
		return ret;
	need = IDX_HEAD + MIDX_FAN_SIZE + n * (m->hash + 8) + 2 * m->hash;
	if (m->bytes.len < need || (m->bytes.len - need) % 8 ||
	    (m->bytes.len - need) / 8 > n)
		return fail(FAIL_CORRUPT, "its size is not that of %" PRIu64
			    " objects", n);
	m->n = (size_t)n;
	m->ids = m->fan + MIDX_FAN_SIZE;
	m->offs = m->ids + m->n * (m->hash + 4);
	m->stride = 4;
	m->longs = m->offs + 4 * m->n;	/* the highest bit always means it */
	m->nlongs = (size_t)(m->bytes.len - need) / 8;
	strs_add(&m->packs, pack);
	return 0;
}

static int open_as(struct midx **out, struct buf *bytes, enum id_algo algo,
		   const char *what, const char *pack)
{
	struct midx *m = xcalloc(1, sizeof(*m));
	int ret;

	m->bytes = *bytes;
	*bytes = (struct buf)BUF_INIT;
	m->algo = algo;
	m->hash = id_raw_size(algo);
	ret = pack ? parse_idx(m, pack) : parse(m);
	if (!ret)
		ret = check_objects(m);
	if (!ret)
		ret = check_hash(m);
	if (ret) {
		midx_free(m);
		return fail_in(ret, "'%s'", quoted(what));
	}
	*out = m;
	return 0;
}

int midx_open(struct midx **out, struct buf *bytes, enum id_algo algo,
	      const char *what)
{
	return open_as(out, bytes, algo, what, NULL);
}

int midx_open_idx(struct midx **out, struct buf *bytes, enum id_algo algo,
		  const char *pack)
{
	char *what;
	int ret;

	if (!is_pack_name(pack, strlen(pack))) {
		buf_release(bytes);
		*bytes = (struct buf)BUF_INIT;
		return fail(FAIL_FORMAT, "'%s' is no name of a pack",
			    quoted(pack));
	}
	what = xstrfmt("%s.idx", pack);
	ret = open_as(out, bytes, algo, what, pack);
	free(what);
	return ret;
}

void midx_free(struct midx *m)
{
	if (!m)
		return;
	buf_release(&m->bytes);
	strs_release(&m->packs);
	free(m->spots);
	free(m);
}

/* The place behind `off`, in the same pack. */
static uint64_t next_offset(const struct midx *m, uint64_t pack, uint64_t off)
{
	uint64_t want = spot(pack, off);
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->spots[mid] <= want)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->n && m->spots[low] >> MIDX_OFFSET_BITS == pack ?
	       m->spots[low] & MIDX_OFFSET_MAX : UINT64_MAX;
}

static void place_at(const struct midx *m, size_t i, struct midx_place *out)
{
	out->pack = midx_pack_of(m, i);
	out->offset = midx_offset_of(m, i);
	out->next = next_offset(m, out->pack, out->offset);
}

int midx_find(const struct midx *m, const struct id *id, struct midx_place *out)
{
	size_t low = id->raw[0] ? fan(m, id->raw[0] - 1u) : 0;
	size_t high = fan(m, id->raw[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = memcmp(id->raw, midx_id(m, mid), m->hash);

		if (!cmp) {
			place_at(m, mid, out);
			return 1;
		}
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

size_t midx_packs(const struct midx *m)
{
	return m->packs.n;
}

const char *midx_pack(const struct midx *m, size_t i)
{
	return m->packs.v[i];
}

size_t midx_objects(const struct midx *m)
{
	return m->n;
}

void midx_at(const struct midx *m, size_t i, struct id *id,
	     struct midx_place *out)
{
	*id = (struct id){ .algo = (unsigned char)m->algo };
	memcpy(id->raw, midx_id(m, i), m->hash);
	place_at(m, i, out);
}
