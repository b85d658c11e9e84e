#include "base/base.h"
#include "base/buf.h"

char buf_empty[1];

void buf_grow(struct buf *buf, size_t extra)
{
	size_t want = buf->len + extra + 1;

	if (want <= buf->cap)
		return;
	want = MAX(want, buf->cap + buf->cap / 2);
	buf->ptr = xrealloc(buf->cap ? buf->ptr : NULL, want, 1);
	if (!buf->cap)
		buf->ptr[0] = '\0';
	buf->cap = want;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!len)
		return;
	buf_grow(buf, len);
	memcpy(buf->ptr + buf->len, data, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_vaddf(struct buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n <= 0)
		return;
	buf_grow(buf, (size_t)n);
	vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, ap);
	buf->len += (size_t)n;
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(buf, fmt, ap);
	va_end(ap);
}

void buf_setlen(struct buf *buf, size_t len)
{
	buf->len = len;
	if (buf->cap)
		buf->ptr[len] = '\0';
}

void buf_reset(struct buf *buf)
{
	buf_setlen(buf, 0);
}

char *buf_detach(struct buf *buf)
{
	char *ptr = buf->cap ? buf->ptr : xstrdup("");

	*buf = (struct buf)BUF_INIT;
	return ptr;
}

void buf_release(struct buf *buf)
{
	if (buf->cap)
		free(buf->ptr);
	*buf = (struct buf)BUF_INIT;
}

void strs_take(struct strs *strs, char *s)
{
	/* There may be a million lists of one. */
	if (!strs->cap) {
		strs->cap = 2;
		strs->v = xcalloc(strs->cap, sizeof(*strs->v));
	}
	ALLOC_GROW(strs->v, strs->n, strs->cap);
	strs->v[strs->n++] = s;
}

char *strs_addn(struct strs *strs, const char *s, size_t len)
{
	strs_take(strs, xmemdup(s, len));
	return strs->v[strs->n - 1];
}

char *strs_add(struct strs *strs, const char *s)
{
	return strs_addn(strs, s, strlen(s));
}

char *strs_addf(struct strs *strs, const char *fmt, ...)
{
	struct buf buf = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	strs_take(strs, buf_detach(&buf));
	return strs->v[strs->n - 1];
}

const char *const *strs_argv(struct strs *strs)
{
	ALLOC_GROW(strs->v, strs->n, strs->cap);
	strs->v[strs->n] = NULL;
	return (const char *const *)strs->v;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strs_sort(struct strs *strs)
{
	if (strs->n)
		qsort(strs->v, strs->n, sizeof(*strs->v), by_bytes);
}

bool strs_has(const struct strs *strs, const char *s)
{
	for (size_t i = 0; i < strs->n; i++)
		if (!strcmp(strs->v[i], s))
			return true;
	return false;
}

void strs_release(struct strs *strs)
{
	for (size_t i = 0; i < strs->n; i++)
		free(strs->v[i]);
	free(strs->v);
	*strs = (struct strs)STRS_INIT;
}
