#ifndef TAR_H
#define TAR_H

#include "base/buf.h"
#include "codec/entry.h"

/*
 * tar: one writer, whose bytes ids depend on (gitmedo-design(7), CANONICAL
 * TAR), and one reader, on which safety depends.  Both are bytes only; the
 * file system is elsewhere.
 */

/*
 * Append header (with a pax record in front where a field does not fit).
 * `entry->mode` and mtime are written as they are: the caller normalises.
 */
void tar_add_header(struct buf *out, const struct entry *entry);
size_t tar_header_size(const struct entry *entry);	/* what it would add */
uint64_t tar_padding(uint64_t size);	/* 0 to 511 */
#define TAR_END_SIZE 1024		/* two zero blocks */
#define TAR_MTIME 315532800		/* of canonical entries: 1980-01-01 */

/*
 * The reader is fed blocks in order and calls the handler.  tar_finish() says
 * whether the archive was complete.  Verdicts are those of the policy table
 * in gitmedo-design(7): FAIL_FORMAT names entry, offset and reason.
 */
struct tar;

struct tar *tar_new(const struct entry_handler *handler,
		    const struct entry_limits *limits);
int tar_feed(struct tar *tar, struct block *block) MUST_CHECK;
int tar_finish(struct tar *tar) MUST_CHECK;
/*
 * After tar_finish(): are these bytes what our own writer makes (perhaps
 * with --preserve)?  Then a single top directory is not an archive's habit.
 */
bool tar_is_ours(const struct tar *tar);
void tar_free(struct tar *tar);

#endif
