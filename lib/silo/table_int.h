#ifndef TABLE_INT_H
#define TABLE_INT_H

#include "base/pool.h"
#include "silo/table.h"

#include <pthread.h>

/* For table*.c alone. */
#define TABLE_PACKS_MAX ((size_t)1 << 20)
#define TABLE_JOBS 8
#define PACK_NAME_MAX 96	/* "pack/index-<sha256>.midx" and the like */

/* A pack that the ledger announced and nobody replaced. */
struct live {
	char *name;		/* "pack-<hash>" */
	char *path;		/* "pack/pack-<hash>.pack" */
	uint64_t size;
	uint64_t objects;
	bool in_midx;
	struct midx *idx;	/* its own index, where the table has it not */
};

struct table {
	struct backend *b;
	enum id_algo algo;
	struct chain *chain;
	pthread_mutex_t lock;
	bool loaded;
	uint64_t n;		/* the newest entry that is in this sum */
	struct live *v;
	size_t nlive;
	size_t cap;
	char *midx_name;	/* "index-<sha256>", or NULL */
	struct midx *midx;
	size_t *midx_live;	/* which of `v` each pack of it is, or SIZE_MAX */
	int (*pace)(void *data, size_t bytes);
	void *pace_data;
	char *keep;		/* a directory for indexes; or NULL */
	struct strs old;	/* paths that somebody may still hold */
};

ssize_t table_pack(const struct table *t, const char *name);
/* Look for news; the lock is held. */
int table_load(struct table *t, bool again) MUST_CHECK;
/* Get indexes that are missing; the lock is held. */
int table_complete(struct table *t) MUST_CHECK;

/* As table_each(), where the lock is held and all is loaded. */
int table_each_locked(struct table *t,
		      int (*each)(void *data, const struct id *id,
				  const struct table_place *place),
		      void *data) MUST_CHECK;

/* What an entry or a state says: packs come, packs go. */
int table_apply(struct table *t, const struct json *json, const char *what)
	MUST_CHECK;
void table_forget(struct table *t);
void table_format_packs(struct buf *out, const struct live *v, size_t n);
void table_format(struct buf *out, const struct table *t);
bool table_is_pack_name(const struct table *t, const char *name);
bool table_is_midx_name(const char *name);

/*
 * Claim the next entry with these members: 1 ours, and applied; 0 somebody
 * else was first, and what he wrote is applied.
 */
int table_claim(struct table *t, const char *members) MUST_CHECK;

/* dir/pack/NAME.pack and .idx go into the silo; `live` says what they are. */
int table_upload(struct table *t, const char *dir, const char *name,
		 struct live *live) MUST_CHECK;
void live_release(struct live *live);

/* Indexes on this disk, by their names in the silo; see table_keep(). */
bool table_kept(const struct table *t, const char *name, size_t max,
		struct buf *out);
void table_keep_this(const struct table *t, const char *name,
		     const struct buf *bytes);

/* Small packs become one where there are many; a new midx. */
int table_fold(struct table *t, const char *dir) MUST_CHECK;

#endif
