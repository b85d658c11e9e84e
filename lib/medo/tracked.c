#include "base/base.h"
#include "base/fail.h"
#include "base/run.h"
#include "medo/tracked.h"

int tracked_list(struct medo *medo, const char *const *operands,
		 struct strs *out)
{
	struct strs specs = STRS_INIT;
	struct buf text = BUF_INIT;
	struct run run;
	const char **argv;
	size_t n = 0;
	int ret;

	if (!medo->git.top)
		return fail(FAIL_REQUEST, "this command needs a work tree");
	if (!*operands)
		strs_add(&specs, ":(top,attr:filter=medo)");
	for (; *operands; operands++)
		strs_addf(&specs, ":(attr:filter=medo)%s", *operands);
	argv = xcalloc(specs.n + 6, sizeof(*argv));
	argv[n++] = "git";
	argv[n++] = "ls-files";
	argv[n++] = "-z";
	argv[n++] = "--full-name";
	argv[n++] = "--";
	for (size_t i = 0; i < specs.n; i++)
		argv[n++] = specs.v[i];
	run = (struct run){ .argv = argv };
	ret = run_capture(&run, &text, 0);
	if (ret > 0)
		ret = fail(FAIL_REQUEST, "git ls-files does not know these "
			   "paths");
	for (const char *p = text.ptr; !ret && p < text.ptr + text.len;
	     p += strlen(p) + 1)
		if (!out->n || strcmp(out->v[out->n - 1], p))
			strs_add(out, p);
	free(argv);
	buf_release(&text);
	strs_release(&specs);
	return ret;
}

/* 1: the index has a pointer there. */
static int from_index(const struct medo *medo, const char *path,
		      struct treeptr *out)
{
	const char *top = medo->git.top;
	size_t len = strlen(top);
	char *name = *path != '/' ? xstrfmt(":0:./%s", path) :
		     !strncmp(path, top, len) && path[len] == '/' ?
		     xstrfmt(":0:%s", path + len + 1) : NULL;
	const char *argv[] = { "git", "cat-file", "blob", name, NULL };
	struct run run = { .argv = argv, .quiet = true };
	struct buf text = BUF_INIT;
	int ret = name ? run_capture(&run, &text, TREEPTR_MAX) : 1;

	if (!ret)
		ret = !treeptr_likely(text.ptr, text.len) ||
		      treeptr_parse(out, text.ptr, text.len, path);
	fail_clear();
	buf_release(&text);
	free(name);
	return !ret;
}

int tracked_pointer(struct medo *medo, const char *path, struct treeptr *out)
{
	int ret = treeptr_load(out, path);
	char *why;

	if (ret != FAIL_FORMAT || !medo->git.top)
		return ret;
	why = xstrdup(fail_text());
	if (from_index(medo, path, out))
		ret = 0;
	else
		fail_adopt(why);
	free(why);
	return ret;
}
