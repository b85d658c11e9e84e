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
