#include "git-remote-silo/helper.h"

/*
 * Partial clones (partial clone in git's technical documentation): where
 * large blobs are in packs of their own, git may leave them out, and asks for
 * them by their ids when it needs them.
 */
static bool is_address(const struct helper *helper, const char *url)
{
	return url && starts_with(url, "silo::") &&
	       !strcmp(url + strlen("silo::"), helper->address);
}

/* 1: it is the only one; 0: there are others; -1: there is none. */
static int look_for(const struct helper *helper)
{
	const struct gitdir *g = &helper->medo.git;
	bool found = false, all = true, on;

	for (size_t i = 0; i < g->keys.n; i++) {
		const char *key = g->keys.v[i];
		char *url;

		if (!starts_with(key, "remote.") ||
		    !ends_with(key, ".promisor") ||
		    gitdir_get_bool(g, key, false, &on) || !on)
			continue;
		url = xstrfmt("%.*s.url", (int)(strlen(key) -
			      strlen(".promisor")), key);
		found = true;
		all &= is_address(helper, gitdir_get(g, url));
		free(url);
	}
	fail_clear();
	return !found ? -1 : all;
}

/* git clone asks twice. */
static void all_come(struct helper *helper)
{
	if (!helper->warned)
		say("warning: ", "filtering is not known here; all objects "
		    "come");
	helper->warned = true;
}

const char *filter_answer(struct helper *helper, const char *spec)
{
	const struct hosted_state *state;
	uint64_t limit = 0;

	helper->filter = false;
	/* Why not, `list` will say. */
	if (!helper->hosted && helper_load(helper, true)) {
		fail_clear();
		return "unsupported";
	}
	state = helper_state(helper);
	if ((!starts_with(spec, "blob:limit=") && strcmp(spec, "blob:none")) ||
	    (starts_with(spec, "blob:limit=") &&
	     size_parse(spec + strlen("blob:limit="), &limit))) {
		all_come(helper);
		return "unsupported";
	}
	/* All that its packs have; blobs may lie in the silo alone. */
	if (!state->split && look_for(helper) < 0)
		all_come(helper);
	if (state->split && limit > state->split)
		say("warning: ", "blobs of %" PRIu64 " bytes and more come "
		    "when git needs them", state->split);
	helper->filter = true;
	return "ok";
}

bool is_promisor(const struct helper *helper)
{
	return look_for(helper) == 1;
}

void no_lazy_fetch(const struct helper *helper)
{
	if (helper->from_promisor || look_for(helper) >= 0)
		setenv("GIT_NO_LAZY_FETCH", "1", 1);
}
