#ifndef BASE_H
#define BASE_H

/*
 * What every file of this tree starts from: the C library, allocation that
 * cannot fail, byte order.  Compile with -D_GNU_SOURCE.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Each is evaluated once, so that it may be a call. */
#define MIN(a, b) PICK_(<, a, b, __COUNTER__)
#define MAX(a, b) PICK_(>, a, b, __COUNTER__)
#define PICK_(is, a, b, n) PICK_NAMED_(is, a, b, n)
#define PICK_NAMED_(is, a, b, n) __extension__ ({ \
	__typeof__(1 ? (a) : (b)) a_##n = (a); \
	__typeof__(1 ? (a) : (b)) b_##n = (b); \
	a_##n is b_##n ? a_##n : b_##n; })
#define SWAP(a, b) do { \
	__typeof__(a) swap_ = (a); \
	(a) = (b); \
	(b) = swap_; \
} while (0)

/*
 * Allocation.  When memory is short the process says so and exits 128;
 * registered temps go.  A length that came from a file is checked against a
 * bound before it gets here.  All results are the caller's, for free().
 */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);	/* n * size, checked */
char *xstrdup(const char *s);
char *xmemdup(const void *p, size_t n);	/* and a NUL behind it */
char *xstrfmt(const char *fmt, ...) PRINTF(1, 2);

/* Room for one more in `array`, which has `n` of `cap` in use. */
#define ALLOC_GROW(array, n, cap) do { \
	if ((n) >= (cap)) { \
		(cap) = (cap) < 16 ? 16 : (cap) * 2; \
		(array) = xrealloc((array), (cap), sizeof(*(array))); \
	} \
} while (0)

static inline uint16_t get_le16(const void *p)
{
	const unsigned char *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t get_le32(const void *p)
{
	const unsigned char *b = p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 |
	       (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t get_le64(const void *p)
{
	const unsigned char *b = p;

	return get_le32(b) | (uint64_t)get_le32(b + 4) << 32;
}

static inline void put_le16(void *p, uint16_t v)
{
	unsigned char *b = p;

	b[0] = (unsigned char)v;
	b[1] = (unsigned char)(v >> 8);
}

static inline void put_le32(void *p, uint32_t v)
{
	unsigned char *b = p;

	put_le16(b, (uint16_t)v);
	put_le16(b + 2, (uint16_t)(v >> 16));
}

static inline void put_le64(void *p, uint64_t v)
{
	unsigned char *b = p;

	put_le32(b, (uint32_t)v);
	put_le32(b + 4, (uint32_t)(v >> 32));
}

static inline uint32_t get_be32(const void *p)
{
	const unsigned char *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | (uint32_t)b[3];
}

static inline void put_be32(void *p, uint32_t v)
{
	unsigned char *b = p;

	b[0] = (unsigned char)(v >> 24);
	b[1] = (unsigned char)(v >> 16);
	b[2] = (unsigned char)(v >> 8);
	b[3] = (unsigned char)v;
}

static inline bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static inline bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

#endif
