/*
 * git medo expand: treeptrs become trees.
 */
#include "git-medo/cmd.h"
#include "medo/content.h"
#include "medo/expand.h"

static const char *const usage[] = {
	"git medo expand [<options>] <treeptr>|<dir>... <dest>",
	NULL
};

static int one(struct medo *medo, const struct found *f, const char *dest,
	       const struct expand_opts *opts, const struct talk *talk)
{
	static const char *const did[] = {
		[EXPAND_MADE] = "made", [EXPAND_REPLACED] = "replaced",
		[EXPAND_THERE] = "there",
	};
	struct treeptr ptr = TREEPTR_INIT;
	int ret = treeptr_load(&ptr, f->path);

	if (!ret)
		ret = expand_one(medo, f->path, f->name, &ptr, dest, opts);
	if (ret >= 0 && !talk->quiet) {
		char *shown = expand_shown(f->name, &ptr, dest, opts->relocate);

		printf("%s\t%s\n", did[ret], quoted(shown));
		free(shown);
	}
	treeptr_release(&ptr);
	return ret < 0 ? ret : 0;
}

/* One bad tree does not keep the others from their place. */
static int all(struct medo *medo, const struct gather *g, const char *dest,
	       const struct expand_opts *opts, const struct talk *talk)
{
	char *why = NULL;
	int worst = 0, ret = 0;

	for (size_t i = 0; i < g->n; i++) {
		ret = one(medo, &g->v[i], dest, opts, talk);
		if (!ret)
			continue;
		if (worst)
			say("error: ", "%s", why);
		free(why);
		why = xstrdup(fail_text());
		worst = ret;
		if (ret == FAIL_STOPPED || ret == FAIL_SYSTEM)
			break;
	}
	if (worst)
		fail_adopt(why);
	free(why);
	return worst;
}

int cmd_expand(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct gather g = GATHER_INIT;
	struct talk talk = { 0, 0 };
	struct expand_opts how = { .force = false };
	int force = 0, relocate = 0, preserve = 0, touch = 0, out = 0, deep = 0;
	const struct opt opts[] = {
		OPT_BOOL(0, "force", &force, "replace what is there and differs"),
		OPT_BOOL(0, "deep", &deep,
			 "of what is there, read the content"),
		OPT_BOOL(0, "relocate", &relocate,
			 "also elsewhere than the treeptr's prefix"),
		OPT_BOOL(0, "preserve", &preserve, "modes as recorded"),
		OPT_BOOL(0, "touch", &touch, "times are now"),
		OPT_BOOL(0, "allow-links-out", &out,
			 "make symlinks that leave the tree"),
		CONTENT_LIMIT_OPTS(&how.limits),
		TALK_OPTS(&talk),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;
	const char *dest;

	if (n < 2)
		opt_usage(usage, opts, "expand takes <treeptr> and <dest>");
	dest = argv[n - 1];
	argv[n - 1] = NULL;
	how.force = force;
	how.deep = deep;
	how.relocate = relocate;
	how.preserve = preserve;
	how.touch = touch;
	how.links_out = out;
	ret = medo_open(&medo, MEDO_ANYWHERE);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = gather(&g, &medo, argv);
	if (!ret && !g.n)
		ret = fail(FAIL_MISSING, "there is no *" TREEPTR_SUFFIX
			   " in '%s'", quoted(argv[0]));
	if (!ret)
		ret = expand_ahead(&medo, &g, dest, relocate);
	if (!ret)
		ret = all(&medo, &g, dest, &how, &talk);
	gather_release(&g);
	medo_release(&medo);
	return ret;
}
