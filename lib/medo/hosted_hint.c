#include "base/base.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/quote.h"
#include "medo/hosted_int.h"

/*
 * What makes it a repository for stock git, which reads by dumb HTTP, path or
 * ssh.  The files may be stale or missing: the ledger is right.
 */
static void add_line(struct buf *out, const struct id *id, const char *between,
		     const char *name, const char *behind)
{
	char hex[ID_HEX_MAX];

	buf_addf(out, "%s%s%s%s\n", id_hex(id, hex), between, name, behind);
}

static void packed_refs(struct buf *out, const struct hosted_state *state)
{
	char hex[ID_HEX_MAX];

	buf_adds(out, "# pack-refs with: peeled fully-peeled sorted \n");
	for (size_t i = 0; i < state->nrefs; i++) {
		const struct hosted_ref *ref = &state->refs[i];

		add_line(out, &ref->id, " ", ref->name, "");
		if (ref->peeled.algo)
			buf_addf(out, "^%s\n", id_hex(&ref->peeled, hex));
	}
}

static void info_refs(struct buf *out, const struct hosted_state *state)
{
	for (size_t i = 0; i < state->nrefs; i++) {
		const struct hosted_ref *ref = &state->refs[i];

		add_line(out, &ref->id, "\t", ref->name, "");
		if (ref->peeled.algo)
			add_line(out, &ref->peeled, "\t", ref->name, "^{}");
	}
}

static void info_packs(struct buf *out, const struct hosted_state *state)
{
	for (size_t i = state->npacks; i; i--)
		buf_addf(out, "P %s.pack\n", state->packs[i - 1].name);
	buf_addc(out, '\n');
}

static void head(struct buf *out, const struct hosted_state *state)
{
	buf_addf(out, "ref: %s\n",
		 state->head ? state->head : "refs/heads/main");
}

/*
 * Stock git may read but not push past the ledger, nor collect what only the
 * ledger knows to be needed.
 */
static void config(struct buf *out, const struct hosted_state *state)
{
	bool sha256 = state->algo == ID_SHA256;

	buf_addf(out, "[core]\n\trepositoryformatversion = %d\n"
		 "\tfilemode = true\n\tbare = true\n[gc]\n\tauto = 0\n"
		 "[receive]\n\thideRefs = refs\n", sha256);
	if (sha256)
		buf_adds(out, "[extensions]\n\tobjectformat = sha256\n");
}

static void keep(struct buf *out UNUSED, const struct hosted_state *st UNUSED)
{
}

static const struct hint {
	const char *name;
	void (*format)(struct buf *out, const struct hosted_state *state);
	bool first;		/* only when it is made */
} hints[] = {
	{ "config", config, true },
	{ "refs/.keep", keep, true },
	{ "objects/info/packs", info_packs, false },
	{ "packed-refs", packed_refs, false },
	{ "info/refs", info_refs, false },
};

static int put_hint(struct hosted *h, const char *name,
		    void (*format)(struct buf *, const struct hosted_state *))
{
	char *full = hosted_name(h, name);
	struct buf text = BUF_INIT;
	int ret;

	format(&text, &h->state);
	ret = h->b->ops->replace(h->b, full, text.ptr, text.len);
	buf_release(&text);
	free(full);
	return ret;
}

static void add_state(struct hosted *h)
{
	struct buf members = BUF_INIT;

	hosted_state_format(&members, &h->state);
	chain_hint(h->chain, h->state.n, members.ptr);
	buf_release(&members);
}

struct hint_job {
	struct job job;
	struct hosted *h;
	const struct hint *hint;
};

static int run_hint(struct job *job)
{
	struct hint_job *j = (struct hint_job *)job;

	return put_hint(j->h, j->hint->name, j->hint->format);
}

/* Side by side: far away, each takes its time. */
static int put_hints(struct hosted *h, bool first)
{
	struct hint_job jobs[ARRAY_SIZE(hints)];
	struct pool *pool = pool_new(h->b->path ? 1 : ARRAY_SIZE(hints));
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		if (!first && hints[i].first)
			continue;
		jobs[n] = (struct hint_job){ JOB_INIT(run_hint), h, &hints[i] };
		job_submit(pool, &jobs[n++].job);
	}
	add_state(h);
	for (size_t i = 0; i < n; i++) {
		int one = job_join(pool, &jobs[i].job);

		if (one < 0 && !ret)
			ret = one;
	}
	pool_free(pool);
	return ret;
}

static int put_all(struct hosted *h, bool first)
{
	int ret = put_hints(h, first);

	/* Last: with it, it is a repository. */
	if (!ret && (first || h->head_changed))
		ret = put_hint(h, "HEAD", head);
	return ret;
}

/*
 * Are the files there that are written once?  Who claimed the first entry may
 * have died before he wrote them.
 */
static bool is_new(struct hosted *h)
{
	char *name = hosted_name(h, "HEAD");
	uint64_t size;
	int has = 1;

	if (h->state.n == 1)
		has = 0;
	else if (h->state.n <= 3 || h->b->path)
		has = h->b->ops->has(h->b, name, &size);
	if (has < 0)
		fail_clear();
	free(name);
	return !has;
}

/*
 * Somebody who claimed after us may have written his hints before ours: so we
 * look again, and write what is true now.
 */
void hosted_hints(struct hosted *h, const struct gitdir *git)
{
	bool first = is_new(h);
	uint64_t n;
	int ret = chain_straight(h->chain, true);

	/* What lies in refs/ stock git would take for one. */
	hosted_sweep(h);
	if (ret < 0)
		fail_clear();
	for (unsigned i = 0; i < 4; i++) {
		n = h->state.n;
		ret = put_all(h, first);
		if (!ret)
			ret = hosted_load(h, true);
		if (ret || n == h->state.n)
			break;
	}
	if (!ret)
		hosted_paid(h, git);
	if (!ret || ret == FAIL_STOPPED)
		return;
	say("warning: ", "%s; stock git sees an older state of '%s'",
	    fail_text(), quoted(h->url));
	fail_clear();
}
