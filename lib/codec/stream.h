#ifndef STREAM_H
#define STREAM_H

#include "base/block.h"

/*
 * Foreign compressed streams inside a blob: .gz .xz .bz2 .zst.  Blocks of
 * compressed bytes go in, blocks of content come out in the sink, each full
 * but the last.  The only module that touches liblzma, libbz2, libzstd, and
 * zlib for these streams.  Concatenated members are accepted, and what the
 * format itself allows between them (xz padding, zstd skippable frames);
 * anything else behind the last one, wrong checks and truncation are
 * FAIL_CORRUPT.  Memory is bounded (xz and zstd windows over 128 MiB:
 * FAIL_DENIED).
 */
enum stream_kind { STREAM_NONE, STREAM_GZ, STREAM_XZ, STREAM_BZ2, STREAM_ZST };

struct stream;

/* FAIL_REQUEST where the library was not there at build time. */
int stream_new(struct stream **out, enum stream_kind kind,
	       const struct sink *sink) MUST_CHECK;
int stream_feed(struct stream *stream, struct block *block) MUST_CHECK;
int stream_finish(struct stream *stream) MUST_CHECK;
void stream_free(struct stream *stream);	/* NULL is fine */

/*
 * What is it, by its first bytes?  `format` as in treeptr(5): "tar",
 * "tar.gz", "zip" ..., NULL for a plain file.  Compressed heads are decoded
 * far enough to see whether a tar is inside; a compressed file that is no tar
 * is plain, as is one whose library was not there at build time.  `head` is
 * the content's first STREAM_SNIFF_SIZE bytes, or all of it: bzip2 shows
 * nothing before it has seen a whole block of 900 kB.
 */
#define STREAM_SNIFF_SIZE ((size_t)1 << 20)
const char *stream_sniff(const void *head, size_t len);

/* The stream around a format's tar: "tar.xz" gives STREAM_XZ, "tar" NONE. */
enum stream_kind stream_of_format(const char *format);

#endif
