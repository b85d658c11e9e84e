#ifndef VOUCH_H
#define VOUCH_H

#include "silo/silo.h"

/*
 * What we verified before: a hint file, `verified`, in store or cache.  A blob
 * counts as verified while it is ours, regular, and has the device, inode,
 * size and ctime that it had then, and the pointer promises the same.
 */
struct vouch {
	char *path;
	struct idset known;	/* digests over all of the above */
	bool changed;
};

#define VOUCH_INIT { .path = NULL }

/* A file that is missing or odd is an empty one. */
void vouch_load(struct vouch *vouch, struct silo *silo);
bool vouch_knows(const struct vouch *vouch, const struct blob *blob,
		 const struct silo_expect *expect);
/* Or we wrote it: enough to read it, not to call it verified. */
bool vouch_trusts(const struct vouch *vouch, const struct blob *blob,
		  const struct silo_expect *expect);
void vouch_add(struct vouch *vouch, const struct blob *blob,
	       const struct silo_expect *expect);
void vouch_made(struct vouch *vouch, const struct blob *blob,
		const struct silo_expect *expect);
/* Written if changed; trouble is only a warning. */
void vouch_save(struct vouch *vouch);

#endif
