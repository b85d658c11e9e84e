#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "base/temp.h"
#include "medo/fetch.h"
#include "medo/gate_int.h"
#include "medo/gather.h"
#include "model/repo.h"

#define JSON_MAX ((size_t)1 << 20)
#define MAX_BLOB ((uint64_t)10 << 20)

struct round {
	struct gate *gate;
	struct changes changes;
	uint64_t max_blob;
	bool staged;
	struct strs named;	/* blobs (hex) that HEAD and its like name */
	bool named_read;
};

/* As a shell takes it; no backslash, which talk would double. */
static char *shell_word(const char *path)
{
	struct buf out = BUF_INIT;

	if (*path != '-' && !path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_./-+=@%,:")])
		return xstrdup(path);
	buf_addc(&out, '\'');
	for (const char *p = path; *p; p++) {
		if (*p == '\'')
			buf_adds(&out, "'\"'\"'");
		else
			buf_addc(&out, *p);
	}
	buf_addc(&out, '\'');
	return buf_detach(&out);
}

/* `mend` is a format with one or two %s for the path. */
static int fault(struct round *r, const struct change *c, const char *why,
		 const char *before, const char *after)
{
	char *word = shell_word(c->path);
	char *mend = xstrfmt("%s%s%s%s", before, *before ? word : "", after,
			     ends_with(after, " ") ? word : "");
	struct gate_fault f = {
		.commit = c->commit, .path = c->path, .why = why, .mend = mend,
	};

	r->gate->faults++;
	r->gate->tell(r->gate->data, &f);
	free(mend);
	free(word);
	return 0;
}

/* The waiting sentence as the reason. */
static int fault_said(struct round *r, const struct change *c,
		      const char *before, const char *after)
{
	const char *text = fail_text(), *shown = quoted(c->path);
	size_t n = strlen(shown);
	char *why;

	/* The path stands at the line's start already. */
	if (*text == '\'' && !strncmp(text + 1, shown, n) &&
	    starts_with(text + 1 + n, "': "))
		text += n + 4;
	why = xstrdup(text);
	fail_clear();
	fault(r, c, why, before, after);
	free(why);
	return 0;
}

static int read_blob(struct round *r, const struct change *c, size_t max,
		     struct buf *out)
{
	struct medo *medo = r->gate->medo;
	int ret;

	medo->cat.g = &medo->git;
	ret = catfile_get(&medo->cat, c->hex, max, out);
	return ret < 0 ? ret : ret ? 0 :
	       fail(FAIL_SYSTEM, "'%s': git cannot read its blob %s",
		    quoted(c->path), c->hex);
}

/* Blobs in the trees of HEAD and of what is being merged or picked. */
static int read_named(struct round *r)
{
	static const char *const heads[] = {
		"HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD",
		"REVERT_HEAD^", "REBASE_HEAD",
	};
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(heads); i++) {
		const char *const argv[] = {
			"git", "ls-tree", "-r", "-z", "--full-tree", heads[i],
			NULL
		};
		struct run run = { .argv = argv, .quiet = true };
		struct buf out = BUF_INIT;

		/* "MODE TYPE OID\tPATH\0" */
		ret = run_capture(&run, &out, 0);
		for (const char *p = out.ptr; !ret && p < out.ptr + out.len;
		     p += strlen(p) + 1) {
			const char *tab = strchr(p, '\t'), *oid = tab;

			while (oid && oid > p && oid[-1] != ' ')
				oid--;
			if (oid && starts_with(p, "100"))
				strs_addn(&r->named, oid, (size_t)(tab - oid));
		}
		ret = ret < 0 ? ret : 0;
		buf_release(&out);
	}
	strs_sort(&r->named);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A pointer that is history already was pushed with it, or moved here. */
static int is_named(struct round *r, const struct change *c)
{
	const char *key = c->hex;
	int ret = 0;

	if (strs_has(&r->changes.gone, c->hex))
		return 1;
	if (!r->named_read)
		ret = read_named(r);
	r->named_read = true;
	return ret ? ret : r->named.n &&
	       bsearch(&key, r->named.v, r->named.n, sizeof(*r->named.v),
		       by_name);
}

/* 1 a silo has it, 0 none. */
static int in_silos(struct round *r, const struct change *c,
		    const struct treeptr *ptr, bool *any)
{
	struct medo *medo = r->gate->medo;
	struct silo_expect expect = medo_expect(ptr);
	struct silo_list list = SILO_LIST_INIT;
	int ret, worst = 0;

	medo->treeish = c->commit;
	ret = medo_silos(medo, c->path, &list);
	*any = list.n;
	for (size_t i = 0; !ret && i < list.n; i++) {
		struct silo *far = NULL;

		ret = medo_far(medo, list.v[i].url, false, &far);
		if (!ret)
			ret = silo_seen(far, &expect, medo_pool(medo));
		if (ret < 0) {
			worst = ret;
			ret = ret == FAIL_STOPPED ? ret : 0;
		}
	}
	silo_list_release(&list);
	return ret ? ret : worst;
}

static int check_blob(struct round *r, const struct change *c,
		      const struct treeptr *ptr)
{
	bool any = true;
	int ret = r->gate->remote ? in_silos(r, c, ptr, &any) :
		  r->staged ? fetch_near(r->gate->medo, &ptr->id) : 1;

	if (!ret && r->staged && !r->gate->remote)
		ret = is_named(r, c);
	if (ret == FAIL_CORRUPT)
		return fault_said(r, c, "", "git medo push --all");
	if (ret)
		return ret < 0 ? ret : 0;
	if (r->gate->remote)
		return fault(r, c, any ? "its blob is not in any of its silos" :
			     "no SILO.json says where its blob is", "",
			     "git medo push --all");
	return fault(r, c, "its blob is nowhere on this disk, and HEAD does "
		     "not name it", "", c->filtered ? "git medo get -- " :
		     "git medo fetch -- ");
}

static int check_filtered(struct round *r, const struct change *c)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	int ret = 0;

	if (!c->size)
		return 0;
	if (c->size <= SMALL_MAX) {
		ret = read_blob(r, c, SMALL_MAX, &text);
		if (!ret && treeptr_likely(text.ptr, text.len))
			ret = treeptr_parse(&ptr, text.ptr, text.len, c->path);
		else if (!ret)
			ret = fail(FAIL_FORMAT, "no pointer");
	} else {
		ret = fail(FAIL_FORMAT, "no pointer");
	}
	if (!ret) {
		ret = check_blob(r, c, &ptr);
	} else if (ret == FAIL_FORMAT || ret == FAIL_DENIED) {
		fail_clear();
		ret = fault(r, c, "it has filter=medo, but what is staged is "
			    "no pointer: the filter did not see it",
			    "", "git medo install && git add --renormalize "
			    "-- ");
	}
	treeptr_release(&ptr);
	buf_release(&text);
	return ret;
}

static bool has_markers(const char *text)
{
	return starts_with(text, "<<<<<<< ") || strstr(text, "\n<<<<<<< ") ||
	       strstr(text, "\n>>>>>>> ");
}

static int check_treeptr(struct round *r, const struct change *c)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	int ret = 0;

	if (c->size > TREEPTR_MAX)
		return fault(r, c, "it is too large for a treeptr", "",
			     "git medo add <source> ");
	ret = read_blob(r, c, TREEPTR_MAX, &text);
	if (ret)
		goto out;
	ret = treeptr_parse(&ptr, text.ptr, text.len, c->path);
	if (ret == FAIL_FORMAT && has_markers(text.ptr)) {
		fail_clear();
		ret = fault(r, c, "it has conflict markers", "",
			    "git checkout --ours -- ");
	} else if (ret == FAIL_FORMAT || ret == FAIL_DENIED) {
		ret = fault_said(r, c, "", "git medo verify ");
	} else if (!ret && !treeptr_canonical(&ptr, text.ptr, text.len)) {
		ret = fault(r, c, "it is not in its one canonical spelling",
			    "git medo fix -- ", " && git add -- ");
	} else if (!ret) {
		ret = check_blob(r, c, &ptr);
	}
out:
	treeptr_release(&ptr);
	buf_release(&text);
	return ret;
}

static int check_json(struct round *r, const struct change *c, bool silo)
{
	struct silo_list list = SILO_LIST_INIT;
	struct policy policy = POLICY_INIT;
	struct buf text = BUF_INIT;
	int ret = 0;

	if (c->size > JSON_MAX)
		return fault(r, c, "it is over 1 MiB", "${EDITOR:-vi} ",
			     " && git add -- ");
	ret = read_blob(r, c, JSON_MAX, &text);
	if (!ret)
		ret = silo ? silo_list_parse(&list, text.ptr, text.len,
					     c->path) :
		      policy_parse(&policy, text.ptr, text.len, c->path);
	if (ret == FAIL_FORMAT || ret == FAIL_DENIED || ret == FAIL_REQUEST)
		ret = fault_said(r, c, "${EDITOR:-vi} ", " && git add -- ");
	silo_list_release(&list);
	policy_release(&policy);
	buf_release(&text);
	return ret;
}

static int check_size(struct round *r, const struct change *c)
{
	char *why;

	if (c->size <= r->max_blob)
		return 0;
	why = xstrfmt("it has %" PRIu64 " bytes, more than medo.maxBlob (%"
		      PRIu64 "), and no filter=medo", c->size, r->max_blob);
	fault(r, c, why, "git medo track --filename -- ",
	      " && git add --renormalize -- ");
	free(why);
	return 0;
}

static int check(struct round *r, const struct change *c)
{
	const char *base = file_basename(c->path);

	if (!c->regular || !c->there)
		return 0;
	if (c->filtered)
		return check_filtered(r, c);
	if (ends_with(base, TREEPTR_SUFFIX))
		return check_treeptr(r, c);
	if (!strcmp(base, "SILO.json") || !strcmp(base, "MEDO.json"))
		return check_json(r, c, *base == 'S');
	return check_size(r, c);
}

static int check_all(struct round *r)
{
	int ret = gitdir_get_u64(&r->gate->medo->git, "medo.maxblob", MAX_BLOB,
				 &r->max_blob);

	if (!ret)
		ret = changes_ask_size(&r->changes);
	for (size_t i = 0; !ret && i < r->changes.n; i++) {
		ret = check(r, &r->changes.v[i]);
		ret = ret ? ret : stop_check();
	}
	r->gate->medo->treeish = NULL;
	return ret;
}

static void round_release(struct round *r)
{
	strs_release(&r->named);
	changes_release(&r->changes);
}

/* Before the first commit there is no HEAD: against nothing, then. */
static int diff_index(struct buf *out)
{
	static const char *const none[] = {
		"git", "hash-object", "-t", "tree", "/dev/null", NULL
	};
	const char *argv[] = {
		"git", "diff-index", "--cached", "--raw", "-z", "--no-abbrev",
		"--no-renames", "HEAD", "--", NULL
	};
	struct run run = { .argv = argv, .quiet = true };
	char *tree;
	int ret = run_capture(&run, out, 0);

	if (ret <= 0)
		return ret;
	buf_reset(out);
	tree = gate_line(none);
	argv[7] = tree ? tree : "HEAD";
	ret = gate_git(argv, NULL, out, "git cannot compare index and HEAD");
	free(tree);
	return ret;
}

int gate_staged(struct gate *gate)
{
	struct round r = {
		.gate = gate, .changes = CHANGES_INIT, .staged = true,
		.named = STRS_INIT,
	};
	struct buf out = BUF_INIT;
	char *up = NULL;
	int ret = diff_index(&out);

	/* Most commits that hooks see are done here, or soon. */
	if (ret || !out.len)
		goto out;
	if (!gate->medo->git.dir) {
		ret = changes_parse(&r.changes, &out, "");
		if (ret || gate_nothing_of_ours(&r.changes))
			goto out;
		changes_release(&r.changes);
		ret = medo_open(gate->medo, MEDO_REPO);
	}
	if (ret)
		goto out;
	up = gather_way_up(gate->medo);
	ret = changes_parse(&r.changes, &out, up);
	if (!ret)
		ret = changes_ask_attr(r.changes.v, r.changes.n, NULL);
	if (!ret)
		ret = check_all(&r);
out:
	buf_release(&out);
	free(up);
	round_release(&r);
	return ret;
}

/* Attributes of that commit, by way of an index that nobody else sees. */
static int attrs_of(struct gate *gate, const char *commit, struct change *v,
		    size_t n)
{
	char *dir = xstrfmt("%s/medo/tmp", gate->medo->git.common);
	struct stage stage = STAGE_INIT;
	char *index = NULL, *env = NULL;
	struct buf out = BUF_INIT;
	int ret = temp_mkdirs(dir, 0);

	if (!ret)
		ret = stage_open(&stage, dir);
	if (!ret) {
		const char *argv[] = { "env", NULL, "git", "read-tree", commit,
				       NULL };

		index = xstrfmt("%s/index", stage_path(&stage));
		argv[1] = env = xstrfmt("GIT_INDEX_FILE=%s", index);
		ret = gate_git(argv, NULL, &out, "git read-tree failed");
	}
	if (!ret)
		ret = changes_ask_attr(v, n, index);
	buf_release(&out);
	stage_drop(&stage);
	free(index);
	free(env);
	free(dir);
	return ret;
}

/*
 * Attributes of the last commit serve for all, unless one of them changed
 * attributes: then each commit has its own.
 */
static int range_attrs(struct round *r)
{
	struct changes *c = &r->changes;
	bool each = false;
	int ret = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(file_basename(c->v[i].path), ".gitattributes"))
			each = true;
	for (size_t i = 0, k; !ret && i < c->n; i = k) {
		for (k = i; k < c->n; k++)
			if (each && c->v[k].commit != c->v[i].commit)
				break;
		ret = attrs_of(r->gate, c->v[i].commit, c->v + i, k - i);
	}
	return ret;
}

int gate_range(struct gate *gate, const char *revs)
{
	const char *const list[] = { "git", "rev-list", revs, "--", NULL };
	static const char *const diff[] = {
		"git", "diff-tree", "--stdin", "--root", "-r", "-c", "-z",
		"--raw", "--no-abbrev", "--no-renames", NULL
	};
	struct round r = {
		.gate = gate, .changes = CHANGES_INIT, .named = STRS_INIT,
	};
	struct buf commits = BUF_INIT, out = BUF_INIT;
	char *up = gather_way_up(gate->medo);
	int ret;

	if (*revs == '-')
		ret = fail(FAIL_REQUEST, "'%s' is no range of commits",
			   quoted(revs));
	else
		ret = gate_git(list, NULL, &commits,
			       "git rev-list cannot walk there");
	if (!ret && commits.len)
		ret = gate_git(diff, &commits, &out,
			       "git diff-tree cannot compare");
	if (!ret)
		ret = changes_parse(&r.changes, &out, up);
	if (!ret)
		ret = range_attrs(&r);
	if (!ret)
		ret = check_all(&r);
	buf_release(&commits);
	buf_release(&out);
	free(up);
	round_release(&r);
	return ret;
}
