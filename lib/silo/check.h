#ifndef CHECK_H
#define CHECK_H

#include "silo/silo.h"

/*
 * silo verify: is every file what its name says?  Every byte is read; known
 * by id alone, so SHA-1 ids are computed with collision detection.  What is
 * no name of silo-layout(5) is reported, never touched.
 */
enum check_verdict {
	CHECK_CORRUPT,		/* not what its name says, or a symlink */
	CHECK_STRANGE,		/* a name that is not ours */
};

struct check {
	bool quick;		/* names, sizes, trailers and indexes only */
	/* Where files of a silo that is elsewhere lie while they are read. */
	const char *scratch;
	struct meter *meter;
	int (*each)(void *data, enum check_verdict verdict, const char *name,
		    const char *why);
	void *data;
	uint64_t blobs;		/* out */
	uint64_t bytes;		/* out: of content */
};

/*
 * 0 also when something is bad: that is told.  Also the ledger: each entry
 * names the bytes of the one before.
 */
int check_silo(struct silo *silo, struct pool *pool, struct check *check)
	MUST_CHECK;

#endif
