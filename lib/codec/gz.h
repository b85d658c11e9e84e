#ifndef GZ_H
#define GZ_H

#include "base/block.h"
#include "base/meter.h"
#include "base/pool.h"
#include "codec/id.h"

/*
 * Blob files: seekable gzip, one member with the whole content, cut at byte
 * boundaries every 256 KiB, index members behind it (silo-layout(5), section
 * BLOB FILE).  Any well-formed gzip can be read as well.  The only module that
 * touches libdeflate, libisal, and zlib for gzip.
 */
struct gz_facts {
	struct id id;
	struct seal seal;
	uint64_t size;		/* of the content */
	uint64_t file_size;	/* of the .gz */
};

struct gz_write_opts {
	enum id_algo algo;
	int level;		/* 1 to 12; 0: 6 */
	struct meter *meter;	/* ticks content bytes; NULL is fine */
};

/*
 * Compress all of `src` into `fd` from its offset 0, on all cores, hashing
 * in the same pass.  `src->size` is exact.  `name` is for messages.
 */
int gz_write(int fd, const char *name, const struct source *src,
	     const struct gz_write_opts *opts, struct pool *pool,
	     struct gz_facts *out) MUST_CHECK;

/*
 * An open blob file.  `src` (the bytes of the .gz) and what it points to are
 * the caller's and must outlive it; `src->serial` is not supported.
 */
struct gz;

int gz_open(struct gz **out, const struct source *src) MUST_CHECK;
void gz_close(struct gz *gz);

/*
 * Has it our trailer and index?  Then (and only then) size and seal are known
 * before any content is read; whether they are true, gz_read() proves.
 */
bool gz_seekable(const struct gz *gz);
uint64_t gz_size(const struct gz *gz);
const struct seal *gz_seal(const struct gz *gz);

/* What the content must turn out to be; what is not set is not checked. */
struct gz_expect {
	const uint64_t *size;
	const struct seal *seal;
	const struct id *id;
	enum id_algo algo;	/* of facts.id; ID_NONE: that of `id` or none */
	uint64_t max_size;	/* 0: no limit; more is FAIL_DENIED */
	/*
	 * This very file was read and found right before: of a seekable one the
	 * CRC of the content then does, which tells damage by accident, and no
	 * digest of a piece is computed.
	 */
	bool vouched;
};

/*
 * Decode all, in order, into `sink` (NULL: only check), on all cores (`pool`
 * NULL: in this thread alone).  `expect` and `found` may be NULL.
 * FAIL_CORRUPT: damaged, cut short, trailing bytes, not what was expected.
 * Content of a seekable file is checked against its piece digests, and these
 * against expect->seal, before it reaches the sink; content of a foreign
 * gzip may reach it before the check at the end, so sinks stage.
 */
int gz_read(struct gz *gz, const struct gz_expect *expect, struct pool *pool,
	    const struct sink *sink, struct meter *meter,
	    struct gz_facts *found) MUST_CHECK;

/*
 * Some bytes out of a seekable file, checked by its digests (which are
 * believed once they hash to `seal`, if it is given).  Not thread-safe.
 */
int gz_pread(struct gz *gz, const struct seal *seal, uint64_t off, void *buf,
	     size_t len) MUST_CHECK;

#endif
