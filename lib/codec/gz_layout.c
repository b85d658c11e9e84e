#include "base/base.h"
#include "codec/gz_int.h"

const unsigned char gz_head[GZ_HEAD_SIZE] = {
	0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff
};

static const unsigned char extra_head[GZ_HEAD_SIZE] = {
	0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff
};

static const unsigned char empty_end[GZ_END_SIZE] = { 3 };

size_t gz_index_size(uint64_t pieces)
{
	return (size_t)(GZ_WRAP_SIZE + GZ_INDEX_HEAD + pieces * GZ_INDEX_ENTRY);
}

uint64_t gz_indexes_size(uint64_t pieces)
{
	uint64_t rest = pieces % GROUP_PIECES;

	return pieces / GROUP_PIECES * GZ_INDEX_MAX +
	       (rest ? gz_index_size(rest) : 0);
}

uint64_t gz_tops_size(uint64_t groups)
{
	uint64_t members = (groups + GZ_TOP_GROUPS - 1) / GZ_TOP_GROUPS;

	return members * (GZ_WRAP_SIZE + GZ_TOP_HEAD) + groups * GZ_TOP_ENTRY;
}

unsigned gz_group_pieces(const struct gz_shape *shape, uint64_t group)
{
	uint64_t left = shape->pieces - group * GROUP_PIECES;

	return (unsigned)MIN(left, GROUP_PIECES);
}

size_t gz_piece_len(const struct gz_shape *shape, uint64_t piece)
{
	uint64_t left = shape->size - piece * PIECE_SIZE;

	return (size_t)MIN(left, PIECE_SIZE);
}

size_t gz_wrap(unsigned char *member, size_t n)
{
	memcpy(member, extra_head, GZ_HEAD_SIZE);
	put_le16(member + GZ_HEAD_SIZE, (uint16_t)(n + 4));
	memcpy(member + GZ_HEAD_SIZE + 2, "SI", 2);
	put_le16(member + GZ_HEAD_SIZE + 4, (uint16_t)n);
	memcpy(gz_body(member) + n, empty_end, GZ_END_SIZE);
	return GZ_WRAP_SIZE + n;
}

bool gz_wrapped(const unsigned char *member, size_t n)
{
	const unsigned char *extra = member + GZ_HEAD_SIZE;

	return !memcmp(member, extra_head, GZ_HEAD_SIZE) &&
	       get_le16(extra) == n + 4 && !memcmp(extra + 2, "SI", 2) &&
	       get_le16(extra + 4) == n &&
	       !memcmp(gz_body(member) + n, empty_end, GZ_END_SIZE);
}

void gz_put_trailer(unsigned char out[GZ_TRAILER_SIZE],
		    const struct gz_shape *shape)
{
	unsigned char *p = gz_body(out);

	p[0] = GZ_TRAILER;
	p[1] = GZ_VERSION;
	put_le16(p + 2, 0);
	memcpy(p + 4, GZ_MAGIC, 8);
	put_le32(p + 12, PIECE_SIZE);
	put_le64(p + 16, shape->pieces);
	put_le64(p + 24, shape->size);
	put_le64(p + 32, shape->top_off);
	gz_wrap(out, GZ_TRAILER_BODY);
}

/*
 * Everything else in the file has the place that the trailer's numbers give
 * it.  The piece count is checked against the file first: each piece has its
 * entry there, so no product below can overflow.
 */
static bool derive(struct gz_shape *s, uint64_t file_size)
{
	uint64_t behind;

	if (s->pieces > file_size / (GZ_INDEX_ENTRY + GZ_PIECE_MIN) ||
	    s->pieces != s->size / PIECE_SIZE + !!(s->size % PIECE_SIZE))
		return false;
	s->groups = (s->pieces + GROUP_PIECES - 1) / GROUP_PIECES;
	behind = gz_indexes_size(s->pieces) + gz_tops_size(s->groups) +
		 GZ_TRAILER_SIZE + GZ_END_SIZE;
	if (file_size < behind + GZ_HEAD_SIZE)
		return false;
	s->trailer_off = file_size - GZ_TRAILER_SIZE;
	if (s->top_off != s->trailer_off - gz_tops_size(s->groups))
		return false;
	s->index_off = s->top_off - gz_indexes_size(s->pieces);
	s->end_off = s->index_off - GZ_END_SIZE;
	return true;
}

/*
 * A trailer that lost a bit is no foreign gzip: `silo verify` must find it.
 * It is still known by the other of its two marks.
 */
int gz_take_trailer(const unsigned char in[GZ_TRAILER_SIZE], uint64_t file_size,
		    struct gz_shape *shape, const char *name)
{
	const unsigned char *p = gz_body(in);
	bool magic = !memcmp(p + 4, GZ_MAGIC, 8);

	if (!magic && memcmp(in + GZ_HEAD_SIZE + 2, "SI", 2))
		return 0;
	if (!magic || !gz_wrapped(in, GZ_TRAILER_BODY) || p[0] != GZ_TRAILER ||
	    get_le16(p + 2))
		return fail(FAIL_CORRUPT, "'%s' has a damaged trailer", name);
	if (p[1] != GZ_VERSION || get_le32(p + 12) != PIECE_SIZE)
		return fail(FAIL_FORMAT, "'%s' has an index of version %u, "
			    "which this program does not know", name, p[1]);
	shape->pieces = get_le64(p + 16);
	shape->size = get_le64(p + 24);
	shape->top_off = get_le64(p + 32);
	if (!derive(shape, file_size))
		return fail(FAIL_CORRUPT, "'%s' has a trailer that does not "
			    "fit the file", name);
	if (shape->groups > GZ_GROUPS_MAX)
		return fail(FAIL_FORMAT, "'%s' has more than %d groups of "
			    "pieces", name, GZ_GROUPS_MAX);
	return 1;
}
