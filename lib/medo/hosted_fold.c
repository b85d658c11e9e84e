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

/* Packs of one kind lie together. */
struct zone {
	size_t from;
	size_t end;
};

static struct zone zone_of(const struct hosted_state *state, bool large)
{
	size_t n = 0;

	while (n < state->npacks && state->packs[n].large)
		n++;
	return large ? (struct zone){ 0, n } :
	       (struct zone){ n, state->npacks };
}

/* What to fold of them; nothing where there is nothing to fold. */
static struct zone where_to(const struct hosted_state *state, bool large)
{
	struct zone zone = zone_of(state, large);
	size_t small = 0, first = zone.from;
	uint64_t sum = 0;

	for (size_t i = zone.from; i < zone.end; i++)
		small += state->packs[i].size < FOLD_SMALL;
	zone.from = zone.end;
	if (small < FOLD_AT)
		return zone;
	while (zone.from > first &&
	       state->packs[zone.from - 1].size < FOLD_SMALL &&
	       (!sum || state->packs[zone.from - 1].size < 2 * sum))
		sum += state->packs[--zone.from].size;
	if (zone.end - zone.from < 2)
		zone.from = zone.end;
	return zone;
}

static int take_range(struct take *t, const struct zone *zone,
		      struct strs *names)
{
	const struct hosted_state *state = &t->h->state;
	int ret = 0;

	for (size_t i = zone->from; !ret && i < zone->end; i++) {
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
		.pack = pack->large ? NULL : pack,
		.large = pack->large ? pack : NULL,
		.replaced = names, .algo = h->state.algo,
	};
	int ret = 0;

	while (!ret && still_there(&h->state, names)) {
		ret = hosted_claim(h, &change);
		if (!ret)
			ret = hosted_load(h, true);
	}
	return ret;
}

static int fold(struct hosted *h, const struct hosted_fetch *how,
		const struct zone *zone, const char *dir)
{
	struct hosted_pack one = { .large = h->state.packs[zone->from].large };
	struct strs names = STRS_INIT;
	struct take take = TAKE_INIT;
	struct buf input = BUF_INIT;
	int ret = take_open(&take, h, how, true);

	if (!ret)
		ret = take_range(&take, zone, &names);
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

static void fold_zone(struct hosted *h, const struct gitdir *g,
		      const char *dir, bool large)
{
	struct hosted_fetch how = { .git = g, .lax = true };
	struct zone zone = where_to(&h->state, large);
	int ret = 0;

	if (zone.from < zone.end)
		ret = fold(h, &how, &zone, dir);
	if (ret > 0) {
		hosted_pushed(h, g, NULL, NULL);
		hosted_hints(h, g);
	} else if (ret < 0 && ret != FAIL_STOPPED) {
		say("warning: ", "%s; the packs of '%s' were not folded",
		    fail_text(), quoted(h->url));
		fail_clear();
	}
}

void hosted_fold(struct hosted *h, const struct gitdir *g, const char *dir)
{
	fold_zone(h, g, dir, true);
	fold_zone(h, g, dir, false);
}
