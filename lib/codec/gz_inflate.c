#include "base/base.h"
#include "codec/gz_int.h"

#include <libdeflate.h>

struct gz_inflater {
	struct libdeflate_decompressor *d;
	unsigned char proof[GZ_PROOF_IN];
};

/*
 * A piece is decoded alone, a stock tool decodes all of them in one stream.
 * Both see the same only if the piece is a sequence of whole blocks, none of
 * them final, up to its last bit; but libdeflate does not tell the state it
 * was in when its input ended.  So something is put behind each piece that
 * decodes to 31 secret random bytes in that state and in no other:
 *
 *	f8 1f 00 e0 ff R[31]	stored block, not final, LEN 31
 *	01 00 00 ff ff		stored block, empty, final
 *
 * - Had the piece a final block, not all of the input would be used, unless
 *   that block runs on into the proof.
 * - A Huffman block that runs on and ends before R meets a block header at
 *   one of the first bits; they are 1 (that is what the padding f8 and the
 *   odd LEN are for), so the header has type 3, or a LEN that does not fit.
 * - One that runs through R would have to know R, and it would make output
 *   of the five bytes behind, since its end takes but 15 bits.
 * - A stored block that runs on would end its output with ff ff at the
 *   latest, not with R.
 */
struct gz_inflater *gz_inflater_new(void)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	struct gz_inflater *inf;
	unsigned char *p;

	if (!d)
		return NULL;
	inf = xcalloc(1, sizeof(*inf));
	inf->d = d;
	p = inf->proof;

	p[0] = 0xf8;
	put_le16(p + 1, GZ_PROOF_OUT);
	put_le16(p + 3, (uint16_t)~GZ_PROOF_OUT);
	/* Without entropy only forgeries, no damage, could go unnoticed. */
	if (getentropy(p + 5, GZ_PROOF_OUT))
		put_le64(p + 5, (uintptr_t)inf);
	p += 5 + GZ_PROOF_OUT;
	p[0] = 1;
	put_le16(p + 1, 0);
	put_le16(p + 3, 0xffff);
	return inf;
}

void gz_inflater_free(struct gz_inflater *inf)
{
	if (!inf)
		return;
	libdeflate_free_decompressor(inf->d);
	free(inf);
}

bool gz_inflate_piece(struct gz_inflater *inf, unsigned char *in, size_t len,
		      unsigned char *out, size_t out_len)
{
	size_t used = 0, made = 0;

	if (len < GZ_PIECE_MIN ||
	    get_le32(in + len - 4) != UINT32_C(0xffff0000))
		return false;
	memcpy(in + len, inf->proof, GZ_PROOF_IN);
	return libdeflate_deflate_decompress_ex(inf->d, in, len + GZ_PROOF_IN,
						out, out_len + GZ_PROOF_OUT,
						&used, &made) ==
		       LIBDEFLATE_SUCCESS &&
	       used == len + GZ_PROOF_IN && made == out_len + GZ_PROOF_OUT &&
	       !memcmp(out + out_len, inf->proof + 5, GZ_PROOF_OUT);
}

struct block *gz_block_new(void)
{
	struct block *block = block_new();

	/* block_drop() frees what `data` points to, however large. */
	block->data = xrealloc(block->data, PIECE_SIZE + GZ_PROOF_OUT, 1);
	return block;
}
