#ifndef SYNC_H
#define SYNC_H

#include "medo/expand.h"

/*
 * What MEDO.json mounts: expand what it names, remove what it names no
 * more, but only what sync itself made and nobody changed since.
 */
struct sync_result {
	uint64_t made;
	uint64_t there;
	uint64_t removed;
	uint64_t failed;	/* each was said on stderr */
	int code;		/* how the first of them failed */
};

struct sync_opts {
	bool dry_run;
	bool force;
	bool only_checkout;	/* medos whose MEDO.json says so: the hooks */
	/* "+ path", "- path" for each; may be NULL */
	void (*each)(void *data, char what, const char *path);
	void *data;
};

/* All medos in `dir` and below (those with a MEDO.json). */
int sync_all(struct medo *medo, const char *dir, const struct sync_opts *opts,
	     struct sync_result *result) MUST_CHECK;

#endif
