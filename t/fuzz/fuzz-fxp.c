/* Any bytes, taken apart in any order: never more than there is. */
#include "base/base.h"
#include "codec/fxp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* The first half says what to take out of the second. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t half = len / 2, n;
	struct fxp in = { .p = data + half, .end = data + len };
	struct fxp_attrs attrs;
	const unsigned char *p;

	for (size_t i = 0; i < half; i++) {
		bool bad = in.bad;

		switch (data[i] % 4) {
		case 0:
			check(!fxp_get_u32(&in) || !bad);
			break;
		case 1:
			check(!fxp_get_u64(&in) || !bad);
			break;
		case 2:
			p = fxp_get_str(&in, &n);
			check(!n || (p >= data + half && n <= len - half &&
				     p + n <= in.end));
			check(!in.bad || !n);
			break;
		default:
			fxp_get_attrs(&in, &attrs);
			check(attrs.has_size || !attrs.size);
		}
		check(in.p >= data + half && in.p <= in.end);
		check(in.bad || !bad);
	}
	return 0;
}
