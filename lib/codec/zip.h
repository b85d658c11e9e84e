#ifndef ZIP_H
#define ZIP_H

#include "codec/entry.h"

/*
 * zip, strictly: the central directory is the view, and every local header
 * must say the same.  Entries tile the file from its first byte to the
 * directory: no overlap, no gap, nothing in front, no second end record.
 * Methods are stored and deflated; CRC and sizes are checked.  Symlinks and
 * modes come from entries made on Unix; times from the fields that are in
 * UTC, else the DOS time is taken for UTC, so that the same zip gives the
 * same tree everywhere.
 *
 * Random access over the bytes of the zip (not `src->serial`); entries reach
 * the handler in the order of their offsets.  FAIL_FORMAT and FAIL_CORRUPT
 * name the entry and the reason.
 */
int zip_read(const struct source *src, const struct entry_handler *handler,
	     const struct entry_limits *limits) MUST_CHECK;

#endif
