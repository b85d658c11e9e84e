#ifndef TABLE_H
#define TABLE_H

#include "model/midx.h"
#include "silo/chain.h"

/*
 * Which pack of a silo has a blob: the sum of its ledger.  Members of an
 * entry of a silo's ledger:
 *
 *	"packs": [ { "name": "pack-<hash>", "size": BYTES, "objects": N,
 *		     "in-midx": true } ]	if the midx of this entry has it
 *	"midx": "index-<sha256>"	has all packs that were live before, too
 *	"replaced": [ "pack-<hash>" ]	folded into others; they stay for the grace
 *
 * and of its state: "packs" (all live ones) and "midx".  A reader fetches the
 * end of the ledger, a state, one midx and at most 15 .idx.  Any thread may
 * ask.
 */
struct table;

/* Nothing is read before the first question. */
int table_open(struct table **out, struct backend *b, enum id_algo algo)
	MUST_CHECK;
void table_close(struct table *table);	/* NULL is fine */
/* Indexes that are read shall be kept in this directory of the cache. */
void table_keep(struct table *table, const char *dir);
/* What they say turned out wrong: the next process reads them anew. */
void table_let_go(struct table *table);

struct table_place {
	const char *pack;	/* "pack/pack-<hash>.pack"; the table's */
	uint64_t offset;
	uint64_t end;		/* of the object's bytes in the pack */
};
/* 1 there, 0 not (also where there is no ledger). */
int table_find(struct table *table, const struct id *id,
	       struct table_place *out) MUST_CHECK;
/*
 * Look for news; who is going to write says this first, and so builds on
 * nothing that a hint made up.
 */
int table_again(struct table *table) MUST_CHECK;
bool table_loaded(struct table *table);	/* has a question been asked? */
int table_each(struct table *table,
	       int (*each)(void *data, const struct id *id,
			   const struct table_place *place), void *data)
	MUST_CHECK;

/*
 * Packs that lie in DIR/pack on this disk, all their blobs verified, go into
 * the silo: pack first, .idx, then one entry that names them.  The 16th small
 * pack folds them all (design 2.9), by way of temporary files in DIR.
 * FAIL_DENIED: this place can have no ledger; nothing was announced.
 */
int table_add(struct table *table, const char *dir,
	      const struct strs *packs) MUST_CHECK;
/*
 * Called before bytes are sent, and while packs come that are to be folded:
 * counts them, or makes them wait.  By any thread.
 */
void table_pace(struct table *table, int (*pace)(void *data, size_t bytes),
		void *data);

#endif
