#ifndef MOVE_INT_H
#define MOVE_INT_H

#include "base/pool.h"
#include "model/pack.h"
#include "silo/move.h"
#include "silo/silo_int.h"
#include "silo/table.h"

#include <pthread.h>
#include <stdatomic.h>

/* For move*.c alone. */
#define MOVE_JOBS 8
#define MOVE_JOBS_MAX 32

struct mover;

/* What one worker does at a time: some of the items. */
struct task {
	int (*run)(struct mover *m, struct task *task);
	size_t from;		/* in `spots`, or the number of an item */
	size_t to;
	uint64_t size;		/* of content, if it is one item */
};

/* A small blob's place in a pack of the other side. */
struct spot {
	size_t item;
	const char *pack;
	uint64_t off;
	uint64_t end;		/* at most: it may turn out to be shorter */
};

enum item_state {
	ITEM_OPEN,		/* nothing has been tried */
	ITEM_AGAIN,		/* a pack had it not, or not right */
	ITEM_FILE,		/* only objects/ can have it now */
	ITEM_DONE,
};

struct mover {
	struct silo *to;
	struct silo *from;	/* move_here() */
	struct silo *const *near;	/* move_there() */
	size_t nnear;
	struct move_item *items;
	size_t n;
	const struct move_opts *opts;
	unsigned char *state;	/* of each item: enum item_state */
	unsigned how;		/* READ_FRESH: past what lied */

	struct task *tasks;
	size_t ntasks;
	size_t cap;
	struct spot *spots;
	size_t nspots;
	atomic_size_t next;
	atomic_ullong moved;	/* bytes of content */
	atomic_bool stop;

	/* Below, the lock. */
	pthread_mutex_t lock;
	struct packer *packer;
	int dead;		/* why the place is out of reach, or 0 */
	char *dead_why;
	uint64_t pace_next;	/* nanoseconds: when the next byte may go */
};

void mover_init(struct mover *m, struct move_item *items, size_t n,
		const struct move_opts *opts);
void mover_release(struct mover *m);
void mover_task(struct mover *m, int (*run)(struct mover *, struct task *),
		size_t from, size_t to);
/* All tasks, several at a time; then there are none. */
int mover_run(struct mover *m) MUST_CHECK;

/* What has become of an item.  0, or FAIL_STOPPED, which ends all. */
int mover_done(struct mover *m, size_t i, int result) MUST_CHECK;
/* A place that cannot be asked answers for all items that are not done. */
int mover_fail_rest(struct mover *m, int code, bool small_ones) MUST_CHECK;
/* A failure of the other side: is it out of reach as a whole? */
bool mover_dead(struct mover *m);
void mover_set_dead(struct mover *m, int code);
void mover_net_failed(struct mover *m, struct silo *silo);
int mover_fail_dead(struct mover *m);	/* its sentence */

/* Bytes come or go: wait until they may.  FAIL_STOPPED. */
int mover_pace(struct mover *m, size_t bytes) MUST_CHECK;

/* Objects that were verified go into the packer of `to`, several at once. */
struct raw {
	const struct id *id;
	const void *bytes;
	size_t len;
};
int mover_add_raw(struct mover *m, const struct raw *v, size_t n) MUST_CHECK;
int mover_add(struct mover *m, const void *content, size_t len,
	      struct id *id) MUST_CHECK;

/* Tasks: ranges of packs; one of our disk's packs; one of objects/. */
void chunk_plan(struct mover *m, struct spot *spots, size_t n);
int chunk_run(struct mover *m, struct task *task) MUST_CHECK;
int small_run(struct mover *m, struct task *task) MUST_CHECK;
int file_run(struct mover *m, struct task *task) MUST_CHECK;
int send_run(struct mover *m, struct task *task) MUST_CHECK;
int pack_run(struct mover *m, struct task *task) MUST_CHECK;

/* Larger ones first: what takes longest shall not begin last. */
void mover_sort(struct mover *m, size_t first);
/* 1 and the first silo of this disk that has it, or 0. */
int mover_near(struct mover *m, const struct id *id, struct silo **out)
	MUST_CHECK;

#endif
