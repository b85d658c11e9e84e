#ifndef BUF_H
#define BUF_H

#include "base/base.h"

/*
 * Bytes that grow, always with a NUL behind them, so that `ptr` is a string
 * from the start.  Start from BUF_INIT; buf_release() is always legal.
 */
struct buf {
	char *ptr;
	size_t len;
	size_t cap;	/* 0: ptr is the shared empty string */
};

extern char buf_empty[];
#define BUF_INIT { .ptr = buf_empty }

void buf_grow(struct buf *buf, size_t extra);	/* room, not length */
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_adds(struct buf *buf, const char *s);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);
void buf_vaddf(struct buf *buf, const char *fmt, va_list ap) PRINTF(2, 0);
void buf_setlen(struct buf *buf, size_t len);	/* at most what was grown */
void buf_reset(struct buf *buf);		/* empty, memory kept */
char *buf_detach(struct buf *buf);		/* yours, for free() */
void buf_release(struct buf *buf);

/* A list of strings, each its own. */
struct strs {
	char **v;
	size_t n;
	size_t cap;
};

#define STRS_INIT { .v = NULL }

char *strs_add(struct strs *strs, const char *s);
char *strs_addn(struct strs *strs, const char *s, size_t len);
char *strs_addf(struct strs *strs, const char *fmt, ...) PRINTF(2, 3);
void strs_take(struct strs *strs, char *s);	/* takes ownership */
/* As an argv, NULL behind the last; borrowed until the next change. */
const char *const *strs_argv(struct strs *strs);
void strs_sort(struct strs *strs);		/* by unsigned bytes */
bool strs_has(const struct strs *strs, const char *s);
void strs_release(struct strs *strs);

#endif
