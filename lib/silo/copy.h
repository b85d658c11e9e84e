#ifndef COPY_H
#define COPY_H

#include "silo/move.h"

/*
 * Blobs from one silo to another, wherever they are: each read, verified by
 * its id, and put as a push puts it.  Between two far ones they pass through
 * this disk, some at a time.
 */
struct copy_result {
	uint64_t copied;
	uint64_t there;
	uint64_t failed;	/* each was told */
	int worst;		/* of the failures */
};

/* What is to be copied, found before anything is made of it. */
struct copy_list {
	struct copy_listed {
		struct id id;
		uint64_t file_size;	/* 0: not known */
	} *v;
	size_t n;
	size_t cap;
};

#define COPY_LIST_INIT { .v = NULL }

/* All that `from` lists, or what is in `only`. */
int copy_list(struct copy_list *list, struct silo *from,
	      const struct idset *only) MUST_CHECK;
void copy_list_release(struct copy_list *list);

struct copy_opts {
	const char *scratch;		/* a directory for what passes through */
	struct move_opts how;
	int (*failed)(void *data, const struct id *id, const char *why);
	void *data;
};

int copy_silo(struct silo *from, struct silo *to, struct copy_list *list,
	      const struct copy_opts *opts, struct copy_result *result)
	MUST_CHECK;

#endif
