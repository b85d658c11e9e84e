#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/hosted_take.h"
#include "model/midx.h"

/*
 * Which packs?  First those that this repository has not taken in before.
 * Where git gc has removed something since, or the record is wrong, that is
 * not enough; then all, from the first.
 */
static bool has_parts(const struct known *known, const struct hosted_pack *pack)
{
	for (size_t i = 0; i < pack->nof; i++)
		if (!strs_has(&known->packs, pack->of[i].name))
			return false;
	return pack->nof;
}

static bool is_known(const struct known *known, const struct hosted_pack *pack)
{
	return strs_has(&known->packs, pack->name) || has_parts(known, pack);
}

/*
 * Of a folded pack we may have most parts already, and the others lie there
 * for the grace: 1 they were taken, 0 they were not.
 */
static int take_parts(struct take *t, const struct known *known,
		      const struct hosted_pack *pack)
{
	uint64_t size = 0;
	int ret = 0;

	for (size_t i = 0; i < pack->nof; i++)
		if (!strs_has(&known->packs, pack->of[i].name))
			size += pack->of[i].size;
	if (!pack->nof || size > pack->size / 2)
		return 0;
	for (size_t i = 0; !ret && i < pack->nof; i++) {
		struct hosted_pack part = { .name = pack->of[i].name,
					    .size = pack->of[i].size };

		if (!strs_has(&known->packs, part.name))
			ret = take_pack(t, &part);
	}
	if (ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	return ret ? ret : 1;
}

static int take_all(struct take *t, const struct known *known, bool parts)
{
	const struct hosted_state *state = &t->h->state;
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < state->npacks; i++) {
		const struct hosted_pack *pack = &state->packs[i];

		if (is_known(known, pack) || strs_has(&t->packs, pack->name) ||
		    (pack->large && t->how->partial))
			continue;
		ret = parts ? take_parts(t, known, pack) : 0;
		if (!ret)
			ret = take_pack(t, pack);
	}
	return MIN(ret, 0);
}

/* 1: this .idx names an object that we lack, or says nothing. */
static int lacks_any(struct hosted *h, const struct hosted_pack *pack)
{
	char *name = xstrfmt("%sobjects/pack/%s.idx", h->dir, pack->name);
	struct strs ids = STRS_INIT, have = STRS_INIT, lack = STRS_INIT;
	struct buf bytes = BUF_INIT;
	struct midx *midx = NULL;
	char hex[ID_HEX_MAX];
	int ret = backend_slurp(h->b, name, (size_t)1 << 30, 0, &bytes);

	if (!ret)
		ret = midx_open_idx(&midx, &bytes, h->state.algo, pack->name);
	for (size_t i = 0; !ret && i < midx_objects(midx); i++) {
		struct midx_place place;
		struct id id;

		midx_at(midx, i, &id, &place);
		strs_add(&ids, id_hex(&id, hex));
	}
	if (!ret)
		ret = hosted_have(&ids, &have, &lack);
	if (!ret)
		ret = lack.n > 0;
	if (ret < 0 && ret != FAIL_STOPPED) {
		fail_clear();
		ret = 1;
	}
	midx_free(midx);
	buf_release(&bytes);
	strs_release(&ids);
	strs_release(&have);
	strs_release(&lack);
	free(name);
	return ret;
}

/* A repository that has objects but no record: the served .idx are a hint. */
static int guess(struct known *known, struct hosted *h,
		 const struct hosted_fetch *how)
{
	int ret;

	if (how->cloning || how->refetch || known->packs.n)
		return 0;
	ret = hosted_any_ref();
	for (size_t i = 0; ret > 0 && i < h->state.npacks; i++) {
		if (how->partial && h->state.packs[i].large)
			continue;
		ret = lacks_any(h, &h->state.packs[i]);
		if (!ret)
			strs_add(&known->packs, h->state.packs[i].name);
		ret = ret < 0 ? ret : 1;
	}
	return MIN(ret, 0);
}

static void save(struct known *now, struct hosted *h, const struct gitdir *g)
{
	if (known_save(now, h, g)) {
		say("warning: ", "%s", fail_text());
		fail_clear();
	}
	known_release(now);
}

static void remember(struct hosted *h, const struct hosted_fetch *how)
{
	struct known now = KNOWN_INIT;

	for (size_t i = 0; i < h->state.npacks; i++)
		if (!h->state.packs[i].large || !how->partial)
			strs_add(&now.packs, h->state.packs[i].name);
	save(&now, h, how->git);
	hosted_memorise(h, how->git);
}

void hosted_pushed(struct hosted *h, const struct gitdir *git,
		   const struct hosted_pack *mine,
		   const struct hosted_pack *large)
{
	struct known known = KNOWN_INIT, now = KNOWN_INIT;

	if (known_load(&known, h, git))
		fail_clear();
	if (mine)
		strs_add(&known.packs, mine->name);
	if (large)
		strs_add(&known.packs, large->name);
	for (size_t i = 0; i < h->state.npacks; i++) {
		const struct hosted_pack *pack = &h->state.packs[i];

		if (is_known(&known, pack))
			strs_add(&now.packs, pack->name);
		for (size_t k = 0; k < pack->nof; k++)
			if (strs_has(&known.packs, pack->of[k].name))
				strs_add(&now.packs, pack->of[k].name);
	}
	save(&now, h, git);
	known_release(&known);
}

/* A pack that is not there: was it folded since we read the ledger? */
static int take_news(struct take *t, const struct known *known, bool parts)
{
	uint64_t n = t->h->state.n;
	int ret = take_all(t, known, parts);
	char *why;

	if (ret != FAIL_MISSING)
		return ret;
	why = xstrdup(fail_text());
	ret = hosted_load(t->h, true);
	if (!ret && t->h->state.n == n)
		ret = FAIL_MISSING;
	if (!ret)
		ret = take_all(t, known, parts);
	if (ret == FAIL_MISSING)
		ret = fail(FAIL_NET, "%s, though the ledger names it; 'git medo "
			   "silo verify' lists what is lost", why);
	free(why);
	return ret;
}

/*
 * The line was cut: what git found in order so far need not travel again.
 * Nothing names it yet.
 */
static void salvage(struct take *t, const struct hosted_fetch *how)
{
	char *sentence = xstrdup(fail_text());
	struct known known = KNOWN_INIT;

	if (!known_load(&known, t->h, how->git)) {
		for (size_t i = 0; i < t->packs.n; i++)
			if (!strs_has(&known.packs, t->packs.v[i]))
				strs_add(&known.packs, t->packs.v[i]);
		if (!take_commit(t, false) &&
		    !known_save(&known, t->h, how->git))
			known_release(&known);
	}
	known_release(&known);
	fail_adopt(sentence);
	free(sentence);
}

/* 1: all is there and in its place; 0: something lacks. */
static int attempt(struct hosted *h, const struct hosted_fetch *how,
		   const struct known *known)
{
	bool some = known->packs.n;
	struct take take = TAKE_INIT;
	int ret = take_open(&take, h, how, some || how->partial);

	if (!ret)
		ret = take_news(&take, known, some);
	if (!ret && how->partial)
		ret = take_promised(&take);
	if (!ret)
		ret = take.unsure ? 0 : take_connected(&take);
	if (ret > 0) {
		ret = take_commit(&take, !how->cloning);
		ret = ret ? ret : 1;
	} else if (ret == FAIL_NET && take.packs.n) {
		salvage(&take, how);
	}
	take_release(&take);
	return ret;
}

/* 1: all is there; 0: something lacks. */
static int fetch_packs(struct hosted *h, const struct hosted_fetch *how)
{
	struct known known = KNOWN_INIT;
	int ret = how->cloning || how->refetch ? 0 :
		  known_load(&known, h, how->git);

	if (!ret)
		ret = guess(&known, h, how);
	if (!ret && known.packs.n) {
		ret = attempt(h, how, &known);
		/* What git gc took away since shows in many ways. */
		if (ret == FAIL_CORRUPT) {
			fail_clear();
			ret = 0;
		}
		known_release(&known);
	}
	if (!ret)
		ret = attempt(h, how, &known);
	if (ret > 0)
		remember(h, how);
	known_release(&known);
	return ret;
}

int hosted_fetch(struct hosted *h, const struct hosted_fetch *how)
{
	struct hosted_fetch whole = *how;
	int ret = hosted_same_algo(h, how->git);

	if (ret || how->lazy)
		return ret ? ret : hosted_fetch_lazy(h, how);
	ret = fetch_packs(h, how);
	/* A .gitmodules, say, is needed however large it is. */
	whole.partial = false;
	if (!ret && how->partial)
		ret = fetch_packs(h, &whole);
	if (!ret)
		ret = fail(FAIL_CORRUPT, "the repository '%s' lacks objects "
			   "that its refs need", quoted(h->url));
	return MIN(ret, 0);
}
