#include "git-remote-silo/push_int.h"
#include "base/run.h"
#include "base/temp.h"

static void report(struct pushing *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct wish *wish = &p->wishes[i];
		struct buf why = BUF_INIT;

		if (wish->why)
			json_add_string(&why, wish->why);
		if (wish->why || wish->no)
			reply(p->helper, "error %s %s\n", wish->dst,
			      wish->why ? why.ptr : wish->no);
		else
			reply(p->helper, "ok %s%s\n", wish->dst,
			      wish->same ? " up to date" : "");
		buf_release(&why);
	}
	reply(p->helper, "\n");
}

static enum id_algo algo_of(const struct pushing *p)
{
	enum id_algo algo = helper_state(p->helper)->algo;

	return algo ? algo : medo_algo(&p->helper->medo);
}

/* Ten thousand refs may name a few commits. */
static void add_once(struct strs *strs, struct idset *seen,
		     const struct id *id)
{
	char hex[ID_HEX_MAX];

	if (idset_find(seen, id) >= 0)
		return;
	idset_add(seen, id);
	strs_add(strs, id_hex(id, hex));
}

/* What is to travel, and what is there already. */
static int gather(struct pushing *p)
{
	const struct hosted_state *state = helper_state(p->helper);
	struct idset there = IDSET_INIT, new = IDSET_INIT;
	struct strs far = STRS_INIT;
	int ret;

	for (size_t i = 0; i < state->nrefs; i++)
		add_once(&far, &there, &state->refs[i].id);
	for (size_t i = 0; i < p->n; i++)
		if (wish_stands(&p->wishes[i]) && p->wishes[i].new.algo &&
		    idset_find(&there, &p->wishes[i].new) < 0)
			add_once(&p->want, &new, &p->wishes[i].new);
	ret = p->want.n ? hosted_have(&far, &p->have, NULL) : 0;
	idset_release(&there);
	idset_release(&new);
	strs_release(&far);
	return ret;
}

static int need_hosted(struct helper *helper)
{
	unsigned silo = 0;
	int ret;

	if (helper->hosted)
		return 0;
	ret = medo_durable(&helper->medo, &silo);
	if (!ret)
		ret = hosted_open(&helper->hosted, helper->address,
				  HOSTED_CREATE | (silo ? HOSTED_DURABLE : 0));
	if (!ret)
		ret = hosted_load(helper->hosted, false);
	if (ret == FAIL_MISSING && helper->hosted) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

/* What travels; see hosted_split_make(). */
struct packs {
	struct hosted_pack small;
	struct hosted_pack large;
	uint64_t split;		/* as it was when they were made */
};

static void packs_release(struct packs *packs)
{
	hosted_pack_release(&packs->small);
	hosted_pack_release(&packs->large);
}

static int make(struct pushing *p, const char *dir, struct packs *packs)
{
	struct helper *helper = p->helper;
	bool progress = helper->progress && helper->verbosity > 0;
	struct hosted_split split = {
		.limit = packs->split, .promised = is_promisor(helper),
	};
	int ret;

	if (split.limit)
		return hosted_split_make(&packs->small, &packs->large, dir,
					 &p->want, &p->have, &split, progress);
	ret = hosted_pack_make(&packs->small, dir, &p->want, &p->have,
			       progress);
	return MIN(ret, 0);
}

/*
 * One entry for all.  Who was faster may have changed what we compared with:
 * then each ref is judged again.  2: the packs are not what they shall be now.
 */
static int claim(struct pushing *p, const struct packs *packs)
{
	struct hosted *h = p->helper->hosted;
	int ret = 0;

	while (!ret) {
		struct hosted_change change = {
			.pack = packs->small.name ? &packs->small : NULL,
			.large = packs->large.name ? &packs->large : NULL,
			.options = &p->helper->options,
			.algo = algo_of(p),
		};
		char *head;

		if (hosted_now(h)->split != packs->split)
			return 2;
		ret = wishes_judge(p, hosted_now(h), change.algo);
		if (ret <= 0)
			return ret;
		head = wishes_head(p, hosted_now(h));
		change.head = head;
		change.updates = wishes_updates(p, &change.n);
		hosted_owe(h, &p->helper->medo.git);
		ret = hosted_claim(h, &change);
		free(change.updates);
		free(head);
		if (!ret) {
			hosted_paid(h, &p->helper->medo.git);
			ret = hosted_load(h, true);
		}
	}
	return ret;
}

static int send_packs(struct pushing *p, const char *dir, struct packs *packs)
{
	struct hosted *h = p->helper->hosted;
	int ret = 0;

	packs->split = hosted_now(h)->split;
	if (p->want.n)
		ret = hosted_able(h);
	if (!ret && p->want.n)
		ret = make(p, dir, packs);
	if (!ret && packs->large.name)
		ret = hosted_pack_put(h, dir, &packs->large);
	if (!ret && packs->small.name)
		ret = hosted_pack_put(h, dir, &packs->small);
	return ret ? ret : claim(p, packs);
}

static int send(struct pushing *p, const char *dir)
{
	struct helper *helper = p->helper;
	struct packs packs = { .split = 0 };
	int ret = push_whole(p);

	if (!ret)
		ret = need_hosted(helper);
	if (!ret && p->want.n)
		ret = push_pointers(p);
	if (!ret)
		ret = send_packs(p, dir, &packs);
	while (ret == 2) {
		packs_release(&packs);
		ret = send_packs(p, dir, &packs);
	}
	if (ret > 0) {
		hosted_pushed(helper->hosted, &helper->medo.git,
			      packs.small.name ? &packs.small : NULL,
			      packs.large.name ? &packs.large : NULL);
		hosted_hints(helper->hosted, &helper->medo.git);
		hosted_fold(helper->hosted, &helper->medo.git, dir);
		hosted_memorise(helper->hosted, &helper->medo.git);
	}
	packs_release(&packs);
	return MIN(ret, 0);
}

static int in_stage(struct pushing *p)
{
	const char *common = p->helper->medo.git.common;
	char *dir = xstrfmt("%s/silo", common);
	char *objects = xstrfmt("%s/objects", common);
	struct stage stage = STAGE_INIT;
	int ret = temp_mkdirs(dir, 0);

	if (!ret) {
		temp_sweep(dir);
		temp_sweep(objects);
		ret = stage_open(&stage, dir);
	}
	if (!ret)
		ret = gather(p);
	if (!ret)
		ret = send(p, stage_path(&stage));
	stage_drop(&stage);
	free(objects);
	free(dir);
	return ret;
}

static int current_branch(struct pushing *p)
{
	static const char *const argv[] = {
		"git", "symbolic-ref", "-q", "HEAD", NULL
	};
	struct run run = { .argv = argv, .quiet = true };
	struct buf said = BUF_INIT;
	int ret = run_capture(&run, &said, 65536);

	if (!ret) {
		said.ptr[strcspn(said.ptr, "\n")] = '\0';
		p->current = xstrdup(said.ptr);
	}
	buf_release(&said);
	return MIN(ret, 0);
}

static void release(struct pushing *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->wishes[i].src);
		free(p->wishes[i].dst);
		free(p->wishes[i].why);
	}
	free(p->wishes);
	free(p->current);
	strs_release(&p->want);
	strs_release(&p->have);
}

int do_push(struct helper *helper)
{
	struct pushing p = { .helper = helper };
	int ret = helper->hosted ? 0 : helper_load(helper, true);

	if (ret)
		goto out;
	if (!helper->medo.git.dir) {
		ret = fail(FAIL_REQUEST, "not in a git repository");
		goto out;
	}
	ret = wishes_take(&p);
	if (!ret)
		ret = current_branch(&p);
	if (!ret)
		ret = wishes_judge(&p, helper_state(helper), algo_of(&p));
	if (ret > 0)
		ret = helper->dry_run ? 0 : in_stage(&p);
	if (!ret)
		report(&p);
out:
	release(&p);
	strs_release(&helper->cas);
	helper->listed = false;
	return ret;
}
