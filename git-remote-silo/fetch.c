#include "git-remote-silo/helper.h"
#include "base/temp.h"

/*
 * "ID NAME": the id is asked for; what it is called does not matter, unless
 * it has no name.
 */
static int take_want(const char *line, struct strs *wants, bool *named)
{
	size_t len = strcspn(line, " ");
	struct id id;

	if (id_parse(&id, line, len))
		return fail(FAIL_FORMAT, "git wants '%s', which is no id",
			    quoted(line));
	strs_addn(wants, line, len);
	*named |= line[len] && strncmp(line, line + len + 1, len);
	return 0;
}

/* In a clone, git has changed the repository since we started. */
static int look_again(struct helper *helper)
{
	gitdir_release(&helper->medo.git);
	return gitdir_open(&helper->medo.git, false);
}

int do_fetch(struct helper *helper)
{
	struct strs wants = STRS_INIT, keeps = STRS_INIT;
	struct hosted_fetch how = {
		.git = &helper->medo.git,
		.wants = &wants,
		.keeps = &keeps,
		.cloning = helper->cloning,
		.refetch = helper->refetch,
		.progress = helper->progress && helper->verbosity > 0,
		.promised = helper->from_promisor,
		.partial = helper->filter,
	};
	bool named = false;
	unsigned silo = 0;
	int ret = look_again(helper);

	no_lazy_fetch(helper);
	for (size_t i = 0; !ret && i < helper->batch.n; i++)
		ret = take_want(helper->batch.v[i], &wants, &named);
	how.lazy = helper->from_promisor && !named;
	if (!ret)
		ret = helper->hosted ? 0 : helper_load(helper, false);
	if (!ret)
		ret = medo_durable(&helper->medo, &silo);
	how.temp_flags = silo ? TEMP_DURABLE : 0;
	if (!ret)
		ret = hosted_fetch(helper->hosted, &how);
	for (size_t i = 0; !ret && i < keeps.n; i++)
		reply(helper, "lock %s\n", keeps.v[i]);
	if (!ret && helper->connectivity && !helper->filter)
		reply(helper, "connectivity-ok\n");
	if (!ret)
		reply(helper, "\n");
	strs_release(&keeps);
	strs_release(&wants);
	return ret;
}
