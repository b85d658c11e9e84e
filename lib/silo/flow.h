#ifndef FLOW_H
#define FLOW_H

#include "silo/silo.h"

/*
 * Content of unknown size, a pipe, into a silo on this disk.  git's ids begin
 * with the size, so it has to be guessed; a wrong guess costs a second pass
 * and is otherwise harmless.
 */
struct flow {
	/* Bytes, 0 at the end, or a failure. */
	ssize_t (*read)(void *data, void *buf, size_t len);
	void *data;
	uint64_t guess;
};

int flow_add(struct silo *silo, const struct flow *flow, int level,
	     struct pool *pool, struct gz_facts *facts) MUST_CHECK;

#endif
