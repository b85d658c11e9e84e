#include "base/base.h"
#include "codec/gz_int.h"

/*
 * Where does the last block of a deflate stream begin?  Only the symbols tell,
 * so we walk them, without making output.  What a symbol means is of no
 * interest, only how many bits it and its extra bits take and whether a
 * distance follows; so one table lookup does a symbol, with no branch that
 * depends on what it was, and often two symbols at once.
 */
#define LOOK 11			/* bits of one lookup */
#define SLOTS (1u << LOOK)
#define MAX_CODE 15
#define PRE_LOOK 7		/* longest code of the code lengths */
#define LITLEN_SYMS 288
#define DIST_SYMS 32
#define END_OF_BLOCK 256

/*
 * An entry: bits taken with (bits 0 to 5) and without the extra bits (8 to
 * 15), and where the next symbol is looked up (16 on; 0 or SLOTS).  One word,
 * because the loop waits for nothing but this load.  Entry 0 stops the loop:
 * end of block, or a code longer than LOOK.
 */
static uint32_t slot_make(unsigned bits, unsigned code, unsigned next)
{
	return bits | code << 8 | next << 16;
}

static unsigned slot_bits(uint32_t slot)
{
	return slot & 63;
}

static unsigned slot_code(uint32_t slot)
{
	return slot >> 8 & 255;
}

static unsigned slot_next(uint32_t slot)
{
	return slot >> 16;
}

enum kind { LITLEN, DIST, PRE };

struct code {
	enum kind kind;
	unsigned char lens[LITLEN_SYMS];
	unsigned nsyms;
	uint16_t count[MAX_CODE + 1];
	uint16_t sorted[LITLEN_SYMS];	/* symbols by length, then value */
};

struct walk {
	const unsigned char *in;
	size_t pos;		/* in bits */
	size_t limit;		/* in bits */
	uint32_t slots[2 * SLOTS];
	struct code litlen;
	struct code dist;
};

/* At least 56 bits from the position on. */
static uint64_t peek(const struct walk *w)
{
	return get_le64(w->in + w->pos / 8) >> (w->pos & 7);
}

static unsigned take(struct walk *w, unsigned n)
{
	unsigned v = (unsigned)(peek(w) & ((1u << n) - 1));

	w->pos += n;
	return v;
}

static unsigned extra_bits(enum kind kind, unsigned sym)
{
	if (kind == DIST)
		return sym < 4 ? 0 : sym / 2 - 1;
	if (sym < 265 || sym == 285)
		return 0;
	return (sym - 261) / 4;
}

static bool code_sort(struct code *code)
{
	uint16_t at[MAX_CODE + 2] = { 0 };

	memset(code->count, 0, sizeof(code->count));
	for (unsigned i = 0; i < code->nsyms; i++)
		code->count[code->lens[i]]++;
	code->count[0] = 0;
	for (unsigned len = 1; len <= MAX_CODE; len++)
		at[len + 1] = (uint16_t)(at[len] + code->count[len]);
	for (unsigned i = 0; i < code->nsyms; i++)
		if (code->lens[i])
			code->sorted[at[code->lens[i]]++] = (uint16_t)i;
	return at[MAX_CODE] > 0;
}

static unsigned after(enum kind kind, unsigned sym)
{
	return kind == LITLEN && sym > END_OF_BLOCK ? SLOTS : 0;
}

/* Of a code length, `next` is the symbol itself. */
static uint32_t slot_of(enum kind kind, unsigned sym, unsigned len)
{
	if (kind == PRE)
		return slot_make(len, len, sym);
	if (kind == LITLEN && sym == END_OF_BLOCK)
		return 0;
	return slot_make(len + extra_bits(kind, sym), len, after(kind, sym));
}

/*
 * Codes lie in the stream from their first bit on, so the index is the code
 * reversed: `v` counts from its top bit down, and each length doubles the
 * table.
 */
static void fill_slots(const struct code *code, uint32_t *slots, unsigned look)
{
	unsigned v = 0, i = 0;

	slots[0] = 0;
	for (unsigned len = 1; len <= look; len++) {
		unsigned half = 1u << (len - 1);

		memcpy(slots + half, slots, half * sizeof(*slots));
		for (unsigned n = code->count[len]; n; n--) {
			unsigned bit = half;

			slots[v] = slot_of(code->kind, code->sorted[i++],
					   len);
			for (; v & bit; bit >>= 1)
				v ^= bit;
			v |= bit;
		}
	}
}

/*
 * A literal that leaves bits of the lookup unused takes the next symbol along.
 * From above, so that what is taken along is still a single symbol.
 */
static void pair_slots(uint32_t *slots)
{
	for (unsigned i = SLOTS; i--; ) {
		uint32_t one = slots[i], two;

		/* Longer ones hardly find a partner. */
		if (!one || slot_next(one) || slot_code(one) > LOOK - 2)
			continue;
		two = slots[i >> slot_bits(one)];
		/* Extra bits need not be in sight, but the code does. */
		if (two && slot_code(one) + slot_code(two) <= LOOK)
			slots[i] = slot_make(slot_bits(one) + slot_bits(two),
					     LOOK, slot_next(two));
	}
}

/* One symbol, bit by bit: for the ends of blocks and codes over LOOK bits. */
static int slow_symbol(struct walk *w, const struct code *code)
{
	uint64_t bits = peek(w);
	int v = 0, first = 0, index = 0;

	for (unsigned len = 1; len <= MAX_CODE; len++, bits >>= 1) {
		int count = code->count[len];

		v |= (int)(bits & 1);
		if (v - first < count) {
			w->pos += len;
			return code->sorted[index + v - first];
		}
		index += count;
		first = (first + count) << 1;
		v <<= 1;
	}
	return -1;
}

/*
 * As far as the tables lead: up to the end of the block, a long code, or the
 * end of the input.  `next` is where the following symbol is looked up.
 * The bits at hand live in registers; a reload ORs in the same bits again.
 */
static unsigned walk_fast(struct walk *w, unsigned next)
{
	const unsigned char *p = w->in + w->pos / 8;
	const unsigned char *end = w->in + w->limit / 8;
	const uint32_t *slots = w->slots + next;
	uint64_t bits = get_le64(p) >> (w->pos & 7);
	uint32_t have = 56 - (w->pos & 7), slot = 1;

	p += 7;
	while (p < end + 8 && slot) {
		bits |= get_le64(p) << have;
		p += (63 - have) / 8;
		have |= 56;
		/*
		 * Three per load: 24 bits of a distance, 16 of a literal with
		 * a length, LOOK of what follows them make 51.
		 */
		for (int i = 0; i < 3; i++) {
			slot = slots[bits & (SLOTS - 1)];
			if (!slot)
				break;
			bits >>= slot_bits(slot);
			have -= slot;	/* the bits above are noise */
			slots = w->slots + slot_next(slot);
		}
		have &= 63;
	}
	w->pos = 8 * (size_t)(p - w->in) - have;
	return (unsigned)(slots - w->slots);
}

static bool walk_symbols(struct walk *w)
{
	unsigned next = 0;

	while (w->pos < w->limit) {
		const struct code *code;
		int sym;

		next = walk_fast(w, next);
		if (w->pos >= w->limit)
			break;
		code = next ? &w->dist : &w->litlen;
		sym = slow_symbol(w, code);
		if (sym < 0)
			return false;
		if (!next && sym == END_OF_BLOCK)
			return w->pos <= w->limit;
		w->pos += extra_bits(code->kind, (unsigned)sym);
		next = after(code->kind, (unsigned)sym);
	}
	return false;
}

static bool walk_codes(struct walk *w)
{
	if (!code_sort(&w->litlen))
		return false;
	code_sort(&w->dist);	/* a block of literals has none */
	w->litlen.kind = LITLEN;
	fill_slots(&w->litlen, w->slots, LOOK);
	pair_slots(w->slots);
	w->dist.kind = DIST;
	fill_slots(&w->dist, w->slots + SLOTS, LOOK);
	return walk_symbols(w);
}

static bool walk_fixed(struct walk *w)
{
	unsigned char *lens = w->litlen.lens;

	memset(lens, 8, 144);
	memset(lens + 144, 9, 112);
	memset(lens + 256, 7, 24);
	memset(lens + 280, 8, 8);
	memset(w->dist.lens, 5, DIST_SYMS);
	w->litlen.nsyms = LITLEN_SYMS;
	w->dist.nsyms = DIST_SYMS;
	return walk_codes(w);
}

static bool take_lens(struct walk *w, const struct code *pre,
		      unsigned char *lens, unsigned n)
{
	unsigned i = 0, repeat;
	unsigned char value;

	fill_slots(pre, w->slots, PRE_LOOK);
	while (i < n) {
		uint32_t slot = w->slots[peek(w) & ((1u << PRE_LOOK) - 1)];
		unsigned sym = slot_next(slot);

		w->pos += slot_bits(slot);
		if (!slot || w->pos > w->limit)
			return false;
		repeat = 1;
		value = (unsigned char)(sym < 16 ? sym : 0);
		if (sym == 16) {
			if (!i)
				return false;
			value = lens[i - 1];
			repeat = 3 + take(w, 2);
		} else if (sym == 17) {
			repeat = 3 + take(w, 3);
		} else if (sym == 18) {
			repeat = 11 + take(w, 7);
		}
		if (repeat > n - i)
			return false;
		memset(lens + i, value, repeat);
		i += repeat;
	}
	return true;
}

static bool walk_dynamic(struct walk *w)
{
	static const unsigned char order[] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
	};
	unsigned char lens[LITLEN_SYMS + DIST_SYMS];
	struct code pre = { .kind = PRE, .nsyms = ARRAY_SIZE(order) };
	unsigned nlitlen = 257 + take(w, 5);
	unsigned ndist = 1 + take(w, 5);
	unsigned npre = 4 + take(w, 4);

	for (unsigned i = 0; i < npre; i++)
		pre.lens[order[i]] = (unsigned char)take(w, 3);
	if (!code_sort(&pre) || nlitlen > LITLEN_SYMS ||
	    !take_lens(w, &pre, lens, nlitlen + ndist))
		return false;
	memcpy(w->litlen.lens, lens, nlitlen);
	memcpy(w->dist.lens, lens + nlitlen, ndist);
	w->litlen.nsyms = nlitlen;
	w->dist.nsyms = ndist;
	return walk_codes(w);
}

static bool walk_stored(struct walk *w)
{
	unsigned len;

	w->pos = (w->pos + 7) / 8 * 8;
	if (w->limit - w->pos < 32)
		return false;
	len = take(w, 16);
	w->pos += 16 + 8 * (size_t)len;
	return w->pos <= w->limit;
}

bool gz_walk(const unsigned char *in, size_t len, size_t *last, size_t *end)
{
	struct walk w = { .in = in, .limit = 8 * len };
	bool final = false, ok;

	while (!final) {
		if (w.limit - w.pos < 3)
			return false;
		*last = w.pos;
		final = take(&w, 1);
		switch (take(&w, 2)) {
		case 0:
			ok = walk_stored(&w);
			break;
		case 1:
			ok = walk_fixed(&w);
			break;
		case 2:
			ok = walk_dynamic(&w);
			break;
		default:
			ok = false;
		}
		if (!ok)
			return false;
	}
	*end = w.pos;
	return w.pos <= w.limit && w.limit - w.pos < 8;
}
