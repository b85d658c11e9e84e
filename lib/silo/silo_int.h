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
};

/* TEMP_KEEP_OLD, and durable if the silo is. */
unsigned silo_commit_flags(const struct silo *silo);
/* A temp of this silo gets the blob's name. */
int silo_commit(struct silo *silo, struct temp *temp, const struct id *id)
	MUST_CHECK;
int silo_need_folder(const struct silo *silo) MUST_CHECK;

/* Read it whole, verified by its id, into blob->content. */
int silo_open_packed(struct silo *silo, const struct id *id, struct blob *blob)
	MUST_CHECK;
int silo_read_packed(struct blob *blob, const struct silo_expect *expect,
		     const struct sink *sink, struct meter *meter) MUST_CHECK;

/* Of a blob with a file of its own; or it is in `to` already. */
int silo_move_file(struct silo *from, struct silo *to, const struct id *id,
		   struct pool *pool) MUST_CHECK;

#endif
