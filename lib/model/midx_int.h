#ifndef MIDX_INT_H
#define MIDX_INT_H

#include "model/midx.h"

/*
 * For midx*.c alone.  gitformat-pack(5), MULTI-PACK-INDEX: "MIDX", version,
 * version of the ids, number of chunks, 0, u32 number of packs; for each
 * chunk, and for the end, u32 what, u64 where; the chunks; a hash of it all.
 * Numbers are big endian.
 */
#define MIDX_MAGIC "MIDX"
#define MIDX_HEAD 12
#define MIDX_CHUNK 12
#define MIDX_FAN_SIZE (4 * 256)
#define MIDX_LONG ((uint32_t)1 << 31)

#define CHUNK_PNAM 0x504e414du
#define CHUNK_OIDF 0x4f494446u
#define CHUNK_OIDL 0x4f49444cu
#define CHUNK_OOFF 0x4f4f4646u
#define CHUNK_LOFF 0x4c4f4646u

/* A place is one number then, and places can be sorted: 24 and 40 bits. */
#define MIDX_OFFSET_BITS 40
#define MIDX_PACKS_MAX ((size_t)1 << 20)
#define MIDX_OFFSET_MAX (((uint64_t)1 << MIDX_OFFSET_BITS) - 1)

struct midx {
	struct buf bytes;
	enum id_algo algo;
	size_t hash;		/* bytes of an id */
	size_t n;
	const unsigned char *fan;
	const unsigned char *ids;
	const unsigned char *offs;
	size_t stride;		/* 8: pack and offset; 4: offset alone */
	const unsigned char *longs;	/* or NULL */
	size_t nlongs;
	struct strs packs;
	uint64_t *spots;	/* all places, in order */
};

static inline const unsigned char *midx_id(const struct midx *m, size_t i)
{
	return m->ids + i * m->hash;
}

uint32_t midx_pack_of(const struct midx *m, size_t i);
uint64_t midx_offset_of(const struct midx *m, size_t i);

#endif
