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
#define LITLEN_SYMS 288
#define DIST_SYMS 32
#define END_OF_BLOCK 256

/*
 * An entry: bits taken with and without the extra bits, and where the next
 * symbol is looked up (0 or SLOTS).  An entry of no bits stops the loop: end
 * of block, or a code longer than LOOK.
 */
struct slot {
	uint8_t bits;
	uint8_t code;
	uint16_t next;
};

struct code {
	unsigned char lens[LITLEN_SYMS];
	unsigned nsyms;
	uint16_t count[MAX_CODE + 1];
	uint16_t sorted[LITLEN_SYMS];	/* symbols by length, then value */
};

struct walk {
	const unsigned char *in;
	size_t pos;		/* in bits */
	size_t limit;		/* in bits */
	struct slot slots[2 * SLOTS];
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

static unsigned extra_bits(bool dist, unsigned sym)
{
	if (dist)
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

static unsigned reverse(unsigned v, unsigned n)
{
	unsigned r = 0;

	while (n--) {
		r = r << 1 | (v & 1);
		v >>= 1;
	}
	return r;
}

static void fill_slots(const struct code *code, bool dist, struct slot *slots)
{
	unsigned v = 0, i = 0;

	memset(slots, 0, SLOTS * sizeof(*slots));
	for (unsigned len = 1; len <= LOOK; len++, v <<= 1)
		for (unsigned n = code->count[len]; n; n--, v++, i++) {
			unsigned sym = code->sorted[i];
			struct slot slot = {
				.bits = (uint8_t)(len + extra_bits(dist, sym)),
				.code = (uint8_t)len,
				.next = !dist && sym > END_OF_BLOCK ? SLOTS : 0,
			};

			if (!dist && sym == END_OF_BLOCK)
				continue;
			for (unsigned at = reverse(v, len) & (SLOTS - 1);
			     at < SLOTS; at += 1u << len)
				slots[at] = slot;
		}
}

/*
 * A literal that leaves bits of the lookup unused takes the next symbol along.
 * From above, so that what is taken along is still a single symbol.
 */
static void pair_slots(struct slot *slots)
{
	for (unsigned i = SLOTS; i--; ) {
		struct slot first = slots[i], second;

		if (!first.bits || first.next || first.bits >= LOOK)
			continue;
		second = slots[i >> first.bits];
		/* Extra bits need not be in sight, but the code does. */
		if (!second.bits || first.code + second.code > LOOK)
			continue;
		slots[i].bits = (uint8_t)(first.bits + second.bits);
		slots[i].next = second.next;
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

static bool walk_symbols(struct walk *w)
{
	unsigned next = 0;

	while (w->pos < w->limit) {
		uint64_t bits = peek(w);
		struct slot slot = w->slots[next + (bits & (SLOTS - 1))];
		int sym;

		/*
		 * Three per peek: 24 bits of a distance, 16 of a literal with
		 * a length, LOOK of what follows them make 51.
		 */
		for (int i = 0; slot.bits && i < 3; i++) {
			w->pos += slot.bits;
			next = slot.next;
			bits >>= slot.bits;
			slot = w->slots[next + (bits & (SLOTS - 1))];
		}
		if (slot.bits)
			continue;
		sym = slow_symbol(w, next ? &w->dist : &w->litlen);
		if (sym < 0)
			return false;
		if (!next && sym == END_OF_BLOCK)
			return w->pos <= w->limit;
		w->pos += extra_bits(next, (unsigned)sym);
		next = !next && sym > END_OF_BLOCK ? SLOTS : 0;
	}
	return false;
}

static bool walk_codes(struct walk *w)
{
	if (!code_sort(&w->litlen))
		return false;
	code_sort(&w->dist);	/* a block of literals has none */
	fill_slots(&w->litlen, false, w->slots);
	pair_slots(w->slots);
	fill_slots(&w->dist, true, w->slots + SLOTS);
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

	while (i < n) {
		int sym = slow_symbol(w, pre);

		if (sym < 0 || w->pos > w->limit)
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
	struct code pre = { .nsyms = ARRAY_SIZE(order) };
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
