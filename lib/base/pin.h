#ifndef PIN_H
#define PIN_H

#include "base/asker.h"

#include <sched.h>

/*
 * A process that answers questions one by one runs best on the CPU of who
 * asks: it then starts when the other waits, finds the whole question
 * in the pipe, and nobody wakes another CPU for each line.  Threads and
 * children that are made while it is pinned are pinned, too.
 */
struct pin {
	struct asker asker;
	cpu_set_t all;		/* where we might run before */
	int cpu;		/* -1: anywhere */
	unsigned asked;
	bool off;		/* it cannot be done here */
};

#define PIN_INIT { .cpu = -1 }

/* For each question; looks where the asker is every now and then. */
void pin_follow(struct pin *pin);
void pin_release(struct pin *pin);	/* run anywhere again */

#endif
