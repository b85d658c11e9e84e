#ifndef EXTRACT_INT_H
#define EXTRACT_INT_H

#include "base/buf.h"
#include "medo/extract.h"

/*
 * extract.c is the handler, extract_table.c remembers what was made,
 * extract_dir.c keeps directories open, extract_job.c writes files in the
 * pool, extract_end.c does what must come last.
 *
 * All but the jobs themselves runs in the caller's thread; a job sees only
 * its batch, whose names and descriptors stay where they are until it is
 * joined.
 */
#define ROOT 0
#define NO_NODE UINT32_MAX

/* A path that this run made, or will make in the end (both kinds of link). */
struct node {
	const char *name;	/* last component, in the arena */
	uint32_t parent;
	uint32_t hash;
	uint32_t info;		/* of a directory, or a hard link's file */
	enum entry_type type;
};

struct stamp {
	int64_t sec;
	uint32_t nsec;
};

struct dir {
	uint32_t node;
	int slot;		/* where it is open, or -1 */
	uint16_t mode;
	bool listed;		/* an entry named it: mode and stamp are set */
	struct stamp stamp;
};

struct symlink {
	uint32_t node;
	const char *target;
	struct stamp stamp;
};

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	char bytes[];
};

struct nodes {
	struct node *nodes;
	size_t n, cap;
	uint32_t *slots;
	size_t nslots;
	uint64_t seed;
	struct chunk *arena;
	size_t ntops;		/* children of the root */
	uint32_t top;		/* the latest of them */
};

void nodes_init(struct nodes *table);
void nodes_release(struct nodes *table);
uint32_t nodes_find(const struct nodes *table, uint32_t parent,
		    const char *name, size_t len);
uint32_t nodes_add(struct nodes *table, uint32_t parent, const char *name,
		   size_t len, enum entry_type type);
const char *nodes_keep(struct nodes *table, const char *s, size_t len);
/* The node of a path, or NO_NODE. */
uint32_t nodes_lookup(const struct nodes *table, const char *path);
/* "a/b/c"; "." for the root. */
void nodes_path(const struct nodes *table, uint32_t node, struct buf *out);

/* An open directory.  It may be closed only while nobody has a pin on it. */
#define DIR_SLOTS 64
struct dir_slot {
	int fd;
	uint32_t dir;
	unsigned pins;
	uint64_t used;
};

struct batch;
struct big;

struct extract {
	int dirfd;
	struct pool *pool;
	struct extract_opts opts;
	int ret;		/* the first failure */
	bool stop;		/* jobs need not write any more */
	bool keep_top;
	bool probed;
	unsigned lost;		/* bits of a mode that umask or an ACL takes */

	struct nodes table;
	struct dir *dirs;
	size_t ndirs, dirs_cap;
	struct symlink *symlinks;
	size_t nsymlinks, symlinks_cap;
	uint32_t *hardlinks;
	size_t nhardlinks, hardlinks_cap;
	struct buf last_parent;	/* its node is `last_node`; most entries share it with the one before */
	uint32_t last_node;

	struct dir_slot slots[DIR_SLOTS];
	size_t nslots;
	uint64_t clock;

	/* The file that is being read. */
	bool in_file;
	uint64_t left;
	struct big *big;	/* if it is large */
	struct batch *cur;
	struct batch *oldest, *newest;	/* in the pool */
	size_t nbatches;
	size_t nblocks;		/* held by all batches */
	size_t nbigs;		/* open large files */
	struct batch *spare;
};

/*
 * Pin the directory and give its descriptor, which is good until the pin is
 * dropped.  Joins jobs where it runs out of descriptors.
 */
int dir_pin(struct extract *x, uint32_t node, int *slot) MUST_CHECK;
void dir_unpin(struct extract *x, int slot);
/* Make a directory; its node is added. */
int dir_make(struct extract *x, uint32_t parent, const char *name, size_t len,
	     uint32_t *out) MUST_CHECK;
void dir_close_all(struct extract *x);
int dir_probe(struct extract *x) MUST_CHECK;	/* sets `lost`, once */

/*
 * A name was taken although nothing of that name was made: `node` and one
 * of its siblings are the same on this file system.
 */
int refuse_twin(struct extract *x, uint32_t node, int dirfd);

/* "cannot <verb> '<path>'", with errno; EEXIST is a twin. */
int fail_node(struct extract *x, uint32_t node, int dirfd, const char *verb);

/* A file's content: begin, slices, end.  Failures of jobs surface anywhere. */
int job_begin(struct extract *x, uint32_t node, const struct entry *entry)
	MUST_CHECK;
int job_content(struct extract *x, struct block *block, size_t off,
		size_t len) MUST_CHECK;
int job_end(struct extract *x) MUST_CHECK;
/* Submit what is waiting, join the oldest; 1: there was nothing to do. */
int job_relieve(struct extract *x) MUST_CHECK;
/* Wait for all; the first failure. */
int job_drain(struct extract *x) MUST_CHECK;
void job_release(struct extract *x);

/* What comes last. */
int end_links(struct extract *x) MUST_CHECK;
int end_dirs(struct extract *x) MUST_CHECK;

#endif
