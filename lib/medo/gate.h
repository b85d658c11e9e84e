#ifndef GATE_H
#define GATE_H

#include "medo/medo.h"

/*
 * What must not become history: a filtered path whose blob is no pointer, a
 * treeptr that is malformed or not canonical, a pointer whose blob nobody
 * has, a SILO.json or MEDO.json that does not parse, a large blob that no
 * filter saw (medo.maxBlob).  The same for the index (pre-commit) and for a
 * range of commits (CI, pre-receive).
 */
struct gate_fault {
	const char *commit;	/* NULL: the index */
	const char *path;
	const char *why;
	const char *mend;	/* the command that does */
};

struct gate {
	struct medo *medo;	/* gate_staged() opens it if need be */
	void (*tell)(void *data, const struct gate_fault *fault);
	void *data;
	bool remote;		/* blobs have to be in a silo; asks them */
	uint64_t faults;
};

/*
 * Index against HEAD, no network: a blob counts that is in the store, in the
 * cache, or that HEAD (or the other side of a merge) names already.
 */
int gate_staged(struct gate *gate) MUST_CHECK;

/*
 * All that these revisions (as for git rev-list: "A..B") bring.  Blobs are
 * asked for only with `remote`.
 */
int gate_range(struct gate *gate, const char *revs) MUST_CHECK;

#endif
