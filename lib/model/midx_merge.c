#include "base/base.h"
#include "base/fail.h"
#include "model/midx_int.h"

/*
 * Tables are sorted, so one out of several is a walk along all of them at
 * once: first to count, then to write.  Nothing is held but the result.
 */
#define LEFT_OUT UINT32_MAX

struct lane {
	const struct midx *m;
	size_t at;
	uint32_t *packs;	/* its packs' numbers in the result */
};

struct merge {
	enum id_algo algo;
	struct lane *lanes;
	size_t nlanes;
	struct strs packs;
	size_t n;
	size_t nlongs;
	bool any_long;
	uint32_t fan[256];
};

struct pick {
	const unsigned char *id;
	uint32_t pack;
	uint64_t off;
};

static void number_packs(struct merge *g, const struct strs *without)
{
	for (size_t i = 0; i < g->nlanes; i++)
		for (size_t k = 0; k < g->lanes[i].m->packs.n; k++) {
			const char *name = g->lanes[i].m->packs.v[k];

			if (!strs_has(&g->packs, name) &&
			    !(without && strs_has(without, name)))
				strs_add(&g->packs, name);
		}
	strs_sort(&g->packs);
	for (size_t i = 0; i < g->nlanes; i++) {
		struct lane *lane = &g->lanes[i];

		lane->packs = xcalloc(lane->m->packs.n + 1, sizeof(uint32_t));
		for (size_t k = 0; k < lane->m->packs.n; k++) {
			lane->packs[k] = LEFT_OUT;
			for (size_t j = 0; j < g->packs.n; j++)
				if (!strcmp(g->packs.v[j], lane->m->packs.v[k]))
					lane->packs[k] = (uint32_t)j;
		}
	}
}

static const unsigned char *least(const struct merge *g)
{
	const unsigned char *id = NULL;

	for (size_t i = 0; i < g->nlanes; i++) {
		const struct lane *lane = &g->lanes[i];

		if (lane->at < lane->m->n &&
		    (!id || memcmp(midx_id(lane->m, lane->at), id,
				   lane->m->hash) < 0))
			id = midx_id(lane->m, lane->at);
	}
	return id;
}

/* The next id, from the first lane that has it in a pack that stays. */
static bool next(struct merge *g, struct pick *pick)
{
	do {
		pick->id = least(g);
		pick->pack = LEFT_OUT;
		for (size_t i = 0; pick->id && i < g->nlanes; i++) {
			struct lane *l = &g->lanes[i];

			for (; l->at < l->m->n && !memcmp(midx_id(l->m, l->at),
					pick->id, l->m->hash); l->at++) {
				if (pick->pack != LEFT_OUT)
					continue;
				pick->pack = l->packs[midx_pack_of(l->m, l->at)];
				pick->off = midx_offset_of(l->m, l->at);
			}
		}
	} while (pick->id && pick->pack == LEFT_OUT);
	return pick->id;
}

static void count(struct merge *g)
{
	struct pick pick;

	while (next(g, &pick)) {
		g->n++;
		g->fan[*pick.id]++;
		g->any_long |= pick.off > UINT32_MAX;
		g->nlongs += pick.off >= MIDX_LONG;
	}
	if (!g->any_long)
		g->nlongs = 0;
	for (unsigned i = 1; i < 256; i++)
		g->fan[i] += g->fan[i - 1];
	for (size_t i = 0; i < g->nlanes; i++)
		g->lanes[i].at = 0;
}

static void add_be32(struct buf *out, uint32_t v)
{
	unsigned char be[4];

	put_be32(be, v);
	buf_add(out, be, 4);
}

static void add_chunk(struct buf *out, uint32_t what, uint64_t off)
{
	add_be32(out, what);
	add_be32(out, (uint32_t)(off >> 32));
	add_be32(out, (uint32_t)off);
}

static size_t names_size(const struct merge *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->packs.n; i++)
		n += strlen(g->packs.v[i]) + strlen(".idx") + 1;
	return (n + 3) & ~(size_t)3;
}

static void add_head(struct buf *out, const struct merge *g, size_t hash)
{
	unsigned char nchunks = g->nlongs ? 5 : 4;
	uint64_t at = MIDX_HEAD + MIDX_CHUNK * (nchunks + 1u);

	buf_add(out, MIDX_MAGIC, 4);
	buf_addc(out, 1);
	buf_addc(out, (char)g->algo);
	buf_addc(out, (char)nchunks);
	buf_addc(out, 0);
	add_be32(out, (uint32_t)g->packs.n);
	add_chunk(out, CHUNK_PNAM, at);
	add_chunk(out, CHUNK_OIDF, at += names_size(g));
	add_chunk(out, CHUNK_OIDL, at += MIDX_FAN_SIZE);
	add_chunk(out, CHUNK_OOFF, at += (uint64_t)g->n * hash);
	at += (uint64_t)g->n * 8;
	if (g->nlongs)
		add_chunk(out, CHUNK_LOFF, at);
	add_chunk(out, 0, at + 8 * g->nlongs);
}

static void add_names(struct buf *out, const struct merge *g)
{
	size_t start = out->len;

	for (size_t i = 0; i < g->packs.n; i++) {
		buf_addf(out, "%s.idx", g->packs.v[i]);
		buf_addc(out, 0);
	}
	while ((out->len - start) % 4)
		buf_addc(out, 0);
}

static void add_objects(struct buf *out, struct merge *g, size_t hash)
{
	size_t start = out->len, i = 0, nlongs = 0;
	size_t offs = start + g->n * hash, longs = offs + g->n * 8;
	struct pick pick;

	buf_grow(out, g->n * (hash + 8) + g->nlongs * 8);
	buf_setlen(out, longs + g->nlongs * 8);
	for (; next(g, &pick); i++) {
		char *p = out->ptr + offs + 8 * i;

		memcpy(out->ptr + start + hash * i, pick.id, hash);
		put_be32(p, pick.pack);
		put_be32(p + 4, (uint32_t)pick.off);
		if (!g->nlongs || pick.off < MIDX_LONG)
			continue;
		put_be32(p + 4, MIDX_LONG | (uint32_t)nlongs);
		p = out->ptr + longs + 8 * nlongs++;
		put_be32(p, (uint32_t)(pick.off >> 32));
		put_be32(p + 4, (uint32_t)pick.off);
	}
}

static void write_all(struct buf *out, struct merge *g)
{
	size_t hash = id_raw_size(g->algo), start = out->len;
	struct hash own;
	struct id sum;

	/* All of it at once: a table is not copied while it grows. */
	buf_grow(out, MIDX_HEAD + 6 * MIDX_CHUNK + names_size(g) +
		 MIDX_FAN_SIZE + g->n * (hash + 8) + 8 * g->nlongs + hash);
	add_head(out, g, hash);
	add_names(out, g);
	for (unsigned i = 0; i < 256; i++)
		add_be32(out, g->fan[i]);
	add_objects(out, g, hash);
	hash_init(&own, g->algo);
	hash_add(&own, out->ptr + start, out->len - start);
	hash_final(&own, &sum);
	buf_add(out, sum.raw, hash);
}

int midx_merge(struct buf *out, enum id_algo algo,
	       const struct midx *const *from, size_t n,
	       const struct strs *without)
{
	struct merge g = { .algo = algo, .nlanes = n };
	int ret = 0;

	g.lanes = xcalloc(n + 1, sizeof(*g.lanes));
	for (size_t i = 0; i < n; i++) {
		g.lanes[i].m = from[i];
		if (from[i]->algo != algo)
			ret = fail(FAIL_REQUEST, "tables of other ids");
	}
	if (!ret)
		number_packs(&g, without);
	if (g.packs.n > MIDX_PACKS_MAX)
		ret = fail(FAIL_REQUEST, "%zu packs are too many", g.packs.n);
	if (!ret)
		count(&g);
	if (!ret)
		write_all(out, &g);
	for (size_t i = 0; i < n; i++)
		free(g.lanes[i].packs);
	free(g.lanes);
	strs_release(&g.packs);
	return ret;
}
