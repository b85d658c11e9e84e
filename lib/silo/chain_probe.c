#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/chain_int.h"

#include <sys/random.h>

/*
 * Before the first entry ever: does this place keep two writers apart?  For
 * each of some names two claims run at once, both begun before either ends.
 * A server that checks and then writes lets both win, as often as not; one
 * that ignores the condition, always.
 */
#define ROUNDS 4
#define LEFT_MAX 4096		/* files that are swept at a time */

struct side {
	struct job job;
	struct chain *chain;
	const char *name;
	unsigned *ready;	/* of all sides */
	char nonce[2 * NONCE_SIZE + 1];
	int said;		/* the claim's answer */
	bool won;		/* what a look right afterwards shows */
};

/* Wait for the others, but not for ever: a thread may be missing. */
static void line_up(unsigned *ready)
{
	__atomic_add_fetch(ready, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 1000; i++) {
		if (__atomic_load_n(ready, __ATOMIC_SEQ_CST) >= 2 * ROUNDS)
			return;
		usleep(1000);
	}
}

/* 1 it is there with this nonce, 0 with another, 2 it is not there. */
static int look(struct side *side, const char *nonce)
{
	struct buf text = BUF_INIT;
	int ret = chain_slurp(side->chain, side->name, READ_FRESH, 4096, &text);

	if (ret == READ_WHOLE)
		ret = text.len == strlen(nonce) &&
		      !memcmp(text.ptr, nonce, text.len);
	else if (ret >= 0)
		ret = ret == READ_BIG ? 0 : 2;
	buf_release(&text);
	return ret;
}

static int run_side(struct job *job)
{
	struct side *side = (struct side *)job;
	struct backend *b = side->chain->b;
	int ret;

	line_up(side->ready);
	side->said = b->ops->claim(b, side->name, side->nonce,
				   strlen(side->nonce));
	if (side->said < 0)
		return side->said;
	ret = look(side, side->nonce);
	side->won = ret == 1;
	return MIN(ret, 0);
}

static int random_hex(char out[2 * NONCE_SIZE + 1])
{
	unsigned char raw[NONCE_SIZE];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return fail_errno("cannot get random bytes");
	for (size_t i = 0; i < sizeof(raw); i++)
		sprintf(out + 2 * i, "%02x", raw[i]);
	return 0;
}

static int deny(struct chain *chain)
{
	free(chain->denied);
	chain->denied = xstrfmt("silo '%s' does not keep two writers apart (of "
				"two claims of one name both were granted), so "
				"it can have no ledger; reach it by ssh, by a "
				"WebDAV that honours 'Overwrite: F' or by an "
				"S3 that honours 'If-None-Match: *'",
				quoted(chain->b->url));
	return fail(FAIL_DENIED, "%s", chain->denied);
}

/*
 * Both granted, or granted and then replaced.  Both refused proves nothing:
 * S3 may do so to requests that meet.
 */
static int judge(struct chain *chain, struct side *a, struct side *b)
{
	const char *nonce = a->said > 0 ? a->nonce : b->nonce;
	int ret = 2, said = (a->said > 0) + (b->said > 0);

	if (said > 1 || (a->won && b->won))
		return deny(chain);
	for (unsigned i = 0; said && ret == 2 && i < 5; i++) {
		usleep(i * i * 40000);
		ret = look(a, nonce);
	}
	if (said && !ret)
		return deny(chain);
	if (said && ret == 2)
		return fail(FAIL_NET, "silo '%s' takes files and does not show "
			    "them", quoted(chain->b->url));
	return MIN(ret, 0);
}

/* Whatever stays harms nobody, and says what it was. */
static void drop(struct chain *chain, const char *name)
{
	if (chain->b->ops->remove(chain->b, name) < 0)
		fail_clear();
}

static void drop_folder(struct chain *chain, const char *dir)
{
	for (unsigned i = 1; i <= ROUNDS; i++) {
		char *round = xstrfmt("%s/%u", dir, i);

		drop(chain, round);
		free(round);
	}
	drop(chain, dir);
}

static void tidy(struct chain *chain, const char *dir, char **names)
{
	char *sentence = xstrdup(fail_text());

	for (size_t i = 0; i < ROUNDS; i++)
		drop(chain, names[i]);
	drop_folder(chain, dir);
	fail_adopt(sentence);
	free(sentence);
}

/* "LEDGER/probe-<nonce>", of a name below it; yours, or NULL. */
static char *probe_of(const struct chain *chain, const char *name)
{
	size_t n = strlen(chain->dir), hex;

	if (strncmp(name, chain->dir, n) ||
	    !starts_with(name + n, "/probe-"))
		return NULL;
	n += strlen("/probe-");
	hex = strspn(name + n, "0123456789abcdef");
	return hex == 2 * NONCE_SIZE && name[n + hex] == '/' ?
	       xmemdup(name, n + hex) : NULL;
}

struct left {
	const struct chain *chain;
	struct strs files;
	struct strs dirs;
};

static int note_left(void *data, const char *name, uint64_t size UNUSED)
{
	struct left *left = data;
	char *dir = probe_of(left->chain, name);

	if (dir && left->files.n < LEFT_MAX) {
		strs_add(&left->files, name);
		if (!strs_has(&left->dirs, dir))
			strs_add(&left->dirs, dir);
	}
	free(dir);
	return stop_check();
}

void chain_sweep_probes(struct chain *chain)
{
	struct left left = { .chain = chain };

	if (chain->b->ops->list(chain->b, chain->dir, note_left, &left) < 0)
		fail_clear();
	for (size_t i = 0; i < left.files.n; i++)
		drop(chain, left.files.v[i]);
	for (size_t i = 0; i < left.dirs.n; i++)
		drop_folder(chain, left.dirs.v[i]);
	strs_release(&left.files);
	strs_release(&left.dirs);
}

static int run_all(struct pool *pool, struct side *sides)
{
	int ret = 0;

	for (size_t i = 0; i < 2 * ROUNDS; i++)
		job_submit(pool, &sides[i].job);
	for (size_t i = 0; i < 2 * ROUNDS; i++) {
		int one = job_join(pool, &sides[i].job);

		if (one < 0 && !ret)
			ret = one;
	}
	return ret;
}

static int probe_once(struct chain *chain)
{
	struct side sides[2 * ROUNDS];
	char *names[ROUNDS] = { NULL }, *dir = NULL;
	char nonce[2 * NONCE_SIZE + 1];
	unsigned ready = 0;
	int ret = random_hex(nonce);

	if (ret)
		return ret;
	dir = xstrfmt("%s/probe-%s", chain->dir, nonce);
	for (size_t i = 0; i < ROUNDS; i++)
		names[i] = xstrfmt("%s/%zu/entry.json", dir, i + 1);
	for (size_t i = 0; !ret && i < 2 * ROUNDS; i++) {
		sides[i] = (struct side){
			.job = JOB_INIT(run_side), .chain = chain,
			.name = names[i / 2], .ready = &ready,
		};
		ret = random_hex(sides[i].nonce);
	}
	if (!ret)
		ret = run_all(chain_pool(chain), sides);
	for (size_t i = 0; !ret && i < ROUNDS; i++)
		ret = judge(chain, &sides[2 * i], &sides[2 * i + 1]);
	tidy(chain, dir, names);
	if (!ret)
		chain->probed = 1;
	for (size_t i = 0; i < ROUNDS; i++)
		free(names[i]);
	free(dir);
	return ret;
}

/*
 * Who wins entry 1 sweeps what probes have left, and cannot tell a killed one
 * from ours, which runs: then it proves nothing, and is made again.  Nobody
 * sweeps a second time.
 */
int chain_probe(struct chain *chain)
{
	struct buf text = BUF_INIT;
	char *sentence;
	int ret = probe_once(chain);

	if (!ret || ret == FAIL_STOPPED)
		return ret;
	sentence = xstrdup(fail_text());
	if (chain_read(chain, 1, READ_FRESH, LEDGER_ENTRY_MAX, &text) > 0) {
		free(chain->denied);
		chain->denied = NULL;
		ret = probe_once(chain);
	} else {
		fail_adopt(sentence);
	}
	free(sentence);
	buf_release(&text);
	return ret;
}
