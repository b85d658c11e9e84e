#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/hosted_take.h"

/*
 * Packs do not pile up: the 16th small one folds the newest of them, as many
 * as keep each remaining pack twice as large as all behind it (git repack
 * --geometric=2).  An entry of its own says so, after that of the push: who
 * races with us loses nothing, and who dies in the middle has pushed.
 */
#define FOLD_AT 16
#define FOLD_SMALL ((uint64_t)32 << 20)

/* Where the fold begins; npacks where there is nothing to fold. */
static size_t where_to(const struct hosted_state *state)
{
	size_t small = 0, from = state->npacks;
	uint64_t sum = 0;

	for (size_t i = 0; i < state->npacks; i++)
		small += state->packs[i].size < FOLD_SMALL;
	if (small < FOLD_AT)
		return from;
	while (from && state->packs[from - 1].size < FOLD_SMALL &&
	       (!sum || state->packs[from - 1].size < 2 * sum))
		sum += state->packs[--from].size;
	return state->npacks - from < 2 ? state->npacks : from;
}

static int take_range(struct take *t, size_t from, struct strs *names)
{
	const struct hosted_state *state = &t->h->state;
	int ret = 0;

	for (size_t i = from; !ret && i < state->npacks; i++) {
		strs_add(names, state->packs[i].name);
		ret = take_pack(t, &state->packs[i]);
	}
	return ret;
}

/* Are they still there, one behind the other? */
static bool still_there(const struct hosted_state *state,
			const struct strs *names)
{
	size_t i = 0;

	while (i < state->npacks && strcmp(state->packs[i].name, names->v[0]))
		i++;
	for (size_t k = 0; k < names->n; k++, i++)
		if (i >= state->npacks ||
		    strcmp(state->packs[i].name, names->v[k]))
			return false;
	return true;
}

static int claim(struct hosted *h, const struct hosted_pack *pack,
		 const struct strs *names)
{
	struct hosted_change change = {
		.pack = pack, .replaced = names, .algo = h->state.algo,
	};
	int ret = 0;

	while (!ret && still_there(&h->state, names)) {
		ret = hosted_claim(h, &change);
		if (!ret)
			ret = hosted_load(h, true);
	}
	return ret;
}

static int fold(struct hosted *h, const struct hosted_fetch *how, size_t from,
		const char *dir)
{
	struct hosted_pack one = { .name = NULL };
	struct strs names = STRS_INIT;
	struct take take = TAKE_INIT;
	struct buf input = BUF_INIT;
	int ret = take_open(&take, h, how, true);

	if (!ret)
		ret = take_range(&take, from, &names);
	for (size_t i = 0; i < names.n; i++)
		buf_addf(&input, "%s.pack\n", names.v[i]);
	if (!ret)
		ret = hosted_pack_objects(&one, dir, &take.env,
					  "--stdin-packs", &input, false);
	/* A pack that had it all already: nothing is to be gained. */
	if (ret > 0 && strs_has(&names, one.name))
		ret = 0;
	if (ret > 0)
		ret = hosted_pack_put(h, dir, &one);
	else
		goto out;
	if (!ret)
		ret = claim(h, &one, &names);
out:
	take_release(&take);
	strs_release(&names);
	hosted_pack_release(&one);
	buf_release(&input);
	return ret;
}

void hosted_fold(struct hosted *h, const struct gitdir *g, const char *dir)
{
	struct hosted_fetch how = { .git = g, .lax = true };
	size_t from = where_to(&h->state);
	int ret = 0;

	if (from < h->state.npacks)
		ret = fold(h, &how, from, dir);
	if (ret > 0) {
		hosted_pushed(h, g, NULL);
		hosted_hints(h);
	} else if (ret < 0 && ret != FAIL_STOPPED) {
		say("warning: ", "%s; the packs of '%s' were not folded",
		    fail_text(), quoted(h->url));
		fail_clear();
	}
}
