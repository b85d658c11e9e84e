#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/hosted_take.h"

/*
 * Split packs: where the ledger sets a limit, blobs of so many bytes and more
 * are in packs of their own, undeltified, so that a partial clone can leave
 * those packs and later take single blobs out of them by ranges.
 */
static char *cut_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!*line || !end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line;
}

/*
 * "ID PATH" is to travel, "~ID" is a blob over the limit, "?ID" is not here:
 * there already if that place has promised it, else git shall get it first.
 */
static void sort_out(char *text, bool promised, struct buf *small,
		     struct buf *large)
{
	char *line;

	while ((line = cut_line(&text))) {
		if (*line == '~' || (*line == '?' && !promised))
			buf_addf(large, "%s\n", line + 1);
		else if (*line != '?')
			buf_addf(small, "%s\n", line);
	}
}

static int list_new(const struct hosted_split *split, const struct strs *want,
		    const struct strs *have, struct buf *small,
		    struct buf *large)
{
	char *filter = xstrfmt("--filter=blob:limit=%" PRIu64, split->limit);
	const char *const argv[] = {
		"git", "rev-list", "--objects", "--stdin", filter,
		"--filter-print-omitted", "--missing=print", NULL
	};
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct run run = { .argv = argv };
	int ret;

	for (size_t i = 0; i < want->n; i++)
		buf_addf(&input, "%s\n", want->v[i]);
	for (size_t i = 0; i < have->n; i++)
		buf_addf(&input, "^%s\n", have->v[i]);
	run.input = input.ptr;
	run.input_len = input.len;
	ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_CORRUPT, "git rev-list failed; does this "
			   "repository lack something?");
	if (!ret)
		sort_out(said.ptr, split->promised, small, large);
	buf_release(&said);
	buf_release(&input);
	free(filter);
	return ret;
}

static int pack_both(struct hosted_pack *small, struct hosted_pack *large,
		     const char *dir, struct strs *env,
		     const struct buf *small_ids, const struct buf *large_ids,
		     bool progress)
{
	int ret = 0;

	large->large = true;
	if (large_ids->len)
		ret = hosted_pack_objects(large, dir, env, NULL, large_ids,
					  progress);
	if (ret >= 0 && small_ids->len)
		ret = hosted_pack_objects(small, dir, env, NULL, small_ids,
					  progress);
	return MIN(ret, 0);
}

int hosted_split_make(struct hosted_pack *small, struct hosted_pack *large,
		      const char *dir, const struct strs *want,
		      const struct strs *have,
		      const struct hosted_split *split, bool progress)
{
	struct buf small_ids = BUF_INIT, large_ids = BUF_INIT;
	struct strs env = STRS_INIT;
	int ret = list_new(split, want, have, &small_ids, &large_ids);

	/* What some other place has promised is got from there, in one go. */
	strs_add(&env, "GIT_NO_LAZY_FETCH=0");
	if (!ret)
		ret = pack_both(small, large, dir, &env, &small_ids,
				&large_ids, progress);
	strs_release(&env);
	buf_release(&small_ids);
	buf_release(&large_ids);
	return ret;
}

/* All objects of the packs that were taken, whatever refs name. */
static int list_taken(struct strs *env, uint64_t limit, struct buf *small,
		      struct buf *large)
{
	struct buf said = BUF_INIT;
	struct strs argv = STRS_INIT;
	struct run run = { .argv = NULL };
	char *at, *line;
	int ret;

	strs_add(&argv, "env");
	for (size_t i = 0; i < env->n; i++)
		strs_add(&argv, env->v[i]);
	strs_add(&argv, "git");
	strs_add(&argv, "cat-file");
	strs_add(&argv, "--batch-all-objects");
	strs_add(&argv, "--batch-check=%(objectname) %(objecttype) "
		 "%(objectsize)");
	run.argv = strs_argv(&argv);
	ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_CORRUPT, "git cat-file failed");
	for (at = said.ptr; !ret && (line = cut_line(&at));) {
		char *type = strchr(line, ' ');
		bool blob = type && starts_with(type, " blob ");

		if (type)
			*type = '\0';
		buf_addf(blob && limit && strtoull(type + 6, NULL, 10) >= limit ?
			 large : small, "%s\n", line);
	}
	strs_release(&argv);
	buf_release(&said);
	return ret;
}

static int repack(struct take *t, uint64_t limit, struct hosted_pack *small,
		  struct hosted_pack *large)
{
	struct buf small_ids = BUF_INIT, large_ids = BUF_INIT;
	struct strs env = STRS_INIT;
	int ret;

	/* Those of this repository behind them are not meant. */
	strs_add(&env, t->env.v[0]);
	strs_add(&env, "GIT_ALTERNATE_OBJECT_DIRECTORIES=");
	ret = list_taken(&env, limit, &small_ids, &large_ids);
	if (!ret)
		ret = pack_both(small, large, stage_path(&t->stage), &env,
				&small_ids, &large_ids, t->how->progress);
	strs_release(&env);
	buf_release(&small_ids);
	buf_release(&large_ids);
	return ret;
}

/* 1: just these are there; 0: somebody was faster. */
static int claim(struct hosted *h, const struct strs *names, uint64_t limit,
		 const struct hosted_pack *small,
		 const struct hosted_pack *large)
{
	struct hosted_change change = {
		.pack = small->name ? small : NULL,
		.large = large->name ? large : NULL,
		.replaced = names, .split = &limit, .algo = h->state.algo,
	};
	int ret = hosted_load(h, true);

	for (size_t i = 0; !ret && i < h->state.npacks; i++)
		if (!strs_has(names, h->state.packs[i].name))
			return 0;
	if (!ret && h->state.npacks != names->n)
		return 0;
	return ret ? ret : hosted_claim(h, &change);
}

static int split_all(struct hosted *h, const struct hosted_fetch *how,
		     uint64_t limit)
{
	struct hosted_pack small = { .name = NULL }, large = { .name = NULL };
	struct strs names = STRS_INIT;
	struct take take = TAKE_INIT;
	const char *dir;
	int ret = take_open(&take, h, how, true);

	for (size_t i = 0; !ret && i < h->state.npacks; i++) {
		strs_add(&names, h->state.packs[i].name);
		ret = take_pack(&take, &h->state.packs[i]);
	}
	if (!ret && names.n)
		ret = repack(&take, limit, &small, &large);
	dir = stage_path(&take.stage);
	if (!ret && large.name)
		ret = hosted_pack_put(h, dir, &large);
	if (!ret && small.name)
		ret = hosted_pack_put(h, dir, &small);
	if (!ret)
		ret = claim(h, &names, limit, &small, &large);
	take_release(&take);
	strs_release(&names);
	hosted_pack_release(&small);
	hosted_pack_release(&large);
	return ret;
}

int hosted_split(struct hosted *h, const struct gitdir *git, uint64_t limit,
		 bool progress)
{
	struct hosted_fetch how = {
		.git = git, .lax = true, .progress = progress,
	};
	char *objects = xstrfmt("%s/objects", git->common);
	int ret;

	/* Who claimed it may have been killed before he tidied up. */
	temp_sweep(objects);
	free(objects);
	ret = hosted_same_algo(h, git);
	if (!ret && h->state.split == limit)
		return 0;
	while (!ret)
		ret = split_all(h, &how, limit);
	if (ret > 0) {
		hosted_pushed(h, git, NULL, NULL);
		hosted_hints(h, git);
	}
	return ret;
}
