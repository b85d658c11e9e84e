#ifndef BLOCK_H
#define BLOCK_H

#include "base/base.h"

/*
 * The currency in which content travels: a shared buffer of at most 256 KiB.
 * Whoever needs the bytes after the call that brought them takes a hold; the
 * last drop frees.  Holding and dropping are legal in any thread; the bytes
 * of a block that was passed on are never written again.
 */
#define PIECE_SIZE ((size_t)262144)

struct block {
	unsigned char *data;	/* PIECE_SIZE bytes of room */
	size_t len;
	int refs;
};

struct block *block_new(void);	/* empty, one hold, yours */
struct block *block_hold(struct block *block);
void block_drop(struct block *block);	/* NULL is fine */

/* Where content goes, block by block, in order.  A failure ends the flow. */
struct sink {
	int (*take)(void *data, struct block *block);
	void *data;
};

/*
 * Where content comes from: bytes at an offset.  `read` delivers all of
 * `len` or fails; callers stay below `size`.  Any thread may call it, several
 * at once, unless `serial`: then one thread, ascending, without gaps.
 */
struct source {
	int (*read)(void *data, uint64_t off, void *buf, size_t len);
	void *data;
	uint64_t size;
	const char *name;	/* for messages; borrowed */
	bool serial;
};

/* An open file as a source; the descriptor stays the caller's. */
struct source source_fd(int *fd, uint64_t size, const char *name);

/* Bytes in memory as a source. */
struct memory {
	const void *ptr;
	size_t len;
};
struct source source_memory(struct memory *memory, const char *name);

#endif
