#ifndef ASKER_H
#define ASKER_H

#include "base/base.h"

/*
 * Who started us, to answer its questions.  git runs a command line that has
 * a space in it by a shell, which may stay between the two: it is looked
 * through.
 */
struct asker {
	pid_t parent;
	pid_t above;		/* of the shell, or 0 */
};

void asker_find(struct asker *asker);
pid_t asker_pid(const struct asker *asker);

/* It has ended.  One system call, four with a shell. */
bool asker_gone(const struct asker *asker);

/* The CPU on which it ran last, or -1. */
int asker_cpu(const struct asker *asker);

#endif
