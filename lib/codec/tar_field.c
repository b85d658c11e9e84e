#include "base/base.h"
#include "codec/tar_int.h"

/*
 * Numbers in headers: octal between spaces, ended by space, NUL or the end of
 * the field, or base 256 behind a byte 0x80 (0xff: negative).  Whatever some
 * reader takes for another number than the next one does is refused.
 */

static const char *base256(const unsigned char *b, size_t len, int64_t *out)
{
	unsigned char fill = b[0] == 0xff ? 0xff : 0;
	uint64_t v = 0;
	size_t i = 1;

	for (; len - i > 8; i++)
		if (b[i] != fill)
			return "is too large";
	if (len - i == 8 && (b[i] & 0x80) != (fill & 0x80))
		return "is too large";
	if (fill)
		v = UINT64_MAX;
	for (; i < len; i++)
		v = v << 8 | b[i];
	*out = (int64_t)v;
	return NULL;
}

static const char *octal(const char *field, size_t len, int64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(field[i] - '0');
	for (; i < len && field[i]; i++)
		if (field[i] != ' ')
			return "is not a number";
	*out = (int64_t)v;
	return NULL;
}

const char *tar_number(const char *field, size_t len, int64_t *out)
{
	const unsigned char *b = (const unsigned char *)field;

	if (b[0] == 0x80 || b[0] == 0xff)
		return base256(b, len, out);
	if (!b[0]) {
		/* A number behind a NUL: some readers see it, some do not. */
		for (size_t i = 1; i < len; i++)
			if (b[i] && b[i] != ' ')
				return "is not a number";
		*out = 0;
		return NULL;
	}
	return octal(field, len, out);
}

unsigned tar_sum(const struct tar_header *header, bool as_signed)
{
	const unsigned char *b = (const unsigned char *)header;
	const size_t at = offsetof(struct tar_header, sum);
	unsigned sum = 0, high = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		sum += b[i];
		high += b[i] >> 7;
	}
	for (size_t i = at; i < at + sizeof(header->sum); i++) {
		sum -= b[i];
		high -= b[i] >> 7;
	}
	sum += 8 * ' ';
	return as_signed ? sum - 256 * high : sum;
}

bool tar_sum_matches(const struct tar_header *header)
{
	int64_t sum;

	if (octal(header->sum, sizeof(header->sum), &sum))
		return false;
	return sum == tar_sum(header, false) ||
	       sum == (int64_t)(int)tar_sum(header, true);
}

bool tar_all_zero(const void *data, size_t len)
{
	const char *p = data;

	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}
