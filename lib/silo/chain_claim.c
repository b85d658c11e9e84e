#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/chain_int.h"

#include <pwd.h>
#include <sys/random.h>
#include <time.h>

/*
 * An entry gets its number.  What the place answers to a claim decides
 * nothing: answers get lost, proxies repeat requests, servers say yes to
 * both.  The name is read back, and it is ours if the nonce is.
 */
#define CLAIM_TRIES 5

static void sanitise(struct buf *out, const char *s)
{
	size_t n = 0;

	for (; *s && n < 60; s++, n++)
		buf_addc(out, (*s >= 'a' && *s <= 'z') ||
			 (*s >= 'A' && *s <= 'Z') ||
			 (*s >= '0' && *s <= '9') || strchr("._-", *s) ?
			 *s : '-');
}

/* Advisory: who is asked why there is this entry. */
static void add_who(struct buf *out)
{
	const struct passwd *pw = getpwuid(geteuid());
	char host[256] = "";

	if (pw && *pw->pw_name)
		sanitise(out, pw->pw_name);
	else
		buf_addf(out, "%lu", (unsigned long)geteuid());
	if (!gethostname(host, sizeof(host) - 1) && *host) {
		buf_addc(out, '@');
		sanitise(out, host);
	}
}

static int make_entry(struct chain *chain, struct entry *entry,
		      const char *members, struct buf *out)
{
	struct entry check = ENTRY_INIT;
	struct buf who = BUF_INIT;
	char when[32];
	time_t now = time(NULL);
	struct tm tm;
	int ret = 0;

	if (getrandom(entry->nonce, NONCE_SIZE, 0) != NONCE_SIZE)
		return fail_errno("cannot get random bytes");
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_who(&who);
	entry->who = who.ptr;
	entry->time = when;
	entry_format(out, entry, members);
	/* What nobody can read must not get a number: it would end all. */
	if (out->len > LEDGER_ENTRY_MAX)
		ret = fail(FAIL_REQUEST, "an entry of %zu bytes is too large "
			   "for '%s' of silo '%s'", out->len, chain->dir,
			   quoted(chain->b->url));
	else if (entry_parse(&check, out->ptr, out->len, "new entry"))
		ret = fail_in(FAIL_REQUEST, "no entry can be made");
	if (!ret)
		memcpy(entry->hash, check.hash, DIGEST_SIZE);
	entry_release(&check);
	buf_release(&who);
	entry->who = entry->time = "";
	return ret;
}

static int pause_ms(unsigned ms)
{
	while (ms) {
		unsigned step = MIN(ms, 50);

		if (stop_asked())
			return stop_check();
		usleep(step * 1000);
		ms -= step;
	}
	return stop_check();
}

/* 20, 80, 320, 1000 ms: caches and the far end of a cluster catch up. */
static int pause_for(unsigned try)
{
	return pause_ms(try > 2 ? 1000 : 20u << (2 * try));
}

enum { BACK_OTHER = 0, BACK_OURS = 1, BACK_NONE = 2 };

static int read_once(struct chain *chain, const struct entry *mine)
{
	struct entry entry = ENTRY_INIT;
	struct buf text = BUF_INIT;
	int ret = chain_entry(chain, mine->n, READ_FRESH, &text, &entry);

	if (!ret) {
		ret = BACK_NONE;
	} else if (ret > 0) {
		ret = memcmp(entry.nonce, mine->nonce, NONCE_SIZE) ?
		      BACK_OTHER : BACK_OURS;
		/* Who lost looks at what won. */
		if (ret == BACK_OTHER && text.len <= CHAIN_KEEP_MAX)
			chain_keep(chain, mine->n, &text);
	}
	if (ret == BACK_OURS && memcmp(entry.hash, mine->hash, DIGEST_SIZE))
		ret = fail(FAIL_CORRUPT, "entry %" PRIu64 " of '%s' in silo "
			   "'%s' is not what was written", mine->n, chain->dir,
			   quoted(chain->b->url));
	entry_release(&entry);
	buf_release(&text);
	return ret;
}

/*
 * `sure`: the place said that there is something now.  What the network does
 * was tried again below already; once more is for a server that restarts.
 */
static int read_back(struct chain *chain, const struct entry *mine, bool sure)
{
	bool cut = false;
	int ret;

	for (unsigned i = 0;; i++) {
		ret = read_once(chain, mine);
		if (ret != FAIL_NET && !(ret == BACK_NONE && sure))
			return ret;
		if (i + 1 == CLAIM_TRIES || (ret == FAIL_NET && cut))
			return ret;
		cut = ret == FAIL_NET;
		if (pause_for(cut ? 3 : i))
			return FAIL_STOPPED;
	}
}

static int unclear(struct chain *chain, uint64_t n, int ret)
{
	return fail_in(ret, "it is not known whether entry %" PRIu64 " of '%s' "
		       "in silo '%s' is ours", n, chain->dir,
		       quoted(chain->b->url));
}

/*
 * One request to be the first, and what became of it: BACK_..., where
 * BACK_NONE may be tried again with the same bytes (`*said` is the answer, its
 * sentence waits), or a failure.
 */
static int claim_once(struct chain *chain, const struct entry *mine,
		      const struct buf *text, int *said)
{
	char *name = chain_name(chain, mine->n), *why;
	int ret;

	*said = chain->b->ops->claim(chain->b, name, text->ptr, text->len);
	free(name);
	why = xstrdup(*said < 0 ? fail_text() : "");
	fail_clear();
	ret = read_back(chain, mine, *said > 0);
	if (ret < 0) {
		ret = unclear(chain, mine->n, ret);
	} else if (ret == BACK_NONE && *said > 0) {
		ret = fail(FAIL_NET, "silo '%s' took entry %" PRIu64 " of '%s' "
			   "and does not show it", quoted(chain->b->url),
			   mine->n, chain->dir);
	} else if (ret == BACK_NONE && *said < 0) {
		fail_adopt(why);
		ret = *said == FAIL_NET ? BACK_NONE : *said;
	}
	free(why);
	return ret;
}

static int claim(struct chain *chain, const struct entry *mine,
		 const struct buf *text)
{
	int said = 0, ret;

	for (unsigned i = 0; i < CLAIM_TRIES; i++) {
		if (i && pause_for(i - 1))
			return FAIL_STOPPED;
		ret = claim_once(chain, mine, text, &said);
		if (ret != BACK_NONE)
			return ret;
	}
	if (said < 0)
		return said;
	return fail(FAIL_DENIED, "'%s/%010" PRIu64 "' in silo '%s' is taken, "
		    "but holds no entry; remove it", chain->dir, mine->n,
		    quoted(chain->b->url));
}

static int before(struct chain *chain, struct entry *mine)
{
	int ret;

	if (mine->n > 1) {
		ret = chain_hash(chain, mine->n - 1, mine->prev);
		/* From now on ends are proven: a second time is no hint's. */
		if (!ret && chain->hints_lie)
			return fail(FAIL_CORRUPT, "'%s' in silo '%s' has no "
				    "entry %" PRIu64 " for another to follow",
				    chain->dir, quoted(chain->b->url),
				    mine->n - 1);
		if (!ret)
			chain_hints_lie(chain);
		return ret;
	}
	ret = chain->probed ? 0 : chain_probe(chain);
	return ret ? ret : 1;
}

int chain_able(struct chain *chain, uint64_t n)
{
	if (chain->denied)
		return fail(FAIL_DENIED, "%s", chain->denied);
	return n > 1 || chain->probed ? 0 : chain_probe(chain);
}

int chain_claim(struct chain *chain, uint64_t n, const char *members)
{
	struct entry mine = { .n = n };
	struct buf text = BUF_INIT;
	int ret;

	if (!n || n >= CHAIN_NUMBER_MAX)
		return fail(FAIL_REQUEST, "there can be no entry %" PRIu64, n);
	if (chain->denied)
		return fail(FAIL_DENIED, "%s", chain->denied);
	ret = before(chain, &mine);
	if (ret > 0)
		ret = make_entry(chain, &mine, members, &text);
	else if (!ret)
		return 0;
	if (!ret)
		ret = claim(chain, &mine, &text);
	if (ret == 1 && n == 1)
		chain_sweep_probes(chain);
	if (ret >= 0 && chain->has_end && n > chain->end) {
		chain->end = n;
		chain->proven = true;
	}
	buf_release(&text);
	return ret;
}
