#ifndef ZIP_INT_H
#define ZIP_INT_H

#include "base/buf.h"
#include "codec/zip.h"

/*
 * Our own reader: libzip exposes neither local headers nor offsets, so it
 * could not be proved that entries do not overlap; and with two parsers of
 * one archive, what the first has checked is not what the second one reads.
 *
 * zip_dir.c finds the directory and puts its records in order; zip_head.c
 * reads one record and the local header that belongs to it; zip.c reads
 * contents and calls the handler.
 */

/* A window over the file, so that small reads need not go to the source. */
struct zip_window {
	unsigned char *data;
	uint64_t off;
	size_t len;
};

/* Where an entry lies, by the directory. */
struct zip_spot {
	uint64_t off;	/* of the local header */
	uint64_t end;	/* at least: header, name, data */
	uint64_t dir;	/* of its record in the directory */
};

struct zip {
	const struct source *src;
	struct zip_window dir;
	struct zip_window local;
	uint64_t dir_off;
	uint64_t dir_end;
	uint64_t count;
	struct zip_spot *spots;
	size_t nspots;
	size_t cap;
};

struct zip_member {
	struct buf name;	/* as it stands in both headers */
	struct buf utf8;	/* the name in a Unicode extra field, or empty */
	unsigned host;
	unsigned flags;
	unsigned method;
	uint32_t attributes;
	uint32_t crc;
	uint64_t packed;	/* bytes in the zip */
	uint64_t size;
	uint64_t off;
	uint64_t data;		/* offset; set by zip_read_local() */
	int64_t mtime;
	bool mtime_known;	/* from a field in UTC */
	uint64_t next;		/* offset of the next record */
};

#define ZIP_MEMBER_INIT { .name = BUF_INIT, .utf8 = BUF_INIT }

enum zip_flags {
	ZIP_ENCRYPTED = 1 << 0,
	ZIP_DESCRIPTOR = 1 << 3,
	ZIP_PATCHED = 1 << 5,
	ZIP_STRONG = 1 << 6,
	ZIP_UTF8 = 1 << 11,
	ZIP_MASKED = 1 << 13,
};

enum zip_host { ZIP_DOS = 0, ZIP_UNIX = 3, ZIP_NTFS = 10, ZIP_VFAT = 14 };

/*
 * `len` bytes at `off` of the file, valid until the window moves.  `len` is
 * at most PIECE_SIZE; what lies behind `end` is FAIL_FORMAT.
 */
int zip_peek(struct zip *zip, struct zip_window *window, uint64_t off,
	     size_t len, uint64_t end, const unsigned char **out) MUST_CHECK;

/* Find the directory, fill `spots`, ordered and free of overlaps. */
int zip_open_dir(struct zip *zip, const struct entry_limits *limits)
	MUST_CHECK;

/* The record at `dir`; the local header that belongs to it, compared. */
int zip_read_record(struct zip *zip, uint64_t dir, struct zip_member *member)
	MUST_CHECK;
int zip_read_local(struct zip *zip, struct zip_member *member) MUST_CHECK;

/* What stands behind the data, up to `next`, must be what the flags say. */
int zip_check_end(struct zip *zip, const struct zip_member *member,
		  uint64_t next) MUST_CHECK;

void zip_member_release(struct zip_member *member);

/* FAIL_FORMAT or another code, with the entry's name in front. */
int zip_refuse(enum fail_code code, const struct zip_member *member,
	       const char *fmt, ...) PRINTF(3, 4);

#endif
