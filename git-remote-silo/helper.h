#ifndef HELPER_H
#define HELPER_H

#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/hosted.h"
#include "medo/medo.h"

/*
 * One conversation with git (gitremote-helpers(7)).  Nothing but answers goes
 * to stdout, and all of those through reply().
 */
struct helper {
	const char *remote;	/* a name, or an URL */
	const char *address;	/* what stood behind "silo::" */
	struct medo medo;
	struct hosted *hosted;	/* NULL: not opened, or nothing is there */
	struct buf out;
	struct strs batch;	/* lines of a fetch or push under way */
	struct strs cas;	/* "REF:OLD-ID" */
	struct strs options;	/* of git push -o */
	int verbosity;
	bool progress;
	bool object_format;
	bool cloning;
	bool connectivity;
	bool from_promisor;
	bool filter;		/* what git leaves out, and we may */
	bool warned;		/* that we may not */
	bool deepen;		/* what is shallow, and we cannot */
	bool refetch;
	bool dry_run;
	bool listed;		/* git has compared, with entry listed_n */
	uint64_t listed_n;
	bool atomic;
};

#define HELPER_INIT { .medo = MEDO_INIT, .out = BUF_INIT, .verbosity = 1 }

void reply(struct helper *helper, const char *fmt, ...) PRINTF(2, 3);

/* Open and read the ledger; `push`: it may be that there is nothing yet. */
int helper_load(struct helper *helper, bool push) MUST_CHECK;
/* What is there, or the state of nothing. */
const struct hosted_state *helper_state(const struct helper *helper);

/* May git use this inner protocol? (protocol.allow in git-config(1)) */
int protocol_check(const struct helper *helper) MUST_CHECK;

int do_list(struct helper *helper, const char *arg) MUST_CHECK;
int do_option(struct helper *helper, const char *arg) MUST_CHECK;
/* The answer to a filter. */
const char *filter_answer(struct helper *helper, const char *spec);
/* In a partial clone, what we call shall not call us. */
void no_lazy_fetch(const struct helper *helper);
/* Did what is missing here come from there?  Then it has it. */
bool is_promisor(const struct helper *helper);
/* A whole batch, in helper->batch. */
int do_fetch(struct helper *helper) MUST_CHECK;
int do_push(struct helper *helper) MUST_CHECK;

#endif
