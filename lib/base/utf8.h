#ifndef UTF8_H
#define UTF8_H

#include "base/base.h"

/*
 * The first character of `s`: how many bytes it takes (1 to 4) with its code
 * point in `*point`, or 0 where no character begins: RFC 3629, so overlong
 * forms, surrogates, what is past U+10FFFF and what is cut off are none.
 */
static inline size_t utf8_next(const char *s, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	uint32_t c;
	size_t n;

	if (!len)
		return 0;
	c = b[0];
	*point = c;
	if (c < 0x80)
		return 1;
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || len < n)
		return 0;
	c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*point = c;
	return n;
}

#endif
