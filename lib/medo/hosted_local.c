#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/hosted_int.h"

/* One line of `git cat-file --batch-check` for each question, in order. */
static int sort_out(const struct strs *ids, char *text, struct strs *have,
		    struct strs *lack)
{
	char *line = text;

	for (size_t i = 0; i < ids->n; i++) {
		char *end = strchr(line, '\n');

		if (!end)
			return fail(FAIL_SYSTEM, "git cat-file says too "
				    "little");
		*end = '\0';
		if (!ends_with(line, " missing"))
			strs_add(have, ids->v[i]);
		else if (lack)
			strs_add(lack, ids->v[i]);
		line = end + 1;
	}
	return 0;
}

/* "ID" or "ID PATH" for each that is there, and for more than was asked. */
static int sort_out_listed(const struct strs *ids, char *text,
			   struct strs *have, struct strs *lack)
{
	struct idset set = IDSET_INIT;
	char *save = NULL;
	struct id id;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!id_parse(&id, line, strcspn(line, " ")))
			idset_add(&set, &id);
	for (size_t i = 0; i < ids->n; i++)
		if (!id_parse(&id, ids->v[i], strlen(ids->v[i])) &&
		    idset_find(&set, &id) >= 0)
			strs_add(have, ids->v[i]);
		else if (lack)
			strs_add(lack, ids->v[i]);
	idset_release(&set);
	return 0;
}

/*
 * Where other places have promised what is missing, most of git asks there
 * for each object it is asked for, or dies; this does neither.
 */
static bool is_partial(void)
{
	const char *set = getenv("GIT_NO_LAZY_FETCH");

	return set && !strcmp(set, "1");
}

int hosted_have_env(const struct strs *env, const struct strs *ids,
		    struct strs *have, struct strs *lack)
{
	static const char *const words[] = {
		"cat-file", "--batch-check", "--buffer", NULL
	}, *const listing[] = {
		"rev-list", "--no-walk", "--objects", "--filter=tree:1",
		"--ignore-missing", "--missing=allow-any", "--stdin", NULL
	};
	const char *const *word = is_partial() ? listing : words;
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct strs argv = STRS_INIT;
	struct run run = { .argv = NULL };
	int ret = 0;

	strs_add(&argv, "env");
	for (size_t i = 0; env && i < env->n; i++)
		strs_add(&argv, env->v[i]);
	strs_add(&argv, "git");
	while (*word)
		strs_add(&argv, *word++);
	run.argv = strs_argv(&argv);
	if (!env)
		run.argv++;
	for (size_t i = 0; i < ids->n; i++)
		buf_addf(&input, "%s\n", ids->v[i]);
	run.input = input.ptr;
	run.input_len = input.len;
	if (ids->n)
		ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git cat-file failed");
	if (!ret && is_partial())
		ret = sort_out_listed(ids, said.ptr, have, lack);
	else if (!ret)
		ret = sort_out(ids, said.ptr, have, lack);
	strs_release(&argv);
	buf_release(&said);
	buf_release(&input);
	return ret;
}

int hosted_have(const struct strs *ids, struct strs *have, struct strs *lack)
{
	return hosted_have_env(NULL, ids, have, lack);
}

int hosted_same_algo(const struct hosted *h, const struct gitdir *git)
{
	enum id_algo mine = git->algo ? git->algo : ID_SHA1;
	enum id_algo theirs = h->state.algo;

	return !theirs || theirs == mine ? 0 :
	       fail(FAIL_DENIED, "mismatched algorithms: client %s; server %s "
		    "('%s')", id_algo_name(mine), id_algo_name(theirs),
		    quoted(h->url));
}

int hosted_any_ref(void)
{
	static const char *const argv[] = {
		"git", "for-each-ref", "--count=1", "--format=x", NULL
	};
	struct run run = { .argv = argv };
	struct buf said = BUF_INIT;
	int ret = run_capture(&run, &said, 4096);

	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git for-each-ref failed");
	if (!ret)
		ret = said.len > 0;
	buf_release(&said);
	return ret;
}
