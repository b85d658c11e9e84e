#include "test-tool.h"

/*
 * test-tool genrandom [--text] SEED BYTES: noise, or something that shrinks
 * to a third like text.  The same bytes on every machine.
 */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t seed_of(const char *s)
{
	uint64_t h = 5381;

	for (; *s; s++)
		h = h * 33 + (unsigned char)*s;
	return h;
}

static size_t fill_noise(uint64_t *state, char *buf, size_t room)
{
	for (size_t i = 0; i + 8 <= room; i += 8) {
		uint64_t v = next(state);

		put_le64(buf + i, v);
	}
	return room / 8 * 8;
}

/* Words of a made-up language, the frequent ones short, some numbers. */
static size_t fill_text(uint64_t *state, char *buf, size_t room)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz";
	size_t n = 0;

	while (n + 32 < room) {
		uint64_t v = next(state);
		uint64_t rank = (v & 4095) * (v >> 12 & 4095) >> 12;
		uint64_t word = rank * UINT64_C(0x2545f4914f6cdd1d);

		if (!(v >> 24 & 63)) {
			n += (size_t)sprintf(buf + n, "%u",
					     (unsigned)(v >> 48));
		} else {
			for (uint64_t k = 2 + rank / 600; k; k--, word >>= 7)
				buf[n++] = letters[(word & 127) * 26 / 160];
		}
		buf[n++] = v >> 32 & 15 ? ' ' : '\n';
	}
	return n;
}

int test_genrandom(int argc, const char **argv)
{
	static char buf[65536];
	bool text = argc > 1 && !strcmp(argv[1], "--text");
	uint64_t state, left;

	if (argc != 3 + text) {
		fprintf(stderr,
			"usage: test-tool genrandom [--text] SEED BYTES\n");
		return 129;
	}
	state = seed_of(argv[1 + text]);
	left = strtoull(argv[2 + text], NULL, 10);
	while (left) {
		size_t n = text ? fill_text(&state, buf, sizeof(buf)) :
				  fill_noise(&state, buf, sizeof(buf));

		n = (size_t)MIN(left, n);
		if (fwrite(buf, 1, n, stdout) != n)
			return 128;
		left -= n;
	}
	return fflush(stdout) ? 128 : 0;
}
