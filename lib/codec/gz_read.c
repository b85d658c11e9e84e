#include "base/base.h"
#include "base/temp.h"
#include "codec/gz_int.h"

#include <libdeflate.h>
#include <zlib.h>

/*
 * Reading a file that has our index: jobs read, inflate and verify pieces,
 * the caller's thread takes them in order.
 */
#define SAME_MAX 1024

/*
 * The last piece that was tiny when compressed: a hole, most likely, and
 * what follows is the same again.  Then its block is handed out once more.
 */
struct same {
	size_t packed_len;
	unsigned char packed[SAME_MAX];
	struct block *block;
	uint32_t crc;
	unsigned char digest[DIGEST_SIZE];
	struct same *older;	/* kept until the end: a job may look at it */
};

struct slot {
	struct job job;
	struct reader *r;
	uint64_t piece;
	uint64_t off;
	unsigned char entry[GZ_INDEX_ENTRY];
	unsigned char *packed;
	struct block *block;
	uint32_t packed_crc;
	uint32_t crc;
	bool busy;
};

struct reader {
	struct gz *gz;
	struct pool *pool;
	const struct sink *sink;
	struct meter *meter;
	struct slot *slots;
	unsigned nslots;
	struct same *same;	/* shared with the jobs, never NULL again */
	unsigned same_count;
	bool stop;		/* shared with the jobs */
	bool vouched;

	/* what goes out to the jobs: the group that is being read */
	unsigned char *index;
	uint64_t next_piece;
	uint64_t next_off;
	uint32_t packed_crcs[2];	/* claimed, of even and odd groups */

	/* what came back */
	uint32_t crc;
	uint32_t group_crc;
	bool has_hash;
	struct hash hash;
};

/* Few enough that a file made to miss each time costs little memory. */
#define SAME_COUNT 16

static bool same_take(struct slot *slot, const struct same *same)
{
	size_t len = get_le32(slot->entry);

	if (!same || same->packed_len != len ||
	    memcmp(same->packed, slot->packed, len) ||
	    memcmp(same->digest, slot->entry + 4, DIGEST_SIZE) ||
	    gz_piece_len(&slot->r->gz->shape, slot->piece) != same->block->len)
		return false;
	block_drop(slot->block);
	slot->block = block_hold(same->block);
	slot->crc = same->crc;
	return true;
}

static void same_keep(struct slot *slot)
{
	struct reader *r = slot->r;
	size_t len = get_le32(slot->entry);
	struct same *same;

	if (len > SAME_MAX || slot->block->len != PIECE_SIZE ||
	    __atomic_fetch_add(&r->same_count, 1,
			       __ATOMIC_RELAXED) >= SAME_COUNT)
		return;
	same = xcalloc(1, sizeof(*same));
	same->packed_len = len;
	memcpy(same->packed, slot->packed, len);
	memcpy(same->digest, slot->entry + 4, DIGEST_SIZE);
	same->crc = slot->crc;
	same->block = block_hold(slot->block);
	same->older = __atomic_load_n(&r->same, __ATOMIC_ACQUIRE);
	while (!__atomic_compare_exchange_n(&r->same, &same->older, same, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

static void same_free(struct same *same)
{
	while (same) {
		struct same *older = same->older;

		block_drop(same->block);
		free(same);
		same = older;
	}
}

static int run_slot(struct job *job)
{
	struct slot *slot = (struct slot *)(void *)job;
	struct reader *r = slot->r;
	size_t len = get_le32(slot->entry);
	int ret;

	if (__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		return 0;
	ret = gz_fetch(r->gz, slot->off, slot->packed, len);
	if (ret < 0)
		return ret;
	if (!r->vouched)
		slot->packed_crc = libdeflate_crc32(0, slot->packed, len);
	if (len <= SAME_MAX &&
	    same_take(slot, __atomic_load_n(&r->same, __ATOMIC_ACQUIRE)))
		return 0;

	/* A block that the sink or `same` still holds is not written again. */
	if (slot->block && __atomic_load_n(&slot->block->refs,
					   __ATOMIC_ACQUIRE) != 1) {
		block_drop(slot->block);
		slot->block = NULL;
	}
	if (!slot->block)
		slot->block = gz_block_new();
	ret = gz_unpack(r->gz, slot->piece, slot->entry, slot->packed,
			slot->block, r->vouched);
	if (ret < 0)
		return ret;
	slot->crc = libdeflate_crc32(0, slot->block->data, slot->block->len);
	same_keep(slot);
	return 0;
}

static int submit_next(struct reader *r)
{
	uint64_t piece = r->next_piece, group = piece / GROUP_PIECES;
	struct slot *slot = &r->slots[piece % r->nslots];
	int ret;

	if (!(piece % GROUP_PIECES)) {
		ret = gz_load_index(r->gz, group, r->index,
				    &r->packed_crcs[group & 1]);
		if (ret < 0)
			return ret;
		r->next_off = r->gz->groups[group].off;
	}
	memcpy(slot->entry, gz_entries(r->index) +
	       piece % GROUP_PIECES * GZ_INDEX_ENTRY, GZ_INDEX_ENTRY);
	/* Small blobs come by the thousand: no large buffers for them. */
	if (!slot->packed && r->gz->shape.pieces > 1)
		slot->packed = xmalloc(GZ_PACKED_ROOM);
	else if (!slot->packed)
		slot->packed = xmalloc(get_le32(slot->entry) + GZ_PROOF_IN);
	slot->r = r;
	slot->piece = piece;
	slot->off = r->next_off;
	slot->job = (struct job)JOB_INIT(run_slot);
	slot->busy = true;
	r->next_off += get_le32(slot->entry);
	r->next_piece++;
	gz_submit(r->pool, &slot->job);
	return 0;
}

/* What stands between the pieces' blocks, and no inflating shows. */
static int check_packed(struct reader *r, const struct slot *slot)
{
	uint64_t group = slot->piece / GROUP_PIECES;

	r->group_crc = (uint32_t)crc32_combine(r->group_crc, slot->packed_crc,
					       get_le32(slot->entry));
	if (slot->piece % GROUP_PIECES + 1 !=
	    gz_group_pieces(&r->gz->shape, group))
		return 0;
	if (r->group_crc != r->packed_crcs[group & 1])
		return fail(FAIL_CORRUPT, "'%s' has a damaged bit "
			    "between its deflate blocks", gz_name(r->gz));
	r->group_crc = 0;
	return 0;
}

static int deliver(struct reader *r, uint64_t piece)
{
	struct slot *slot = &r->slots[piece % r->nslots];
	size_t len;
	int ret;

	slot->busy = false;
	ret = gz_join(r->pool, &slot->job);
	if (ret < 0)
		return ret;
	len = slot->block->len;
	r->crc = (uint32_t)crc32_combine(r->crc, slot->crc, (long)len);
	ret = r->vouched ? 0 : check_packed(r, slot);
	if (ret < 0)
		return ret;
	if (r->has_hash)
		hash_add(&r->hash, slot->block->data, len);
	meter_add(r->meter, len);
	return r->sink ? r->sink->take(r->sink->data, slot->block) : 0;
}

static int read_pieces(struct reader *r)
{
	uint64_t pieces = r->gz->shape.pieces;
	int ret = 0;

	for (uint64_t i = 0; i < pieces; i++) {
		while (r->next_piece < MIN(pieces, i + r->nslots)) {
			ret = submit_next(r);
			if (ret < 0)
				return ret;
		}
		ret = stop_check();
		if (ret < 0)
			return ret;
		ret = deliver(r, i);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* What still runs is waited for; the first sentence stays. */
static void reader_release(struct reader *r)
{
	char *sentence = xstrdup(fail_text());

	__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < r->nslots; i++) {
		struct slot *slot = &r->slots[i];
		int ret = slot->busy ? gz_join(r->pool, &slot->job) : 0;

		if (ret < 0)
			fail_adopt(sentence);
		free(slot->packed);
		block_drop(slot->block);
	}
	free(sentence);
	same_free(r->same);
	free(r->index);
	free(r->slots);
}

/* The bytes around the pieces: the header, the end. */
static int check_frame(struct gz *gz, unsigned char end[GZ_END_SIZE])
{
	unsigned char head[GZ_HEAD_SIZE];
	int ret = gz_fetch(gz, 0, head, sizeof(head));

	if (ret < 0)
		return ret;
	ret = gz_fetch(gz, gz->shape.end_off, end, GZ_END_SIZE);
	if (ret < 0)
		return ret;
	if (memcmp(head, gz_head, sizeof(head)) || end[0] != 3 || end[1])
		return fail(FAIL_CORRUPT, "'%s' has a damaged gzip header",
			    gz_name(gz));
	if (get_le32(end + 6) != (uint32_t)gz->shape.size)
		return fail(FAIL_CORRUPT, "'%s' has a wrong ISIZE",
			    gz_name(gz));
	return 0;
}

static int check_expect(const struct gz *gz, const struct gz_expect *expect)
{
	uint64_t size = gz->shape.size;

	if (expect->size && *expect->size != size)
		return fail(FAIL_CORRUPT, "'%s' has %" PRIu64 " bytes, "
			    "expected %" PRIu64, gz_name(gz), size,
			    *expect->size);
	if (expect->max_size && size > expect->max_size)
		return fail(FAIL_DENIED, "'%s' has %" PRIu64 " bytes, more "
			    "than the limit of %" PRIu64, gz_name(gz), size,
			    expect->max_size);
	if (expect->seal && !seal_eq(expect->seal, &gz->seal))
		return fail(FAIL_CORRUPT, "'%s': content does not match its "
			    "seal", gz_name(gz));
	return 0;
}

static int read_seekable(struct gz *gz, const struct gz_expect *expect,
			 enum id_algo algo, struct reader *r,
			 struct gz_facts *facts)
{
	unsigned char end[GZ_END_SIZE];
	int ret = check_expect(gz, expect);

	if (!ret)
		ret = check_frame(gz, end);
	if (ret < 0)
		return ret;
	if (algo != ID_NONE) {
		r->has_hash = true;
		hash_init_object(&r->hash, algo, "blob", gz->shape.size);
	}
	ret = read_pieces(r);
	if (ret < 0)
		return ret;
	if (r->crc != get_le32(end + 2))
		return fail(FAIL_CORRUPT, "'%s' has a wrong CRC32",
			    gz_name(gz));

	facts->seal = gz->seal;
	facts->size = gz->shape.size;
	facts->file_size = gz->src->size;
	if (algo != ID_NONE)
		hash_final(&r->hash, &facts->id);
	return 0;
}

static int check_id(const struct gz *gz, const struct gz_expect *expect,
		    const struct gz_facts *facts)
{
	char want[ID_HEX_MAX], have[ID_HEX_MAX];

	if (!expect->id || id_eq(expect->id, &facts->id))
		return 0;
	return fail(FAIL_CORRUPT, "'%s': content has id %s, expected %s",
		    gz_name(gz), id_hex(&facts->id, have),
		    id_hex(expect->id, want));
}

int gz_read(struct gz *gz, const struct gz_expect *expect, struct pool *pool,
	    const struct sink *sink, struct meter *meter,
	    struct gz_facts *found)
{
	static const struct gz_expect nothing = { .algo = ID_NONE };
	struct gz_facts facts = { .size = 0 };
	struct reader r = { .gz = gz, .sink = sink, .meter = meter };
	enum id_algo algo;
	int ret;

	if (!expect)
		expect = &nothing;
	algo = expect->id ? expect->id->algo : expect->algo;
	if (!gz->seekable) {
		ret = gz_read_foreign(gz, expect, algo, pool, sink, meter,
				      &facts);
	} else {
		/* One piece is not worth a change of threads. */
		r.pool = gz->shape.pieces > 1 ? pool : NULL;
		r.nslots = r.pool ? 2 * pool_threads(r.pool) + 2 : 1;
		r.slots = xcalloc(r.nslots, sizeof(*r.slots));
		r.vouched = expect->vouched;
		r.index = xmalloc(gz_index_size(MIN(gz->shape.pieces,
						    GROUP_PIECES)));
		ret = read_seekable(gz, expect, algo, &r, &facts);
		reader_release(&r);
	}
	if (!ret)
		ret = check_id(gz, expect, &facts);
	if (!ret && found)
		*found = facts;
	return ret;
}
