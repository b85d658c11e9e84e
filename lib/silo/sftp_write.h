#ifndef SFTP_WRITE_H
#define SFTP_WRITE_H

#include "silo/sftp_int.h"

/*
 * A file on its way to its name: a temp at the top of the silo, filled, synced,
 * closed; then named in one step.  Handles that are open and a temp that is
 * there are in it, whatever fails, and go with writing_end().
 */
struct writing {
	struct sftp_verb v;
	struct buf handle;	/* of the temp */
	struct buf dir;		/* of the directory of `name`, to be synced */
	char *temp;		/* made, and not renamed or removed */
	const char *name;
	bool there;		/* a file has the name already */
	bool started;		/* some of the source was read */
	int linked;		/* the status of giving the name */
	int looked;		/* and of looking at it then, and its mode */
	uint32_t mode;
};

#define WRITING_INIT { .handle = BUF_INIT, .dir = BUF_INIT }

enum writing_tag {
	TAG_LSTAT = 1, TAG_OPEN, TAG_DIR, TAG_WRITE, TAG_LINK, TAG_SYNC,
};

int writing_begin(struct writing *w, struct backend *b, const char *name)
	MUST_CHECK;
/* True: the connection was lost; begin again (`temp` is removed there). */
bool writing_end(struct writing *w, int ret);
void writing_forget(struct writing *w);		/* `temp` is no more */

/* Ask for the directory of `name` and, where it is durable, a handle on it. */
int writing_ask_dir(struct writing *w) MUST_CHECK;
int writing_ask_temp(struct writing *w) MUST_CHECK;
/* Take all replies to these, and to LSTAT of `name` (TAG_LSTAT). */
int writing_opened(struct writing *w) MUST_CHECK;
/* All of `src` through `handle`, which is closed then. */
int writing_fill(struct writing *w, const struct source *src) MUST_CHECK;

/*
 * Give `from` the name `to` by `extension` (NULL: a plain rename), and look:
 * 0 done, 1 something else has the name (its mode in `mode`), or a failure.
 */
int writing_name(struct writing *w, const char *extension, const char *from,
		 const char *to) MUST_CHECK;

#endif
