#ifndef PIN_H
#define PIN_H

#include "base/asker.h"

#include <sched.h>

/*
 * A process that answers questions one by one runs best on the CPU of who
 * asks: it then starts when the other waits, finds the whole question
 * in the pipe, and nobody wakes another CPU for each line.  Threads and
 * children that are made while it is pinned are pinned (and patient), too.
 */
struct pin {
	struct asker asker;
	cpu_set_t all;		/* where we might run before */
	int cpu;		/* -1: anywhere */
	bool wanted;
	unsigned asked;
	bool patient;		/* SCHED_BATCH for as long */
	bool off;		/* it cannot be done here */
};

#define PIN_INIT { .cpu = -1 }

void pin_follow(struct pin *pin);	/* from the next pin_look() on */
void pin_release(struct pin *pin);	/* run anywhere again */

/*
 * Looks where the asker is every now and then.  To be called when an answer
 * is out, for the asker must be awake: the kernel lets who sleeps beside us
 * wake where it slept, but who slept there before we moved in goes elsewhere
 * at once, and two idle CPUs that wake each other take half as long again.
 */
void pin_look(struct pin *pin);

#endif
