#include "git-remote-silo/push_int.h"
#include "base/file.h"
#include "base/run.h"
#include "medo/push.h"

/*
 * Before history moves: is it whole, and where is what its pointers name?
 */

/* The silo that holds the repository holds its blobs, too. */
static void use_silo(struct medo *medo, const char *silo)
{
	if (gitdir_get(&medo->git, "medo.silo") &&
	    !strcmp(gitdir_get(&medo->git, "medo.silo"), silo))
		return;
	for (size_t i = 0; i < medo->git.keys.n; i++)
		if (!strcmp(medo->git.keys.v[i], "medo.silo"))
			*medo->git.keys.v[i] = '-';
	strs_add(&medo->git.keys, "medo.silo");
	strs_add(&medo->git.values, silo);
}

static int choose_silo(struct helper *helper)
{
	const char *silo;
	int ret = hosted_silo(helper->hosted, &silo);

	helper->medo.pushing_to = ret > 0 ? silo : helper->address;
	if (ret > 0)
		use_silo(&helper->medo, silo);
	return MIN(ret, 0);
}

static int upload(struct helper *helper, struct strs *revs)
{
	struct push_opts how = { .dry_run = false };
	struct push_result result = { 0, 0, 0, 0 };
	struct medo *medo = &helper->medo;
	struct reach r = REACH_INIT;
	bool incomplete;
	int ret = gitdir_get_bool(&medo->git, "medo.allowincompletepush",
				  false, &incomplete);

	if (!ret)
		ret = reach_history(&r, medo, strs_argv(revs), NULL);
	if (!ret && r.ids.n)
		ret = choose_silo(helper);
	if (!ret && r.ids.n)
		ret = push_blobs(medo, &r, &how, &result);
	reach_release(&r);
	if (ret && ret != FAIL_STOPPED && incomplete) {
		say("warning: ", "%s; pushing all the same, as "
		    "medo.allowIncompletePush says", fail_text());
		fail_clear();
		ret = 0;
	}
	return ret;
}

int push_pointers(struct pushing *p)
{
	struct helper *helper = p->helper;
	struct strs revs = STRS_INIT;
	int ret;

	helper->medo.quiet = helper->verbosity < 1;
	helper->medo.progress = helper->progress ? METER_ON : METER_OFF;
	for (size_t i = 0; i < p->want.n; i++)
		strs_add(&revs, p->want.v[i]);
	for (size_t i = 0; i < p->have.n; i++)
		strs_addf(&revs, "^%s", p->have.v[i]);
	ret = upload(helper, &revs);
	strs_release(&revs);
	return ret;
}

static int read_shallow(const struct gitdir *g, struct strs *out)
{
	char *path = xstrfmt("%s/shallow", g->common), *save = NULL;
	struct buf text = BUF_INIT;
	int ret = file_read(path, (size_t)1 << 30, &text);

	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	for (char *line = strtok_r(text.ptr, "\n", &save); !ret && line;
	     line = strtok_r(NULL, "\n", &save))
		strs_add(out, line);
	buf_release(&text);
	free(path);
	return ret;
}

/* The commits that would travel; is one of them a boundary? */
int push_whole(struct pushing *p)
{
	static const char *const argv[] = {
		"git", "rev-list", "--stdin", NULL
	};
	struct strs shallow = STRS_INIT;
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct run run = { .argv = argv };
	int ret = read_shallow(&p->helper->medo.git, &shallow);

	if (ret || !shallow.n)
		goto out;
	for (size_t i = 0; i < p->want.n; i++)
		buf_addf(&input, "%s\n", p->want.v[i]);
	for (size_t i = 0; i < p->have.n; i++)
		buf_addf(&input, "^%s\n", p->have.v[i]);
	run.input = input.ptr;
	run.input_len = input.len;
	ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_CORRUPT, "git rev-list failed");
	for (size_t i = 0; !ret && i < shallow.n; i++)
		if (strstr(said.ptr, shallow.v[i]))
			ret = fail(FAIL_CORRUPT, "this repository is shallow: "
				   "the history of commit %s is not here; "
				   "fetch it with: git fetch --unshallow",
				   quoted(shallow.v[i]));
out:
	buf_release(&said);
	buf_release(&input);
	strs_release(&shallow);
	return ret;
}
