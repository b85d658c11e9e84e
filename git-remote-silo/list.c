#include "git-remote-silo/helper.h"

static const struct hosted_state nothing = HOSTED_STATE_INIT;

const struct hosted_state *helper_state(const struct helper *helper)
{
	return helper->hosted ? hosted_now(helper->hosted) : &nothing;
}

int helper_load(struct helper *helper, bool push)
{
	unsigned silo = 0;
	int ret = 0;

	if (!helper->hosted) {
		ret = medo_durable(&helper->medo, &silo);
		if (!ret)
			ret = hosted_open(&helper->hosted, helper->address,
					  silo ? HOSTED_DURABLE : 0);
	}
	/* Who fetches hopes that there is more. */
	if (!ret && push)
		ret = hosted_recall(helper->hosted, &helper->medo.git);
	/* What a push builds on was seen, and not only hinted at. */
	if (!ret)
		ret = hosted_load(helper->hosted, push);
	if (ret == FAIL_MISSING && push) {
		fail_clear();
		return 0;
	}
	if (!ret && push)
		hosted_memorise(helper->hosted, &helper->medo.git);
	if (!ret)
		hosted_look_back(helper->hosted, &helper->medo.git);
	return ret;
}

static void list_ref(struct helper *helper, const struct hosted_ref *ref,
		     bool push)
{
	char hex[ID_HEX_MAX];

	reply(helper, "%s %s\n", id_hex(&ref->id, hex), ref->name);
	if (ref->peeled.algo && !push)
		reply(helper, "%s %s^{}\n", id_hex(&ref->peeled, hex),
		      ref->name);
}

int do_list(struct helper *helper, const char *arg)
{
	bool push = !strcmp(arg, "for-push");
	const struct hosted_state *state;
	int ret = helper_load(helper, push);

	if (ret)
		return ret;
	/* Of a push whose line was cut git may find nothing left to do. */
	if (push && helper->hosted && !helper->dry_run)
		hosted_pay(helper->hosted, &helper->medo.git);
	if (helper->deepen)
		return fail(FAIL_REQUEST, "this repository is shallow, and a "
			    "depth is not known here; git fetch --unshallow "
			    "from where it came");
	state = helper_state(helper);
	if (state->algo && helper->object_format)
		reply(helper, ":object-format %s\n",
		      id_algo_name(state->algo));
	else if (state->algo && state->algo != medo_algo(&helper->medo))
		return fail(FAIL_DENIED, "'%s' has %s ids, this repository %s",
			    quoted(hosted_url(helper->hosted)),
			    id_algo_name(state->algo),
			    id_algo_name(medo_algo(&helper->medo)));
	if (state->head && !push && hosted_find(state, state->head))
		reply(helper, "@%s HEAD\n", state->head);
	for (size_t i = 0; i < state->nrefs; i++)
		list_ref(helper, &state->refs[i], push);
	reply(helper, "\n");
	helper->listed = push;
	helper->listed_n = state->n;
	return 0;
}
