#include "base/base.h"
#include "codec/gz_int.h"

/* Some bytes out of the middle.  One group's index and one piece are kept. */

static int use_group(struct gz *gz, uint64_t group)
{
	uint32_t packed_crc;
	int ret;

	if (gz->index && gz->index_group == group)
		return 0;
	if (!gz->index)
		gz->index = xmalloc(GZ_INDEX_MAX);
	gz->index_group = UINT64_MAX;
	ret = gz_load_index(gz, group, gz->index, &packed_crc);
	if (!ret)
		gz->index_group = group;
	return ret;
}

static int use_piece(struct gz *gz, uint64_t piece)
{
	const unsigned char *entry;
	uint64_t off;
	int ret;

	if (gz->piece && gz->piece_no == piece)
		return 0;
	ret = use_group(gz, piece / GROUP_PIECES);
	if (ret < 0)
		return ret;

	entry = gz_entries(gz->index);
	off = gz->groups[piece / GROUP_PIECES].off;
	for (uint64_t i = piece % GROUP_PIECES; i; i--) {
		off += get_le32(entry);
		entry += GZ_INDEX_ENTRY;
	}
	if (!gz->packed)
		gz->packed = xmalloc(GZ_PACKED_ROOM);
	if (!gz->piece)
		gz->piece = gz_block_new();
	gz->piece_no = UINT64_MAX;
	ret = gz_fetch(gz, off, gz->packed, get_le32(entry));
	if (!ret)
		ret = gz_unpack(gz, piece, entry, gz->packed, gz->piece,
				false);
	if (!ret)
		gz->piece_no = piece;
	return ret;
}

int gz_pread(struct gz *gz, const struct seal *seal, uint64_t off, void *buf,
	     size_t len)
{
	unsigned char *out = buf;

	if (!gz->seekable)
		return fail(FAIL_REQUEST, "'%s' has no index, so no part of "
			    "it can be read alone", gz_name(gz));
	if (seal && !seal_eq(seal, &gz->seal))
		return fail(FAIL_CORRUPT, "'%s': content does not match its "
			    "seal", gz_name(gz));
	if (off > gz->shape.size || len > gz->shape.size - off)
		return fail(FAIL_REQUEST, "'%s' has only %" PRIu64 " bytes",
			    gz_name(gz), gz->shape.size);
	while (len) {
		size_t at = (size_t)(off % PIECE_SIZE), n;
		int ret = use_piece(gz, off / PIECE_SIZE);

		if (ret < 0)
			return ret;
		n = MIN(len, gz->piece->len - at);
		memcpy(out, gz->piece->data + at, n);
		out += n;
		off += n;
		len -= n;
	}
	return 0;
}
