#include "git-remote-silo/push_int.h"
#include "base/run.h"
#include "base/utf8.h"

static bool id_same(const struct id *a, const struct id *b)
{
	return a->algo == b->algo && (!a->algo || id_eq(a, b));
}

static bool is_utf8(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t c;

	for (; len; s += n, len -= n)
		if (!(n = utf8_next(s, len, &c)))
			return false;
	return true;
}

/* 1: from `old` to `new` nothing is lost; 0; 2: we do not have `old`. */
static int fast_forward(const struct wish *wish)
{
	char old[ID_HEX_MAX], new[ID_HEX_MAX], commit[ID_HEX_MAX + 16];
	const char *const has[] = { "git", "cat-file", "-e", commit, NULL };
	const char *const argv[] = {
		"git", "merge-base", "--is-ancestor", old, new, NULL
	};
	struct run run = { .argv = has, .quiet = true };
	struct buf said = BUF_INIT;
	int ret;

	id_hex(&wish->old, old);
	id_hex(&wish->new, new);
	snprintf(commit, sizeof(commit), "%s^{object}", old);
	ret = run_capture(&run, &said, 4096);
	if (ret > 0) {
		ret = 2;
	} else if (!ret) {
		run.argv = argv;
		ret = run_capture(&run, &said, 4096);
		ret = ret < 0 ? ret : !ret;
	}
	buf_release(&said);
	return ret;
}

/* What git's own receiving side would not have, and what git does not see. */
static const char *never(const struct wish *wish,
			 const struct hosted_state *state, enum id_algo algo)
{
	if (!hosted_ref_ok(wish->dst))
		return "funny refname";
	if (!is_utf8(wish->dst))
		return "the name is not UTF-8";
	if (wish->new.algo && wish->new.algo != algo)
		return "another object format";
	if (!wish->new.algo && state->head &&
	    !strcmp(state->head, wish->dst))
		return "deletion of the current branch prohibited";
	if (wish->new.algo && starts_with(wish->dst, "refs/heads/") &&
	    !wish->commit)
		return "not a commit";
	return NULL;
}

/* Others may have pushed since git compared. */
static int judge_old(struct wish *wish)
{
	bool moved = !id_same(&wish->old, &wish->seen);
	int ret;

	if (wish->leased) {
		if (!id_same(&wish->old, &wish->lease))
			wish->no = "stale info";
		return 0;
	}
	if (wish->force || !wish->new.algo) {
		if (moved)
			wish->no = "fetch first";
		return 0;
	}
	if (!wish->old.algo)
		return 0;
	if (starts_with(wish->dst, "refs/tags/")) {
		wish->no = "already exists";
		return 0;
	}
	if (!moved && wish->forward)
		return 0;
	ret = fast_forward(wish);
	wish->forward = ret == 1 && !moved;
	if (ret == 2)
		wish->no = "fetch first";
	else if (!ret)
		wish->no = "non-fast forward";
	return MIN(ret, 0);
}

static int judge_one(struct wish *wish, const struct hosted_state *state,
		     enum id_algo algo)
{
	const struct hosted_ref *ref = hosted_find(state, wish->dst);

	wish->old = ref ? ref->id : (struct id){ .algo = ID_NONE };
	if (!wish->looked)
		wish->seen = wish->old;
	wish->looked = true;
	wish->same = false;
	if (wish->no || wish->why)
		return 0;
	wish->no = never(wish, state, algo);
	if (wish->no)
		return 0;
	wish->same = id_same(&wish->old, &wish->new);
	return wish->same ? 0 : judge_old(wish);
}

struct hosted_update *wishes_updates(const struct pushing *p, size_t *n)
{
	struct hosted_update *updates = xcalloc(p->n + 1, sizeof(*updates));

	*n = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct wish *wish = &p->wishes[i];

		if (wish_stands(wish))
			updates[(*n)++] = (struct hosted_update){
				wish->dst, wish->old, wish->new, wish->peeled
			};
	}
	return updates;
}

/* 1: one more was refused, so things look different; 0. */
static int find_conflict(struct pushing *p, const struct hosted_state *state,
			 enum id_algo algo)
{
	struct hosted_state next = HOSTED_STATE_INIT;
	struct hosted_change change = { .algo = algo };
	const char *other;
	int found = 0;

	change.updates = wishes_updates(p, &change.n);
	hosted_would_be(&next, state, &change);
	for (size_t i = p->n; !found && i; i--) {
		struct wish *wish = &p->wishes[i - 1];

		if (!wish_stands(wish) || !wish->new.algo)
			continue;
		other = hosted_conflict(&next, wish->dst);
		if (!other)
			continue;
		wish->why = xstrfmt("'%s' exists; cannot create '%s'", other,
				    wish->dst);
		found = 1;
	}
	hosted_state_release(&next);
	free(change.updates);
	return found;
}

static int cmp_dst(const void *a, const void *b)
{
	return strcmp((*(struct wish *const *)a)->dst,
		      (*(struct wish *const *)b)->dst);
}

/* One ref, two values in one push: git's own sender refuses that, too. */
static void find_twins(struct pushing *p)
{
	struct wish **order = xcalloc(p->n + 1, sizeof(*order));

	for (size_t i = 0; i < p->n; i++)
		order[i] = &p->wishes[i];
	qsort(order, p->n, sizeof(*order), cmp_dst);
	for (size_t i = 1; i < p->n; i++)
		if (!strcmp(order[i]->dst, order[i - 1]->dst))
			order[i]->no = order[i - 1]->no =
				"the ref is named twice";
	free(order);
}

static bool is_compared(const struct wish *wish)
{
	return !wish->looked && !wish->force && wish->new.algo && wish->commit;
}

/*
 * What git knows to be no fast-forward it does not ask for; but it does ask
 * where it lacks the old value, or that is no commit (git 2.39).  Two
 * processes for each of ten thousand branches would take minutes.
 */
static int believe(struct pushing *p, const struct hosted_state *state)
{
	static const char *const argv[] = {
		"git", "cat-file", "--batch-check=%(objecttype)", "--buffer",
		NULL
	};
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct run run = { .argv = argv };
	const struct hosted_ref *ref;
	char hex[ID_HEX_MAX], *save = NULL, *line;
	int ret = 0;

	for (size_t i = 0; i < p->n; i++)
		if (is_compared(&p->wishes[i]) &&
		    (ref = hosted_find(state, p->wishes[i].dst)))
			buf_addf(&input, "%s\n", id_hex(&ref->id, hex));
	run.input = input.ptr;
	run.input_len = input.len;
	if (input.len)
		ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git cat-file failed");
	line = said.len ? strtok_r(said.ptr, "\n", &save) : NULL;
	for (size_t i = 0; !ret && line && i < p->n; i++) {
		if (!is_compared(&p->wishes[i]) ||
		    !hosted_find(state, p->wishes[i].dst))
			continue;
		p->wishes[i].forward = !strcmp(line, "commit");
		line = strtok_r(NULL, "\n", &save);
	}
	buf_release(&said);
	buf_release(&input);
	return ret;
}

int wishes_judge(struct pushing *p, const struct hosted_state *state,
		 enum id_algo algo)
{
	const struct helper *helper = p->helper;
	int ret = 0, left = 0;
	bool refused = false;

	find_twins(p);
	if (helper->listed && helper->listed_n == state->n)
		ret = believe(p, state);
	for (size_t i = 0; ret >= 0 && i < p->n; i++)
		ret = judge_one(&p->wishes[i], state, algo);
	while (ret >= 0 && find_conflict(p, state, algo))
		;
	for (size_t i = 0; i < p->n; i++)
		refused |= p->wishes[i].no || p->wishes[i].why;
	for (size_t i = 0; i < p->n; i++) {
		struct wish *wish = &p->wishes[i];

		if (refused && helper->atomic && wish_stands(wish))
			wish->no = "atomic push failed";
		left += wish_stands(wish);
	}
	return ret < 0 ? ret : left;
}

/* -o head=BRANCH; else, the first time, what a clone shall check out. */
static char *asked_head(struct pushing *p)
{
	const struct strs *options = &p->helper->options;
	char *head = NULL;

	for (size_t i = 0; i < options->n; i++) {
		const char *value = options->v[i];

		if (!starts_with(value, "head="))
			continue;
		value += strlen("head=");
		free(head);
		head = starts_with(value, "refs/") ? xstrdup(value) :
		       xstrfmt("refs/heads/%s", value);
	}
	return head;
}

static int rank(const struct pushing *p, const struct wish *wish)
{
	if (!wish_stands(wish) || !wish->new.algo ||
	    !starts_with(wish->dst, "refs/heads/"))
		return 0;
	if (p->current && !strcmp(wish->src, p->current))
		return 4;
	return !strcmp(wish->dst, "refs/heads/main") ? 3 :
	       !strcmp(wish->dst, "refs/heads/master") ? 2 : 1;
}

char *wishes_head(struct pushing *p, const struct hosted_state *state)
{
	char *asked = asked_head(p);
	const char *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct wish *wish = &p->wishes[i];

		if (asked && !strcmp(asked, wish->dst) && wish->new.algo &&
		    rank(p, wish))
			return asked;
		if (rank(p, wish) > best_rank) {
			best_rank = rank(p, wish);
			best = wish->dst;
		}
	}
	if (asked && starts_with(asked, "refs/heads/") &&
	    hosted_find(state, asked))
		return asked;
	if (asked)
		say("warning: ", "HEAD stays as it is: there is no branch "
		    "'%s'", quoted(asked));
	free(asked);
	return state->head || !best ? NULL : xstrdup(best);
}
