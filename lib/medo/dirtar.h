#ifndef DIRTAR_H
#define DIRTAR_H

#include "base/block.h"
#include "codec/id.h"

/*
 * A directory as its canonical tar (gitmedo-design(7), CANONICAL TAR),
 * without making one: a plan of headers and files that can be read at any
 * offset, from several threads at once.
 */
struct dirtar;

struct dirtar_opts {
	bool keep_mtime;	/* --preserve=mtime: whole seconds */
	bool keep_mode;		/* --preserve=mode: 07777 */
	enum id_algo tree;	/* hash what is read, for dirtar_tree_id() */
};

/*
 * Walk and sort.  FAIL_REQUEST names what cannot be stored (socket, fifo,
 * device, unreadable, unsafe name); each further one is said on stderr.  No
 * file is opened yet.  A symlink `path` is followed, none below it.
 */
int dirtar_open(struct dirtar **out, const char *path,
		const struct dirtar_opts *opts) MUST_CHECK;
void dirtar_close(struct dirtar *dirtar);

/*
 * The tar as a source.  A read fails (FAIL_REQUEST, "changed while it was
 * read") where a file is not what the walk saw.
 */
struct source dirtar_source(struct dirtar *dirtar);

/* After all was read: is every file and directory still what the walk saw? */
int dirtar_recheck(struct dirtar *dirtar) MUST_CHECK;

uint64_t dirtar_count(const struct dirtar *dirtar);	/* entries */

/*
 * 1 and the git tree id, when the tar is a pure function of a git tree: no
 * hard links, no preserved fields, no empty directories.  0 otherwise.  Files
 * are read again, except, with opts.tree set to `algo`, those that one call
 * of the source has read whole: all but a few hundred.
 */
int dirtar_tree_id(struct dirtar *dirtar, enum id_algo algo, struct id *out)
	MUST_CHECK;

#endif
