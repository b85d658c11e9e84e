#ifndef POOL_H
#define POOL_H

#include "base/base.h"

/*
 * Workers for all cores.  A job is part of a struct of the caller's; it is
 * submitted, runs in some thread, and is joined.  The thread that joins
 * helps, so a pool of one thread (MEDO_THREADS=1) has no workers at all and
 * runs everything, in order, in the joins.
 *
 * The first failure wins: job_join() returns its code and brings its sentence
 * into the calling thread.  Workers never touch terminal, signals, libgit2.
 */
struct pool;

struct job {
	int (*run)(struct job *job);
	int ret;
	int state;
	char *sentence;
	struct job *next;
};

#define JOB_INIT(fn) { .run = (fn) }

/* `threads` 0: as many as there are cores, or MEDO_THREADS. */
struct pool *pool_new(unsigned threads);
void pool_free(struct pool *pool);		/* waits for all; NULL is fine */
unsigned pool_threads(const struct pool *pool);	/* callers included */

void job_submit(struct pool *pool, struct job *job);

/* Wait (and help) until it has run; its result.  Once per submit. */
int job_join(struct pool *pool, struct job *job) MUST_CHECK;

/* Has it run already?  A join then does not wait. */
bool job_done(struct pool *pool, const struct job *job);

#endif
