#include "base/base.h"
#include "base/buf.h"
#include "base/utf8.h"

void utf8_add(struct buf *out, uint32_t point)
{
	char b[4];
	size_t n;

	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		point = 0xfffd;
	n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; point >>= 6)
		b[i] = (char)(0x80 | (point & 0x3f));
	b[0] = (char)(n == 1 ? point : (0xf00u >> n & 0xff) | point);
	buf_add(out, b, n);
}
