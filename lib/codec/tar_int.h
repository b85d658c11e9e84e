#ifndef TAR_INT_H
#define TAR_INT_H

#include "base/buf.h"
#include "codec/tar.h"

/* The header block of POSIX.1-1988 (ustar); `tail` is unused there. */
#define TAR_BLOCK 512

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char sum[8];
	char type;
	char link[100];
	char magic[8];		/* with the version */
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char tail[12];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "one block");

#define TAR_MAGIC_POSIX "ustar"		/* and a NUL; any version */
#define TAR_MAGIC_GNU "ustar  "		/* and a NUL: eight bytes */

/* Digits that fit an octal field of 12 with its NUL. */
#define TAR_OCTAL_MAX (((int64_t)1 << 33) - 1)

/* The largest pax header, long name or long link that is read. */
#define TAR_META_MAX ((size_t)1 << 20)

/* Fields.  NULL, or why the bytes are no number (a number of that range). */
const char *tar_number(const char *field, size_t len, int64_t *out);
unsigned tar_sum(const struct tar_header *header, bool as_signed);
bool tar_sum_matches(const struct tar_header *header);
bool tar_all_zero(const void *data, size_t len);

/* What stands in front of an entry and changes it. */
struct tar_extra {
	bool is_pax;		/* it came as an 'x' header, not as L or K */
	bool has_path;
	bool has_link;
	bool has_size;
	bool has_mtime;
	bool has_charset;
	struct buf path;
	struct buf link;
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
};

#define TAR_EXTRA_INIT { .path = BUF_INIT, .link = BUF_INIT }

/* Read the records of an 'x' header, or of a 'g' one (`global`). */
int tar_pax_parse(struct tar_extra *extra, const char *data, size_t len,
		  bool global) MUST_CHECK;

/* Forget what was set; memory is kept. */
void tar_extra_reset(struct tar_extra *extra);
void tar_extra_release(struct tar_extra *extra);

/* Have all bytes so far been those that our writer would have made? */
struct tar_ours {
	bool no;
	struct buf seen;	/* headers of the entry under way */
	struct buf want;
	struct buf last;	/* path of the entry before */
};

enum tar_state { TAR_HEADER, TAR_META, TAR_DATA, TAR_PADDING, TAR_END };

struct tar {
	struct entry_handler handler;
	struct entry_limits limits;
	struct entry_tally tally;
	enum tar_state state;
	int failed;		/* the code that ended it */

	uint64_t offset;	/* of the next byte */
	uint64_t header_at;	/* of the header under way */
	union {
		struct tar_header header;
		char head[TAR_BLOCK];
	};
	size_t fill;		/* of it */

	uint64_t left;		/* of the data under way */
	size_t padding;		/* behind it */
	uint64_t zeros;		/* of the end mark */
	bool in_file;		/* left is content, end() is due */
	char meta;		/* type of the header under way: x g L K */
	struct buf meta_data;

	struct tar_extra extra;
	struct tar_extra global;
	struct buf path;
	struct buf link;
	struct tar_ours ours;
};

/* "entry 'path' at offset N: reason"; the path as far as it is known. */
int tar_bad(const struct tar *tar, const char *fmt, ...) PRINTF(2, 3);

/* A header block is there; the state is what comes behind it. */
int tar_take_header(struct tar *tar) MUST_CHECK;

/* The data of an x, g, L or K header is there. */
int tar_take_meta(struct tar *tar) MUST_CHECK;

void tar_ours_entry(struct tar *tar, const struct entry *entry);

#endif
