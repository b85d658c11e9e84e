#ifndef DIRTAR_INT_H
#define DIRTAR_INT_H

#include "base/buf.h"
#include "codec/entry.h"
#include "medo/dirtar.h"

#include <sys/stat.h>

/* What changes when a file does. */
struct stamp {
	uint64_t dev;
	uint64_t ino;
	uint64_t size;
	int64_t mtime;
	int64_t ctime;
	uint32_t mtime_nsec;
	uint32_t ctime_nsec;
};

/* There may be millions: 88 bytes, and the path in the arena. */
struct node {
	struct stamp stamp;
	uint64_t off;		/* of its header in the tar */
	const char *path;
	union {
		const char *target;	/* of a symlink */
		size_t first;		/* hard link: the first name's index */
	};
	uint16_t mode;
	unsigned char type;	/* enum entry_type */
	unsigned char blocks;	/* of its header */
	bool shared;		/* a file with more names than this one */
	bool has_child;
};

struct chunk;

struct dirtar {
	char *root;		/* as it was given, for messages */
	int fd;
	struct dirtar_opts opts;
	struct stamp stamp;	/* of the root */
	struct node *nodes;	/* in the order of the tar */
	size_t n;
	size_t cap;
	struct chunk *arena;
	uint64_t size;		/* of the entries, without the end mark */
	bool no_tree;		/* it has what a git tree has not */

	char *problem;		/* the first one */

	unsigned char *ids;	/* of files, opts.tree; NULL: not wanted */
	unsigned char *id_state;
};

/* Fill nodes, unsorted.  Problems are gathered, not returned. */
int dirtar_walk(struct dirtar *d) MUST_CHECK;
void dirtar_free_arena(struct dirtar *d);

void stamp_of(struct stamp *stamp, const struct stat *st);
bool stamp_eq(const struct stamp *a, const struct stamp *b);

/* "'ROOT/PATH' <text>", FAIL_REQUEST. */
int dirtar_bad(const struct dirtar *d, const char *path, const char *fmt, ...)
	PRINTF(3, 4);

void dirtar_entry(const struct dirtar *d, const struct node *node,
		  struct entry *entry);

/* `len` bytes of a file's content, provided it is what the walk saw. */
int dirtar_read_file(const struct dirtar *d, const struct node *node,
		     uint64_t off, void *buf, size_t len) MUST_CHECK;

#endif
