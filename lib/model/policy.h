#ifndef POLICY_H
#define POLICY_H

#include "base/buf.h"

/*
 * SILO.json (mechanism: where the silos are) and MEDO.json (policy: what is
 * mounted where); formats in SILO.json(5).  At most 1 MiB and 1,000 silos.
 */
struct silo_ref {
	char *name;		/* NULL: none given */
	char *url;		/* where to read; as written */
	char *push;		/* where to write; NULL: nowhere */
};

struct silo_list {
	struct silo_ref *v;
	size_t n;
	size_t cap;
};

#define SILO_LIST_INIT { .v = NULL }

/* On failure (FAIL_FORMAT) `list` is unchanged. */
int silo_list_parse(struct silo_list *list, const char *text, size_t len,
		    const char *what) MUST_CHECK;
void silo_list_add(struct silo_list *list, const char *name, const char *url,
		   const char *push);
void silo_list_format(const struct silo_list *list, struct buf *out);
void silo_list_release(struct silo_list *list);

enum policy_sync { SYNC_MANUAL, SYNC_CHECKOUT };

struct policy {
	char *mount;		/* NULL: none; as written */
	enum policy_sync sync;
	struct strs include;	/* patterns; empty: all */
};

#define POLICY_INIT { .include = STRS_INIT }

int policy_parse(struct policy *policy, const char *text, size_t len,
		 const char *what) MUST_CHECK;
void policy_release(struct policy *policy);

#endif
