#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/fetch.h"
#include "medo/filter_int.h"

/*
 * What is not on this disk is fetched by the program that links the network:
 * git-medo--full fetch --stdin, one for all that git wants at once.  What it
 * brought is found in the cache afterwards.
 */
static void add_record(struct buf *input, const char *path,
		       const struct buf *text)
{
	buf_add(input, path, strlen(path) + 1);
	buf_add(input, text->ptr, text->len + 1);
}

static int run_fetch(struct filter *f, const struct buf *input,
		     const char *treeish)
{
	char *program = run_beside("git-medo--full");
	char *at = xstrfmt("--treeish=%s", treeish ? treeish : "");
	bool watched = isatty(2);
	const char *argv[] = {
		program, "fetch", "--stdin", watched ? "--progress" : "--quiet",
		"--quiet", treeish ? at : NULL, NULL
	};
	/* What it cannot have is counted here, and said once, at the end. */
	struct run run = {
		.argv = argv, .dir = f->medo.git.top, .input = input->ptr,
		.input_len = input->len, .quiet = !watched,
	};
	struct buf out = BUF_INIT;
	int ret;

	pin_release(&f->pin);
	ret = run_capture(&run, &out, 1 << 20);

	buf_release(&out);
	free(program);
	free(at);
	/* A silo out of reach is no failure of the filter: pointers stay. */
	return ret < 0 && ret != FAIL_STOPPED ? 0 : ret > 0 ? 0 : ret;
}

int filter_fetch_one(struct filter *f, struct smudge *s)
{
	struct buf input = BUF_INIT;
	int ret;

	add_record(&input, s->path, &s->text);
	ret = run_fetch(f, &input, s->treeish);
	buf_release(&input);
	return ret;
}

void filter_fetch_later(struct filter *f, const struct smudge *s)
{
	add_record(&f->later, s->path, &s->text);
	if (s->treeish && !f->later_treeish)
		f->later_treeish = xstrdup(s->treeish);
}

int filter_ready(struct filter *f, struct strs *paths)
{
	struct buf input = BUF_INIT;
	const char *treeish = f->later_treeish;
	bool any = false;
	int ret = 0;

	/* One program for all: also for what will be swapped in. */
	SWAP(input, f->later);

	for (size_t i = 0; i < f->ndelayed; i++) {
		struct delayed *d = &f->delayed[i];

		if (d->offered)
			continue;
		add_record(&input, d->path, &d->text);
		treeish = treeish ? treeish : d->treeish;
		any = true;
	}
	if (any)
		ret = run_fetch(f, &input, treeish);
	for (size_t i = 0; !ret && i < f->ndelayed; i++)
		if (!f->delayed[i].offered) {
			f->delayed[i].offered = true;
			strs_add(paths, f->delayed[i].path);
		}
	buf_release(&input);
	return ret;
}

static void say_absent(const struct filter *f, uint64_t files, uint64_t bytes)
{
	static const char *const names[] = { "bytes", "kB", "MB", "GB", "TB" };
	double amount = (double)bytes;
	size_t unit = 0;

	if (!files)
		return;
	for (; amount >= 1000 && unit + 1 < ARRAY_SIZE(names); unit++)
		amount /= 1000;
	if (f->why)
		say("warning: ", "%s", f->why);
	fprintf(stderr, "%" PRIu64 " file%s (%.*f %s) %s not here: git medo "
		"get\n", files, files == 1 ? "" : "s", unit ? 1 : 0, amount,
		names[unit], files == 1 ? "is" : "are");
}

bool filter_is_worse(int code)
{
	return code && code != FAIL_MISSING && code != FAIL_NET &&
	       code != FAIL_DENIED;
}

int filter_finish(struct filter *f)
{
	struct swap_result result = SWAP_RESULT_INIT;
	int ret = 0;

	pin_release(&f->pin);
	if (f->packer) {
		ret = packer_finish(f->packer);
		packer_free(f->packer);
		f->packer = NULL;
	}
	if (f->later.len && !ret)
		ret = run_fetch(f, &f->later, f->later_treeish);
	if (f->swap && !ret)
		ret = swap_run(f->swap, &result);
	if (!f->why && filter_is_worse(result.missing_code))
		SWAP(f->why, result.missing_why);
	say_absent(f, f->absent + result.missing,
		   f->absent_bytes + result.missing_bytes);
	swap_result_release(&result);
	return ret;
}
