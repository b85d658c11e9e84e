#include "base/base.h"
#include "base/fail.h"
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

int hosted_have_env(const struct strs *env, const struct strs *ids,
		    struct strs *have, struct strs *lack)
{
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct strs argv = STRS_INIT;
	struct run run = { .argv = NULL };
	int ret = 0;

	strs_add(&argv, "env");
	for (size_t i = 0; env && i < env->n; i++)
		strs_add(&argv, env->v[i]);
	strs_add(&argv, "git");
	strs_add(&argv, "cat-file");
	strs_add(&argv, "--batch-check");
	strs_add(&argv, "--buffer");
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
	if (!ret)
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
