#ifndef CHECK_INT_H
#define CHECK_INT_H

#include "silo/check.h"

/* For check*.c alone. */
struct packs_check;
int check_tell(struct check *check, enum check_verdict verdict,
	       const char *name, const char *why) MUST_CHECK;
/* What says something about the file, and not about us or the network. */
bool check_is_verdict(int ret);

/*
 * A file of a silo that is elsewhere, brought into check->scratch; `quick`:
 * only the ranges that are asked for.  `blob` must stay where it is.
 */
int check_open_far(struct silo *silo, struct check *check, const char *name,
		   struct blob *blob) MUST_CHECK;
/* Bring pack/NAME.pack and its index into a folder of their own, and check. */
int check_packs_far(struct silo *silo, struct check *check,
		    const struct strs *names, struct packs_check *how)
	MUST_CHECK;

/*
 * The ledger of a silo (`base` ""), or of a repository in it ("git/NAME/"):
 * its entries one after the other, and the packs that they leave alive.
 */
int check_ledger(struct silo *silo, struct check *check, const char *base)
	MUST_CHECK;

#endif
