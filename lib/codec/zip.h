#ifndef ZIP_H
#define ZIP_H

#include "codec/entry.h"

/*
 * zip, strictly: the central directory is the view, and every local header
 * must say the same; entries may not overlap, methods are stored and
 * deflated, CRC and sizes are checked.  Random access over the bytes of the
 * zip; entries reach the handler in the order of their offsets.
 */
int zip_read(const struct source *src, const struct entry_handler *handler,
	     const struct entry_limits *limits) MUST_CHECK;

#endif
