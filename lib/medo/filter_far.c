#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/fetch.h"
#include "medo/filter_int.h"

/*
 * What is not on this disk is fetched by the program that links the network:
 * git-medo--full fetch --stdin, one for all that git wants at once.  What it
 * says goes to stderr; what it brought is found in the cache afterwards.
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
	const char *argv[] = {
		program, "fetch", "--stdin", "--quiet",
		treeish ? at : NULL, NULL
	};
	struct run run = {
		.argv = argv, .dir = f->medo.git.top, .input = input->ptr,
		.input_len = input->len,
	};
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 1 << 20);

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

int filter_ready(struct filter *f, struct strs *paths)
{
	struct buf input = BUF_INIT;
	const char *treeish = NULL;
	bool any = false;
	int ret = 0;

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
	if (!files)
		return;
	fprintf(stderr, "%" PRIu64 " file%s (%.1f MB) %s not here: git medo "
		"get\n", files, files == 1 ? "" : "s", (double)bytes / 1e6,
		files == 1 ? "is" : "are");
	if (f->why)
		fprintf(stderr, "  %s\n", f->why);
}

int filter_finish(struct filter *f)
{
	struct swap_result result = SWAP_RESULT_INIT;
	int ret = 0;

	if (f->packer) {
		ret = packer_finish(f->packer);
		packer_free(f->packer);
		f->packer = NULL;
	}
	if (f->swap && !ret)
		ret = swap_run(f->swap, &result);
	if (!f->why && result.missing_why)
		f->why = xstrdup(result.missing_why);
	say_absent(f, f->absent + result.missing,
		   f->absent_bytes + result.missing_bytes);
	swap_result_release(&result);
	return ret;
}
