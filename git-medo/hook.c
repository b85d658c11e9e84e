/*
 * git medo hook: what the shims in hooks/ call.  The light program finds out
 * whether there is anything to do; what needs network or libgit2 is done by
 * the full one, under the same name.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/run.h"
#include "medo/gate.h"
#include "model/repo.h"
#ifndef MEDO_LIGHT
#include "medo/push.h"
#include "medo/swap.h"
#include "medo/sync.h"
#endif

#include <sys/stat.h>

#define REFS_MAX ((size_t)1 << 30)

static const char *const usage[] = {
	"git medo hook pre-commit",
	"git medo hook pre-push <remote> <url>",
	"git medo hook post-checkout <old> <new> <flag>",
	"git medo hook post-merge <squash>",
	NULL
};

static void tell(void *data UNUSED, const struct gate_fault *fault)
{
	say("error: ", "'%s': %s; mend it with: %s", quoted(fault->path),
	    fault->why, quoted(fault->mend));
}

static int pre_commit(const char **argv UNUSED)
{
	struct medo medo = MEDO_INIT;
	struct gate gate = { .medo = &medo, .tell = tell };
	int ret = gate_staged(&gate);

	medo_release(&medo);
	return ret ? ret : gate.faults ? 1 : 0;
}

/* "LOCAL-REF LOCAL-OID REMOTE-REF REMOTE-OID\n", zeros where there is none. */
static int take_refs(const struct buf *text, const char *remote,
		     struct strs *revs)
{
	struct strs old = STRS_INIT;
	char *save, *copy = xstrdup(text->ptr);
	int ret = 0;

	strs_add(revs, "--ignore-missing");
	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *word[4], *inner;

		for (size_t i = 0; i < 4; i++)
			word[i] = strtok_r(i ? NULL : line, " ", &inner);
		if (!word[3] || word[1][strspn(word[1], "0123456789abcdef")] ||
		    word[3][strspn(word[3], "0123456789abcdef")]) {
			ret = fail(FAIL_FORMAT, "git names no refs to push on "
				   "standard input");
			break;
		}
		if (word[1][strspn(word[1], "0")])
			strs_add(revs, word[1]);
		if (word[3][strspn(word[3], "0")])
			strs_add(&old, word[3]);
	}
	/* What the remote had when we last looked, and what it has now. */
	if (!ret && revs->n > 1) {
		for (size_t i = 0; i < old.n; i++)
			strs_addf(revs, "^%s", old.v[i]);
		strs_add(revs, "--not");
		strs_addf(revs, "--remotes=%s", remote);
	} else {
		strs_release(revs);
		*revs = (struct strs)STRS_INIT;
	}
	strs_release(&old);
	free(copy);
	return ret;
}

#ifdef MEDO_LIGHT
static int become_full(const char *name, const char **argv)
{
	char *path = run_beside("git-medo--full");
	const char *all[8] = { "git-medo", "hook", name };

	for (size_t i = 0; i < 4 && argv[i]; i++)
		all[3 + i] = argv[i];
	execv(path, (char **)all);
	free(path);
	return fail_errno("cannot run 'git-medo--full'");
}

/* It reads again what git told us. */
static int rewind_stdin(const struct buf *text)
{
	FILE *file = tmpfile();
	int ret = 0;

	if (!file)
		return fail_errno("cannot make a temporary file");
	if (fwrite(text->ptr, 1, text->len, file) != text->len ||
	    fflush(file) || lseek(fileno(file), 0, SEEK_SET) ||
	    dup2(fileno(file), 0) < 0)
		ret = fail_errno("cannot write a temporary file");
	fclose(file);
	return ret;
}

static int found_one(void *data UNUSED, const char *path UNUSED,
		     const char *text, size_t len)
{
	return treeptr_likely(text, len) ? 1 : 0;
}

static int pre_push(const char **argv)
{
	struct strs revs = STRS_INIT;
	struct buf text = BUF_INIT;
	int ret;

	/* git-remote-silo brings the blobs itself, hook or no hook. */
	if (starts_with(argv[1], "silo::") || starts_with(argv[1], "silo://"))
		return 0;
	ret = file_read_fd(0, "standard input", REFS_MAX, &text);
	if (!ret)
		ret = take_refs(&text, argv[0], &revs);
	if (!ret && revs.n)
		ret = repo_each_small(strs_argv(&revs), NULL, found_one,
				      NULL);
	if (ret > 0)
		ret = rewind_stdin(&text);
	else if (!ret)
		goto out;
	if (!ret)
		ret = become_full("pre-push", argv);
out:
	strs_release(&revs);
	buf_release(&text);
	return ret;
}

/* What a filter left undone names it in $GIT_DIR/medo/pending. */
static bool any_pending(void)
{
	const char *dir = getenv("GIT_DIR");
	struct buf text = BUF_INIT;
	char *path;
	bool any;

	if (!dir && !file_read(".git", 65536, &text) &&
	    starts_with(text.ptr, "gitdir: ")) {
		buf_setlen(&text, 8 + strcspn(text.ptr + 8, "\n"));
		dir = text.ptr + 8;
	}
	fail_clear();
	path = xstrfmt("%s/medo/pending", dir ? dir : ".git");
	any = !access(path, F_OK);
	free(path);
	buf_release(&text);
	return any;
}

/* Most checkouts end here: no pointer of a tree changed, nothing is left. */
static int after(const char *name, const char **argv, bool changed)
{
	return changed || any_pending() ? become_full(name, argv) : 0;
}
#else
static int upload(struct medo *medo, struct strs *revs)
{
	struct push_opts how = { .dry_run = false };
	struct push_result result = { 0, 0, 0, 0 };
	struct reach r = REACH_INIT;
	bool incomplete;
	int ret = gitdir_get_bool(&medo->git, "medo.allowincompletepush",
				  false, &incomplete);

	if (!ret)
		ret = reach_history(&r, medo, strs_argv(revs), NULL);
	if (!ret && r.ids.n)
		ret = push_blobs(medo, &r, &how, &result);
	reach_release(&r);
	if (ret && ret != FAIL_STOPPED && incomplete) {
		say("warning: ", "%s; pushing all the same, as "
		    "medo.allowIncompletePush says", fail_text());
		fail_clear();
		return 0;
	}
	if (!ret || ret == FAIL_STOPPED)
		return ret;
	say("error: ", "%s", fail_text());
	say("hint: ", "nothing was pushed; 'git -c "
	    "medo.allowIncompletePush=true push' pushes without the blobs");
	return fail_exit_code(ret);
}

static int pre_push(const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct strs revs = STRS_INIT;
	struct buf text = BUF_INIT;
	int ret = file_read_fd(0, "standard input", REFS_MAX, &text);

	if (!ret)
		ret = take_refs(&text, argv[0], &revs);
	if (!ret && revs.n)
		ret = medo_open(&medo, MEDO_REPO);
	/* The user has typed this URL: below it he writes already. */
	if (!ret && argv[0])
		medo.pushing_to = argv[1];
	if (!ret && revs.n)
		ret = upload(&medo, &revs);
	strs_release(&revs);
	buf_release(&text);
	medo_release(&medo);
	return ret;
}

/* The checkout itself has happened: whatever goes wrong here is said only. */
static int complain(int ret)
{
	if (ret >= 0 || ret == FAIL_STOPPED)
		return MIN(ret, 0);
	say("warning: ", "%s", fail_text());
	fail_clear();
	return 0;
}

static int after(const char *name UNUSED, const char **argv UNUSED,
		 bool changed)
{
	struct swap_result left = SWAP_RESULT_INIT;
	struct sync_result result = { .made = 0 };
	struct sync_opts how = { .only_checkout = true };
	struct medo medo = MEDO_INIT;
	int ret = medo_open(&medo, MEDO_WORK_TREE);

	medo.quiet = true;
	if (!ret)
		ret = complain(swap_resume(&medo, &left));
	if (!ret && changed)
		ret = complain(sync_all(&medo, medo.git.top, &how, &result));
	if (result.failed)
		say("hint: ", "git medo sync tries again");
	swap_result_release(&left);
	medo_release(&medo);
	return complain(ret);
}
#endif

/* 1 pointers or medos differ, 0 they do not; what git cannot tell is a 1. */
static int differ(const char *const *cmd, const char *a, const char *b)
{
	const char *argv[16];
	struct run run = { .argv = argv, .quiet = true };
	struct buf out = BUF_INIT;
	size_t n = 0;
	int ret;

	while (*cmd)
		argv[n++] = *cmd++;
	argv[n++] = a;
	if (b)
		argv[n++] = b;
	argv[n++] = "--";
	argv[n++] = ":(top,glob)**/*.treeptr";
	argv[n++] = ":(top,glob)**/MEDO.json";
	argv[n] = NULL;
	ret = run_capture(&run, &out, 65536);
	buf_release(&out);
	return ret < 0 ? ret : !!ret;
}

static const char *const diff_trees[] = {
	"git", "diff-tree", "--quiet", "-r", NULL
};
static const char *const diff_index[] = {
	"git", "diff-index", "--quiet", "--cached", NULL
};

static int post_checkout(const char **argv)
{
	int ret = 0;

	/* A new work tree: whatever is in it is new. */
	if (!argv[0][strspn(argv[0], "0")])
		ret = 1;
	else if (!strcmp(argv[2], "1") && strcmp(argv[0], argv[1]))
		ret = differ(diff_trees, argv[0], argv[1]);
	return ret < 0 ? ret : after("post-checkout", argv, ret);
}

static int post_merge(const char **argv)
{
	int ret = strcmp(argv[0], "1") ?
		  differ(diff_trees, "ORIG_HEAD", "HEAD") :
		  differ(diff_index, "ORIG_HEAD", NULL);

	return ret < 0 ? ret : after("post-merge", argv, ret);
}

static const struct hook {
	const char *name;
	int args;
	int (*fn)(const char **argv);
} hooks[] = {
	{ "pre-commit", 0, pre_commit },
	{ "pre-push", 2, pre_push },
	{ "post-checkout", 3, post_checkout },
	{ "post-merge", 1, post_merge },
};

int cmd_hook(int argc, const char **argv)
{
	const struct opt opts[] = { OPT_END };
	int n = opt_parse(argc, argv, opts, usage);

	for (size_t i = 0; n && i < ARRAY_SIZE(hooks); i++) {
		if (strcmp(argv[0], hooks[i].name))
			continue;
		if (n - 1 < hooks[i].args)
			opt_usage(usage, opts, "%s takes %d arguments",
				  hooks[i].name, hooks[i].args);
		return hooks[i].fn(argv + 1);
	}
	opt_usage(usage, opts, n ? "there is no such hook" :
		  "which hook?");
}
