/*
 * git medo uninstall: what install put in goes, and nothing else.
 */
#include "git-medo/hookfile.h"
#include "git-medo/install_int.h"

static const char *const usage[] = {
	"git medo uninstall [<options>]",
	NULL
};

static int drop_settings(enum scope scope, bool quiet)
{
	struct have have = { { NULL } };
	int ret = settings_read(scope, &have);

	for (size_t i = 0; !ret && i < NSETTINGS; i++) {
		if (!have.v[i])
			continue;
		if (!setting_ours(&settings[i], have.v[i])) {
			say("warning: ", "git config %s is '%s', which install "
			    "did not write; it was left", settings[i].key,
			    quoted(have.v[i]));
			continue;
		}
		ret = setting_change(scope, &settings[i], NULL);
		if (!ret && !quiet)
			printf("config\t%s\n", settings[i].key);
	}
	have_release(&have);
	return ret;
}

static int drop_hooks(const struct medo *medo, bool quiet)
{
	char *dir;
	bool husky;
	int ret = hooks_dir(medo, &dir, &husky);

	for (size_t i = 0; !ret && i < NHOOKS; i++) {
		ret = hook_take(dir, hook_names[i]);
		if (ret > 0 && !quiet)
			printf("hook\t%s\n", hook_names[i]);
		ret = ret < 0 ? ret : 0;
	}
	free(dir);
	return ret;
}

int cmd_uninstall(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	int scope = SCOPE_GLOBAL, no_hooks = 0, quiet = 0, ret;
	const struct opt opts[] = {
		SCOPE_OPTS(&scope),
		OPT_BOOL(0, "skip-hooks", &no_hooks,
			 "leave hooks, take out configuration alone"),
		OPT_BOOL('q', "quiet", &quiet, "do not say what was done"),
		OPT_END
	};

	if (opt_parse(argc, argv, opts, usage))
		opt_usage(usage, opts, "uninstall takes no operands");
	ret = medo_open(&medo, scope == SCOPE_LOCAL ? MEDO_REPO :
			MEDO_ANYWHERE);
	if (!ret)
		ret = drop_settings((enum scope)scope, quiet);
	if (!ret && medo.git.dir && !no_hooks)
		ret = drop_hooks(&medo, quiet);
	medo_release(&medo);
	return ret;
}
