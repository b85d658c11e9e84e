/*
 * git medo allow: the user's word for silos that a repository names.
 */
#include "git-medo/cmd.h"

static const char *const usage[] = {
	"git medo allow [--global] <url>...",
	"git medo allow [--global] --remove <url>...",
	"git medo allow --list",
	NULL
};

static int list(const struct medo *medo)
{
	const char *url;

	for (size_t i = 0; (url = gitdir_get_nth(&medo->git, "medo.allow", i));
	     i++)
		puts(quoted(url));
	return 0;
}

int cmd_allow(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	int global = 0, remove = 0, show = 0, n, ret;
	const struct opt opts[] = {
		OPT_BOOL(0, "global", &global, "for all repositories of this user"),
		OPT_BOOL(0, "list", &show, "print what is allowed"),
		OPT_BOOL(0, "remove", &remove, "take it back"),
		OPT_END
	};

	n = opt_parse(argc, argv, opts, usage);
	if (!n == !show)
		opt_usage(usage, opts, "%s", show ? "--list takes no <url>" :
			  "which <url>?");
	ret = medo_open(&medo, global || show ? MEDO_ANYWHERE : MEDO_REPO);
	if (!ret && show)
		ret = list(&medo);
	for (int i = 0; !ret && i < n; i++)
		ret = medo_allow(&medo, argv[i], global, remove);
	medo_release(&medo);
	return ret;
}
