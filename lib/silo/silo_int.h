#ifndef SILO_INT_H
#define SILO_INT_H

#include "model/pack.h"
#include "base/temp.h"
#include "silo/silo.h"

/* For silo*.c alone. */
struct silo {
	struct backend *b;
	enum id_algo algo;
	struct packs *packs;	/* of a silo on this disk, else NULL */
	struct table *table;	/* of the others; here when a push asks */
};

/* Which pack has what; opened when it is first asked for.  One thread. */
struct table;
int silo_table(struct silo *silo, struct table **out) MUST_CHECK;

/* TEMP_KEEP_OLD, and durable if the silo is. */
unsigned silo_commit_flags(const struct silo *silo);
/* A temp of this silo gets the blob's name. */
int silo_commit(struct silo *silo, struct temp *temp, const struct id *id)
	MUST_CHECK;
int silo_need_folder(const struct silo *silo) MUST_CHECK;

/* Is it where small blobs are looked for first?  Unknown: yes. */
bool silo_is_small(const struct silo_expect *expect);

/*
 * Is what lies in the temp the blob that was asked for?  It gets the name of
 * its id, so the id is asked as well: a pointer may promise another's.
 */
int silo_check_temp(struct temp *temp, const struct silo_expect *expect,
		    struct pool *pool, struct meter *meter)
	MUST_CHECK;
/* By id and by all else that is known of it. */
int silo_verify_blob(struct blob *blob, const struct silo_expect *expect,
		     struct pool *pool) MUST_CHECK;
/* Size and seal of what has the id that was asked for. */
int silo_check_content(const struct buf *content,
		       const struct silo_expect *expect) MUST_CHECK;
/* The failure names silo and blob, whoever found it. */
int silo_blame(int ret, const struct silo *silo, const struct id *id);
int silo_missing(const struct silo *silo, const struct id *id);
/* A packed one becomes what a file of its own would have been. */
int silo_write_packed(struct temp *temp, struct blob *blob, enum id_algo algo,
		      struct pool *pool) MUST_CHECK;

/* Of a place that is not on this disk. */
int silo_blob_far(struct silo *silo, const struct id *id, struct blob *blob)
	MUST_CHECK;
int silo_read_far_packed(struct silo *silo, const struct id *id, size_t max,
			 struct buf *out) MUST_CHECK;

/* Read it whole, verified by its id, into blob->content. */
int silo_open_packed(struct silo *silo, const struct id *id, struct blob *blob)
	MUST_CHECK;
int silo_read_packed(struct blob *blob, const struct silo_expect *expect,
		     const struct sink *sink, struct meter *meter) MUST_CHECK;

/* Of a blob with a file of its own; or it is in `to` already. */
int silo_move_file(struct silo *from, struct silo *to, const struct id *id,
		   struct pool *pool) MUST_CHECK;

#endif
