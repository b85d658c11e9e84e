#ifndef RUN_H
#define RUN_H

#include "base/buf.h"

/*
 * Other programs: git, ssh.  Always an argv, never a shell.  The child's
 * stderr is ours unless `quiet`; its stdin is /dev/null unless given.
 */
struct run {
	const char *const *argv;	/* NULL at its end */
	const char *dir;		/* NULL: where we are */
	const char *input;		/* NULL: none */
	size_t input_len;
	const char *env;		/* one more "NAME=VALUE"; NULL: none */
	bool quiet;
	bool both;			/* stderr into `out`, too */
	bool at_end;			/* run_capture(): see RUN_UNFLUSHED */
};

/*
 * git rev-list wakes us for each line that it writes into a pipe, unless it
 * is told not to; git cat-file --buffer does so twice for each blob, whatever
 * it is told.  What says a few MiB in small pieces is quicker with `at_end`:
 * into memory at which nobody waits.
 */
#define RUN_UNFLUSHED "GIT_FLUSH=0"

/*
 * Run and gather stdout, at most `max` bytes (0: 1 GiB; more is FAIL_FORMAT).
 * The exit status (0 to 255), or FAIL_SYSTEM where it could not start or died
 * of a signal.
 */
int run_capture(const struct run *run, struct buf *out, size_t max) MUST_CHECK;

/*
 * The same, but `take` gets stdout while it comes, as often as there is more,
 * and says how many of its bytes it has done with: the others come again, with
 * what follows them.  RUN_ENOUGH: the program is ended, and that is 0.
 */
#define RUN_ENOUGH SIZE_MAX
int run_each(const struct run *run,
	     size_t (*take)(void *data, const char *text, size_t len),
	     void *data) MUST_CHECK;

/*
 * A program that stays: what we write to `to` it reads, what it says we read
 * from `from`.  run_stop() closes both and waits; its exit status, or
 * FAIL_SYSTEM.  Stopping what was not started is legal and 0.
 */
struct child {
	pid_t pid;		/* 0: none */
	int to;
	int from;
};

#define CHILD_INIT { .pid = 0, .to = -1, .from = -1 }

/* The path of a program beside our own, as it lies on the disk; yours. */
char *run_beside(const char *name);

int run_start(struct child *child, const struct run *run) MUST_CHECK;
int run_stop(struct child *child);

#endif
