#include "base/base.h"
#include "codec/fxp.h"

enum { HEAD_SIZE = 9 };		/* length, type, id */

enum {
	ATTR_SIZE = 1, ATTR_UIDGID = 2, ATTR_MODE = 4, ATTR_TIME = 8,
};
#define ATTR_EXTENDED UINT32_C(0x80000000)

void fxp_start(struct buf *out, enum fxp_type type)
{
	unsigned char head[HEAD_SIZE] = { 0 };

	head[4] = (unsigned char)type;
	buf_reset(out);
	buf_add(out, head, sizeof(head));
}

void fxp_u32(struct buf *out, uint32_t v)
{
	unsigned char raw[4];

	put_be32(raw, v);
	buf_add(out, raw, sizeof(raw));
}

void fxp_u64(struct buf *out, uint64_t v)
{
	fxp_u32(out, (uint32_t)(v >> 32));
	fxp_u32(out, (uint32_t)v);
}

void fxp_str(struct buf *out, const void *data, size_t len)
{
	fxp_u32(out, (uint32_t)len);
	buf_add(out, data, len);
}

void fxp_strz(struct buf *out, const char *s)
{
	fxp_str(out, s, strlen(s));
}

void fxp_no_attrs(struct buf *out)
{
	fxp_u32(out, 0);
}

void fxp_finish(struct buf *out, uint32_t id, size_t extra)
{
	put_be32(out->ptr, (uint32_t)(out->len - 4 + extra));
	put_be32(out->ptr + 5, id);
}

static const unsigned char *take(struct fxp *in, size_t n)
{
	static const unsigned char zero[8];
	const unsigned char *p = in->p;

	if (in->bad || (size_t)(in->end - in->p) < n) {
		in->bad = true;
		return zero;
	}
	in->p += n;
	return p;
}

uint32_t fxp_get_u32(struct fxp *in)
{
	return get_be32(take(in, 4));
}

uint64_t fxp_get_u64(struct fxp *in)
{
	uint64_t high = fxp_get_u32(in);

	return high << 32 | fxp_get_u32(in);
}

const unsigned char *fxp_get_str(struct fxp *in, size_t *len)
{
	size_t n = fxp_get_u32(in);
	const unsigned char *p = take(in, n);

	*len = in->bad ? 0 : n;
	return p;
}

void fxp_get_attrs(struct fxp *in, struct fxp_attrs *out)
{
	uint32_t flags = fxp_get_u32(in), n = 0;
	size_t len;

	*out = (struct fxp_attrs){ .has_size = flags & ATTR_SIZE,
				   .has_mode = flags & ATTR_MODE,
				   .has_time = flags & ATTR_TIME };
	if (out->has_size)
		out->size = fxp_get_u64(in);
	if (flags & ATTR_UIDGID)
		fxp_get_u64(in);
	if (out->has_mode)
		out->mode = fxp_get_u32(in);
	if (out->has_time) {
		fxp_get_u32(in);
		out->mtime = fxp_get_u32(in);
	}
	if (flags & ATTR_EXTENDED)
		n = fxp_get_u32(in);
	while (n-- && !in->bad) {
		fxp_get_str(in, &len);
		fxp_get_str(in, &len);
	}
}
