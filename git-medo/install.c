/*
 * git medo install: from now on git calls us by itself.
 */
#include "git-medo/hookfile.h"
#include "git-medo/install_int.h"

static const char *const usage[] = {
	"git medo install [<options>]",
	NULL
};

struct install {
	struct medo medo;
	int scope;
	int skip;
	int force;
	int no_hooks;
	int quiet;
	unsigned left;		/* what somebody else set, or wrote */
};

static void tell(const struct install *in, const char *what, const char *name)
{
	if (!in->quiet)
		printf("%s\t%s\n", what, quoted(name));
}

static int write_settings(struct install *in)
{
	enum scope scope = (enum scope)in->scope;
	struct have have = { { NULL } };
	int ret = settings_read(scope, &have);

	for (size_t i = 0; !ret && i < NSETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *want = in->skip && s->skip ? s->skip : s->value;

		if (i == SETTING_NO_HOOKS && !in->no_hooks) {
			if (!have.v[i] || !setting_ours(s, have.v[i]))
				continue;
			want = NULL;
		}
		if (want && have.v[i] && !strcmp(have.v[i], want))
			continue;
		if (have.v[i] && !setting_ours(s, have.v[i]) && !in->force) {
			say("warning: ", "git config %s is '%s', not '%s'; it "
			    "was left: git medo install --force", s->key,
			    quoted(have.v[i]), want);
			in->left++;
			continue;
		}
		ret = setting_change(scope, s, want);
		if (!ret)
			tell(in, "config", s->key);
	}
	have_release(&have);
	return ret;
}

static void tell_hook(void *data, const char *name)
{
	tell(data, "hook", name);
}

int cmd_install(int argc, const char **argv)
{
	struct install in = { .medo = MEDO_INIT, .scope = SCOPE_GLOBAL };
	const struct opt opts[] = {
		SCOPE_OPTS(&in.scope),
		OPT_BOOL(0, "skip-smudge", &in.skip,
			 "leave pointers on checkout; git medo get gets them"),
		OPT_BOOL(0, "skip-hooks", &in.no_hooks,
			 "no hooks, configuration alone"),
		OPT_BOOL(0, "force", &in.force,
			 "replace settings that somebody made otherwise"),
		OPT_BOOL('q', "quiet", &in.quiet, "do not say what was done"),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage))
		opt_usage(usage, opts, "install takes no operands");
	ret = medo_open(&in.medo, in.scope == SCOPE_LOCAL ? MEDO_REPO :
			MEDO_ANYWHERE);
	if (!ret)
		ret = write_settings(&in);
	if (!ret && in.medo.git.dir && !in.no_hooks)
		ret = hooks_put(&in.medo, tell_hook, &in, &in.left);
	medo_release(&in.medo);
	return ret ? ret : in.left ? 1 : 0;
}
