#include "base/base.h"
#include "base/quote.h"
#include "codec/gz_int.h"

/* One read at the end brings small files whole, of large ones what leads on. */
#define TAIL_MAX 32768

const char *gz_name(const struct gz *gz)
{
	return quoted(gz->src->name ? gz->src->name : "blob");
}

int gz_fetch(const struct gz *gz, uint64_t off, void *buf, size_t len)
{
	uint64_t tail_off = gz->src->size - gz->tail_len;
	int ret;

	if (gz->tail && off >= tail_off && len <= gz->src->size - off) {
		memcpy(buf, gz->tail + (off - tail_off), len);
		return 0;
	}
	ret = gz->src->read(gz->src->data, off, buf, len);
	return ret < 0 ? fail_in(ret, "'%s'", gz_name(gz)) : ret;
}

/* A group is where the one before ends, and neither too long nor too short. */
static bool fits(const struct gz *gz, uint64_t group)
{
	uint64_t n = gz_group_pieces(&gz->shape, group);
	uint64_t off = gz->groups[group].off;
	uint64_t next = group + 1 < gz->shape.groups ?
		gz->groups[group + 1].off : gz->shape.end_off;

	return off < next && next - off >= n * GZ_PIECE_MIN &&
	       next - off <= n * GZ_PIECE_MAX;
}

static int load_top(struct gz *gz, uint64_t off, uint64_t first, unsigned n,
		    unsigned char *buf)
{
	size_t body = GZ_TOP_HEAD + n * GZ_TOP_ENTRY;
	const unsigned char *p = gz_body(buf);
	int ret = gz_fetch(gz, off, buf, GZ_WRAP_SIZE + body);

	if (ret < 0)
		return ret;
	if (!gz_wrapped(buf, body) || p[0] != GZ_TOP || p[1] != GZ_VERSION ||
	    get_le16(p + 2) != n)
		return fail(FAIL_CORRUPT, "'%s' has a damaged table of groups",
			    gz_name(gz));
	p += GZ_TOP_HEAD;
	for (unsigned i = 0; i < n; i++, p += GZ_TOP_ENTRY) {
		struct gz_group *group = &gz->groups[first + i];

		group->off = get_le64(p);
		memcpy(group->digest, p + 8, DIGEST_SIZE);
	}
	return 0;
}

static int load_tops(struct gz *gz)
{
	uint64_t groups = gz->shape.groups, off = gz->shape.top_off;
	unsigned char *buf;
	struct sealer sealer;
	int ret = 0;

	gz->groups = xcalloc(groups, sizeof(*gz->groups));
	buf = xmalloc(gz_tops_size(MIN(groups, GZ_TOP_GROUPS)));
	for (uint64_t i = 0; !ret && i < groups; i += GZ_TOP_GROUPS) {
		unsigned n = (unsigned)MIN(groups - i, GZ_TOP_GROUPS);

		ret = load_top(gz, off, i, n, buf);
		off += gz_tops_size(n);
	}
	free(buf);
	if (ret < 0)
		return ret;

	sealer_init(&sealer);
	if (groups ? gz->groups[0].off != GZ_HEAD_SIZE :
		     gz->shape.end_off != GZ_HEAD_SIZE)
		ret = -1;
	for (uint64_t i = 0; !ret && i < groups; i++) {
		sealer_add_group(&sealer, gz->groups[i].digest);
		if (!fits(gz, i))
			ret = -1;
	}
	if (ret)
		return fail(FAIL_CORRUPT, "'%s' has a table of groups that "
			    "does not fit the file", gz_name(gz));
	sealer_final(&sealer, &gz->seal);
	return 0;
}

static int open_tail(struct gz *gz)
{
	uint64_t size = gz->src->size;
	size_t len = (size_t)MIN(size, TAIL_MAX);
	unsigned char *tail = xmalloc(len);
	int ret = gz_fetch(gz, size - len, tail, len);

	/* Ten bytes of head, an empty block, eight of tail: less is none. */
	if (!ret && size < 20)
		ret = fail(FAIL_CORRUPT, "'%s' is cut short: it has %" PRIu64
			   " bytes", gz_name(gz), size);
	gz->tail = tail;
	gz->tail_len = len;
	if (ret < 0 || len < GZ_TRAILER_SIZE)
		return ret;
	ret = gz_take_trailer(tail + len - GZ_TRAILER_SIZE, size, &gz->shape,
			      gz_name(gz));
	if (ret <= 0)
		return ret;
	ret = load_tops(gz);
	gz->seekable = !ret;
	return ret;
}

int gz_open(struct gz **out, const struct source *src)
{
	struct gz *gz = xcalloc(1, sizeof(*gz));
	int ret;

	gz->src = src;
	ret = open_tail(gz);
	if (ret < 0)
		gz_close(gz);
	else
		*out = gz;
	return ret;
}

void gz_close(struct gz *gz)
{
	struct gz_inflater *inf;

	if (!gz)
		return;
	while ((inf = gz_take(&gz->inflaters)))
		gz_inflater_free(inf);
	block_drop(gz->piece);
	free(gz->packed);
	free(gz->index);
	free(gz->groups);
	free(gz->tail);
	free(gz);
}

bool gz_seekable(const struct gz *gz)
{
	return gz->seekable;
}

uint64_t gz_size(const struct gz *gz)
{
	return gz->shape.size;
}

const struct seal *gz_seal(const struct gz *gz)
{
	return &gz->seal;
}

/* Do the entries hash to the group's digest and fill its bytes? */
static bool index_holds(const struct gz *gz, uint64_t group,
			const unsigned char *entries, unsigned n)
{
	uint64_t off = gz->groups[group].off;
	uint64_t next = group + 1 < gz->shape.groups ?
		gz->groups[group + 1].off : gz->shape.end_off;
	struct hash hash;
	struct id digest;

	hash_init(&hash, ID_SHA256);
	for (unsigned i = 0; i < n; i++, entries += GZ_INDEX_ENTRY) {
		uint32_t size = get_le32(entries);

		if (size < GZ_PIECE_MIN || size > GZ_PIECE_MAX)
			return false;
		off += size;
		hash_add(&hash, entries + 4, DIGEST_SIZE);
	}
	hash_final(&hash, &digest);
	return off == next &&
	       !memcmp(digest.raw, gz->groups[group].digest, DIGEST_SIZE);
}

int gz_load_index(const struct gz *gz, uint64_t group, unsigned char *buf,
		  uint32_t *packed_crc)
{
	unsigned n = gz_group_pieces(&gz->shape, group);
	size_t body = GZ_INDEX_HEAD + n * GZ_INDEX_ENTRY;
	unsigned char *p = gz_body(buf);
	int ret = gz_fetch(gz, gz->shape.index_off + group * GZ_INDEX_MAX, buf,
			   GZ_WRAP_SIZE + body);

	if (ret < 0)
		return ret;
	if (!gz_wrapped(buf, body) || p[0] != GZ_INDEX || p[1] != GZ_VERSION ||
	    get_le16(p + 2) != n || !index_holds(gz, group, gz_entries(buf), n))
		return fail(FAIL_CORRUPT, "'%s' has a damaged index",
			    gz_name(gz));
	*packed_crc = get_le32(p + 4);
	return 0;
}

int gz_unpack(struct gz *gz, uint64_t piece, const unsigned char *entry,
	      unsigned char *packed, struct block *block, bool vouched)
{
	size_t len = gz_piece_len(&gz->shape, piece);
	struct gz_inflater *inf = gz_take(&gz->inflaters);
	unsigned char digest[DIGEST_SIZE];
	bool ok;

	if (!inf)
		inf = gz_inflater_new();
	if (!inf)
		return fail(FAIL_SYSTEM, "out of memory");
	ok = gz_inflate_piece(inf, packed, get_le32(entry), block->data, len);
	if (!gz_give(&gz->inflaters, inf))
		gz_inflater_free(inf);
	if (ok && !vouched) {
		digest_of(block->data, len, digest);
		ok = !memcmp(digest, entry + 4, DIGEST_SIZE);
	}
	if (!ok)
		return fail(FAIL_CORRUPT, "'%s' is damaged in the %zu bytes at "
			    "offset %" PRIu64 " of its content", gz_name(gz),
			    len, piece * (uint64_t)PIECE_SIZE);
	block->len = len;
	return 0;
}

void *gz_take(struct gz_kept *kept)
{
	for (unsigned i = 0; i < GZ_KEPT; i++) {
		void *state = __atomic_exchange_n(&kept->state[i], NULL,
						  __ATOMIC_ACQ_REL);

		if (state)
			return state;
	}
	return NULL;
}

bool gz_give(struct gz_kept *kept, void *state)
{
	for (unsigned i = 0; i < GZ_KEPT; i++) {
		void *none = NULL;

		if (__atomic_compare_exchange_n(&kept->state[i], &none, state,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}

void gz_submit(struct pool *pool, struct job *job)
{
	if (pool)
		job_submit(pool, job);
}

int gz_join(struct pool *pool, struct job *job)
{
	return pool ? job_join(pool, job) : job->run(job);
}
