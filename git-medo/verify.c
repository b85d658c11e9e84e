/*
 * git medo verify: are the trees that git points to really there, and are
 * they what their pointers say?
 */
#include "git-medo/cmd.h"
#include "base/temp.h"
#include "medo/expand.h"
#include "medo/fetch.h"
#include "medo/gate.h"
#include "medo/vouch.h"

static const char *const usage[] = {
	"git medo verify [<options>] [<treeptr>|<dir>...]",
	"git medo verify [<options>] --staged",
	"git medo verify [<options>] --range <revs> [--remote]",
	NULL
};

struct verify {
	struct medo medo;
	struct talk talk;
	struct rows rows;
	int remote;
	int deep;
	struct vouch store;
	struct vouch cache;
	struct meter *meter;
	unsigned bad;
};

/*
 * One bad tree must not hide the next: a verdict is printed and the walk
 * goes on.  Trouble that says nothing about the tree (the network, the disk,
 * Ctrl-C) ends the walk instead.
 */
static int verdict(struct verify *v, int ret, const char *path)
{
	const char *word = ret == FAIL_MISSING ? "missing" :
			   ret == FAIL_CORRUPT ? "corrupt" :
			   ret == FAIL_FORMAT ? "malformed" : NULL;

	if (!word)
		return ret;
	rows_str(&v->rows, "verdict", word);
	rows_str(&v->rows, "path", path);
	rows_end(&v->rows);
	fflush(stdout);
	if (strstr(fail_text(), quoted(path)))
		say("error: ", "%s", fail_text());
	else
		say("error: ", "'%s': %s", quoted(path), fail_text());
	fail_clear();
	v->bad++;
	return 0;
}

static int check_in(struct verify *v, struct silo *silo, struct vouch *vouch,
		    const struct silo_expect *expect)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_blob(silo, &expect->id, &blob);

	if (ret)
		return ret;
	if (!v->deep && vouch_knows(vouch, &blob, expect))
		meter_add(v->meter, *expect->size);
	else
		ret = blob_read(&blob, expect, medo_pool(&v->medo), NULL,
				v->meter);
	if (!ret)
		vouch_add(vouch, &blob, expect);
	else
		ret = fail_in(ret, "blob in '%s'", quoted(silo_url(silo)));
	blob_close(&blob);
	return ret;
}

static int check_near(struct verify *v, const struct silo_expect *expect)
{
	struct silo *silo;
	int ret = FAIL_MISSING;

	if (v->medo.git.common) {
		ret = medo_store(&v->medo, &silo);
		if (!ret)
			ret = check_in(v, silo, &v->store, expect);
	}
	if (ret == FAIL_MISSING) {
		ret = medo_cache(&v->medo, &silo);
		if (!ret)
			ret = check_in(v, silo, &v->cache, expect);
	}
	if (ret == FAIL_MISSING)
		ret = fail(FAIL_MISSING, "its blob is not on this disk; get it "
			   "with git medo fetch, or ask the silos with "
			   "--remote");
	return ret;
}

/* In every silo that has it, it must be right; one at least must have it. */
static int check_far(struct verify *v, const char *path,
		     const struct silo_expect *expect)
{
	struct silo_list list = SILO_LIST_INIT;
	int ret = medo_silos(&v->medo, path, &list);
	size_t have = 0;

	for (size_t i = 0; !ret && i < list.n; i++) {
		struct silo *silo;

		ret = medo_far(&v->medo, list.v[i].url, false, &silo);
		if (!ret)
			ret = silo_read(silo, expect, medo_pool(&v->medo), NULL,
					v->meter);
		have += !ret;
		if (ret == FAIL_MISSING)
			ret = 0;
	}
	if (!ret && !have)
		ret = fail(FAIL_MISSING, "its blob is not in %s",
			   list.n ? "any of its silos" :
			   "a silo: no SILO.json names one");
	silo_list_release(&list);
	return ret;
}

static int check_pointer(struct verify *v, const char *path)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct silo_expect expect;
	int ret = treeptr_load(&ptr, path);

	if (!ret) {
		expect = medo_expect(&ptr);
		ret = v->remote ? check_far(v, path, &expect) :
		      check_near(v, &expect);
	}
	treeptr_release(&ptr);
	return ret ? verdict(v, ret, path) : stop_check();
}

/* The trees that expand made below `dest`, by the records that it left. */
static int check_dest(struct verify *v, const char *dest)
{
	struct strs rels = STRS_INIT;
	int ret = expand_list(dest, &rels);

	if (ret == FAIL_MISSING)
		ret = fail(FAIL_MISSING, "'%s' holds nothing that git medo "
			   "expand made", quoted(dest));
	for (size_t i = 0; !ret && i < rels.n; i++) {
		char *copy = expand_copy_path(dest, rels.v[i]);
		char *place = xstrfmt("%s/%s", dest, rels.v[i]);
		struct treeptr ptr = TREEPTR_INIT;

		ret = treeptr_load(&ptr, copy);
		if (!ret)
			ret = expand_check(&v->medo, dest, rels.v[i], &ptr,
					   copy, v->deep);
		if (ret)
			ret = verdict(v, ret, place);
		treeptr_release(&ptr);
		free(place);
		free(copy);
	}
	strs_release(&rels);
	return ret;
}

static int check_all(struct verify *v, const char **argv, int n,
		     struct strs *dests)
{
	struct gather g = GATHER_INIT;
	int ret = 0;

	/* What expand filled; there may be pointers besides. */
	for (int i = 0; !ret && i < n; i++) {
		int dest = gather_is_dest(argv[i]);

		if (dest < 0)
			ret = dest;
		else if (dest)
			strs_add(dests, argv[i]);
	}
	if (!ret && (n || !dests->n))
		ret = gather(&g, &v->medo, argv);
	for (size_t i = 0; !ret && i < g.n; i++)
		ret = check_pointer(v, g.v[i].path);
	for (size_t i = 0; !ret && i < dests->n; i++)
		ret = check_dest(v, dests->v[i]);
	gather_release(&g);
	return ret;
}

static int load_vouches(struct verify *v)
{
	struct silo *silo;
	int ret = 0;

	if (v->medo.git.common) {
		ret = medo_store(&v->medo, &silo);
		if (!ret)
			vouch_load(&v->store, silo);
	}
	if (!ret)
		ret = medo_cache(&v->medo, &silo);
	if (!ret)
		vouch_load(&v->cache, silo);
	return ret;
}

static void tell(void *data, const struct gate_fault *fault)
{
	struct verify *v = data;

	if (fault->commit)
		rows_str(&v->rows, "commit", fault->commit);
	rows_str(&v->rows, "path", fault->path);
	rows_str(&v->rows, "reason", fault->why);
	rows_str(&v->rows, "mend", fault->mend);
	rows_end(&v->rows);
}

static int check_gate(struct verify *v, const char *range)
{
	struct gate gate = {
		.medo = &v->medo, .tell = tell, .data = v,
		.remote = v->remote,
	};
	int ret = range ? gate_range(&gate, range) : gate_staged(&gate);

	v->bad += gate.faults != 0;
	return ret;
}

int cmd_verify(int argc, const char **argv)
{
	struct verify v = { .medo = MEDO_INIT };
	struct strs dests = STRS_INIT;
	const char *range = NULL;
	int staged = 0;
	const struct opt opts[] = {
		OPT_STRS(0, "dest", &dests, "dir",
			 "the trees expanded there as well"),
		OPT_BOOL(0, "deep", &v.deep,
			 "read every byte, whatever was verified before"),
		OPT_BOOL(0, "remote", &v.remote,
			 "ask the silos, not store and cache"),
		OPT_BOOL(0, "staged", &staged,
			 "what the next commit would bring"),
		OPT_STR(0, "range", &range, "revs",
			"what these commits bring, as for git rev-list"),
		TALK_OPTS(&v.talk),
		ROWS_OPTS(&v.rows),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;

	if ((staged || range) && (n || dests.n || (staged && range)))
		opt_usage(usage, opts, "--staged and --range go with nothing "
			  "else");
	ret = medo_open(&v.medo, staged || range ? MEDO_REPO : MEDO_ANYWHERE);
	talk_apply(&v.talk, &v.medo);
	if (staged || range) {
		ret = ret ? ret : check_gate(&v, range);
		goto out;
	}
	if (!ret)
		ret = load_vouches(&v);
	v.meter = medo_meter(&v.medo, "Verifying", METER_BYTES, 0);
	if (!ret)
		ret = check_all(&v, argv, n, &dests);
	meter_stop(v.meter);
	vouch_save(&v.store);
	vouch_save(&v.cache);
out:
	strs_release(&dests);
	medo_release(&v.medo);
	return ret ? ret : v.bad ? 1 : 0;
}
