#ifndef STAT_H
#define STAT_H

#include "codec/id.h"

/*
 * DEST/.medo/NAME.json: what an expanded tree looked like to lstat(2) when it
 * was made, as one digest over names, types, modes, sizes, times and inodes
 * in the order of the walk.  Equal again: nobody touched it.  Different: the
 * content decides, not the record.
 */
struct stat_record {
	struct id id;		/* of the blob */
	uint64_t entries;
	unsigned char digest[DIGEST_SIZE];
	char *sync;		/* the medo that `sync` made it for, or NULL */
};

#define STAT_RECORD_INIT { .entries = 0 }

/* Look at a file or a directory, now.  FAIL_MISSING. */
int stat_look(const char *path, struct stat_record *out) MUST_CHECK;

int stat_load(struct stat_record *out, const char *path) MUST_CHECK;
/* `via`: temp_write_via(). */
int stat_save(const struct stat_record *record, const char *path,
	      const char *via) MUST_CHECK;
bool stat_same(const struct stat_record *a, const struct stat_record *b);
void stat_release(struct stat_record *record);

#endif
