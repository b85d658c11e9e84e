#ifndef GZ_INT_H
#define GZ_INT_H

#include "codec/gz.h"
#include "base/fail.h"

/*
 * The layout of a blob file.  Numbers are little endian, P = 262,144.
 *
 *	content member
 *	  1f 8b 08 00  00 00 00 00  00 ff
 *	  one run of deflate blocks per piece, none of them final
 *	  03 00		end of the deflate stream
 *	  u32 CRC32, u32 ISIZE
 *	index members, one per group of up to 1,024 pieces
 *	top members, one per up to 1,024 groups
 *	trailer member, 66 bytes, the last of the file
 *
 * A piece is P bytes of content, the last one 1 to P; empty content has none.
 * Its deflate blocks refer to nothing outside the piece and end with an empty
 * stored block, so at a byte boundary, with 00 00 ff ff.  They take at most
 * P + 1,024 bytes.
 *
 * Index, top and trailer are empty gzip members with one extra field:
 *
 *	1f 8b 08 04  00 00 00 00  00 ff
 *	u16 XLEN = 4 + n
 *	'S' 'I' u16 n
 *	n bytes: u8 kind, u8 version = 1, ... as below
 *	03 00  00 00 00 00  00 00 00 00
 *
 *	index	kind 1, u16 count of pieces, u32 CRC32 of the group's
 *		compressed bytes; for each piece u32 compressed size, SHA-256
 *		of its content (32 bytes)
 *	top	kind 2, u16 count of groups; for each group u64 offset in the
 *		file of its first piece, SHA-256 over its pieces' digests
 *	trailer	kind 3, u16 0, "siloblob", u32 P, u64 count of pieces,
 *		u64 size of the content, u64 offset of the first top member
 *		(or, where there is none, of the trailer itself)
 *
 * All but the last member of a kind are full, so that every place follows
 * from the trailer.  The CRC32 over compressed bytes is there because a
 * decoder does not look at the bits that pad a block to a byte.
 */
#define GZ_HEAD_SIZE 10
#define GZ_END_SIZE 10		/* 03 00, CRC32, ISIZE */
#define GZ_EXTRA_SIZE 6		/* XLEN, 'S', 'I', n */
#define GZ_WRAP_SIZE (GZ_HEAD_SIZE + GZ_EXTRA_SIZE + GZ_END_SIZE)

#define GZ_MAGIC "siloblob"
#define GZ_VERSION 1

enum gz_kind { GZ_INDEX = 1, GZ_TOP = 2, GZ_TRAILER = 3 };

#define GZ_INDEX_HEAD 8
#define GZ_INDEX_ENTRY (4 + DIGEST_SIZE)
#define GZ_INDEX_MAX (GZ_WRAP_SIZE + GZ_INDEX_HEAD + \
		      GROUP_PIECES * GZ_INDEX_ENTRY)
#define GZ_TOP_HEAD 4
#define GZ_TOP_ENTRY (8 + DIGEST_SIZE)
#define GZ_TOP_GROUPS 1024
#define GZ_TRAILER_BODY 40
#define GZ_TRAILER_SIZE (GZ_WRAP_SIZE + GZ_TRAILER_BODY)

#define GZ_PIECE_MIN 6			/* compressed */
#define GZ_PIECE_MAX (PIECE_SIZE + 1024)
#define GZ_GROUPS_MAX 262144		/* 64 TiB; 10 MiB of memory */

extern const unsigned char gz_head[GZ_HEAD_SIZE];

/* What the trailer says, and what follows from it. */
struct gz_shape {
	uint64_t size;		/* of the content */
	uint64_t pieces;
	uint64_t groups;
	uint64_t end_off;	/* of 03 00 of the content member */
	uint64_t index_off;
	uint64_t top_off;
	uint64_t trailer_off;
};

size_t gz_index_size(uint64_t pieces);		/* of one member */
uint64_t gz_indexes_size(uint64_t pieces);	/* of all */
uint64_t gz_tops_size(uint64_t groups);
unsigned gz_group_pieces(const struct gz_shape *shape, uint64_t group);
size_t gz_piece_len(const struct gz_shape *shape, uint64_t piece);

/*
 * Wrap `n` bytes at `member` + GZ_HEAD_SIZE + GZ_EXTRA_SIZE as a member; the
 * size of the whole.  And the other way: is it exactly such a member?
 */
size_t gz_wrap(unsigned char *member, size_t n);
bool gz_wrapped(const unsigned char *member, size_t n);

#define gz_body(member) ((member) + GZ_HEAD_SIZE + GZ_EXTRA_SIZE)

void gz_put_trailer(unsigned char out[GZ_TRAILER_SIZE],
		    const struct gz_shape *shape);

/*
 * 1: it is a trailer and `shape` is set; 0: nothing like one.  `file_size` is
 * where the trailer ends.
 */
int gz_take_trailer(const unsigned char in[GZ_TRAILER_SIZE], uint64_t file_size,
		    struct gz_shape *shape, const char *name) MUST_CHECK;

/*
 * Pieces.  Both states hold what the libraries need and nothing between two
 * calls; they are made on first use and passed around by gz_take/gz_give.
 */
struct gz_deflater;
struct gz_inflater;

struct gz_deflater *gz_deflater_new(int level);
void gz_deflater_free(struct gz_deflater *d);

/*
 * Never fails: what does not shrink is stored.  The compressed size.  `out`
 * has room for `len` + GZ_DEFLATE_EXTRA bytes.
 */
#define GZ_DEFLATE_EXTRA 1088
size_t gz_deflate_piece(struct gz_deflater *d, const unsigned char *in,
			size_t len, unsigned char *out);

struct gz_inflater *gz_inflater_new(void);	/* NULL: no memory */
void gz_inflater_free(struct gz_inflater *inf);

/*
 * See gz_inflate.c: proof that a piece ends where its bytes end.  `in` has
 * room for GZ_PROOF_IN bytes more, `out` for GZ_PROOF_OUT.
 */
#define GZ_PROOF_OUT 31
#define GZ_PROOF_IN (5 + GZ_PROOF_OUT + 5)

bool gz_inflate_piece(struct gz_inflater *inf, unsigned char *in, size_t len,
		      unsigned char *out, size_t out_len);

/* A block whose data has GZ_PROOF_OUT bytes more room. */
struct block *gz_block_new(void);

/*
 * Where the last block of a deflate stream begins and where its last symbol
 * ends, in bits.  `in` is libdeflate's own output; 32 bytes behind `len` are
 * readable.  False: not what we expected, use something else.
 */
bool gz_walk(const unsigned char *in, size_t len, size_t *last, size_t *end);

/* States for as many threads as run at once; the rest make their own. */
#define GZ_KEPT 64
struct gz_kept {
	void *state[GZ_KEPT];
};

void *gz_take(struct gz_kept *kept);	/* NULL: make one */
bool gz_give(struct gz_kept *kept, void *state);	/* false: free it */

/* pool NULL: the job runs here and now, in gz_join. */
void gz_submit(struct pool *pool, struct job *job);
int gz_join(struct pool *pool, struct job *job) MUST_CHECK;

/* An open file. */
struct gz_group {
	uint64_t off;
	unsigned char digest[DIGEST_SIZE];
};

struct gz {
	const struct source *src;
	unsigned char *tail;	/* the last bytes of the file */
	size_t tail_len;
	bool seekable;
	struct gz_shape shape;
	struct gz_group *groups;
	struct seal seal;
	struct gz_kept inflaters;

	/* gz_pread: the last group and piece looked at */
	unsigned char *index;	/* GZ_INDEX_MAX bytes */
	uint64_t index_group;
	unsigned char *packed;
	struct block *piece;
	uint64_t piece_no;
};

/* Bytes of the file, from the tail if they are there. */
int gz_fetch(const struct gz *gz, uint64_t off, void *buf, size_t len)
	MUST_CHECK;

/*
 * Entries of one group's index (GZ_INDEX_ENTRY bytes each), verified against
 * the group's digest and the offsets of its neighbours.  `buf` has
 * GZ_INDEX_MAX bytes, the entries begin at gz_entries(buf).
 */
int gz_load_index(const struct gz *gz, uint64_t group, unsigned char *buf,
		  uint32_t *packed_crc) MUST_CHECK;
#define gz_entries(buf) (gz_body(buf) + GZ_INDEX_HEAD)

/*
 * Inflate a piece into a gz_block_new() and verify it against its index entry,
 * `vouched`: only that it has its length.
 * `packed` has GZ_PACKED_ROOM bytes.  Any thread.
 */
#define GZ_PACKED_ROOM (GZ_PIECE_MAX + GZ_PROOF_IN)
int gz_unpack(struct gz *gz, uint64_t piece, const unsigned char *entry,
	      unsigned char *packed, struct block *block,
	      bool vouched) MUST_CHECK;

/* The file's name for messages; quoted(). */
const char *gz_name(const struct gz *gz);

/* Any other gzip; `algo` as gz_read() worked it out. */
int gz_read_foreign(struct gz *gz, const struct gz_expect *expect,
		    enum id_algo algo, struct pool *pool,
		    const struct sink *sink, struct meter *meter,
		    struct gz_facts *found) MUST_CHECK;

/* gz_write, with the index going out to the file every `spill` groups. */
int gz_write_spill(int fd, const char *name, const struct source *src,
		   const struct gz_write_opts *opts, struct pool *pool,
		   unsigned spill, struct gz_facts *out) MUST_CHECK;

#endif
