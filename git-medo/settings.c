/*
 * The settings that make git call us, in one scope of its configuration.
 * Only fixed strings are ever written there.
 */
#include "git-medo/install_int.h"
#include "base/run.h"

const struct setting settings[NSETTINGS] = {
	{ "filter.medo.clean", "git-medo clean -- %f", NULL },
	{ "filter.medo.smudge", "git-medo smudge -- %f",
	  "git-medo smudge --skip -- %f" },
	{ "filter.medo.process", "git-medo filter-process",
	  "git-medo filter-process --skip" },
	{ "filter.medo.required", "true", NULL },
	{ "diff.medo.command", "git-medo diff --driver --", NULL },
	{ "diff.medo.textconv", "git-medo diff --textconv --", NULL },
	{ "merge.medo.name", "medo pointers and trees", NULL },
	{ "merge.medo.driver", "git-medo merge-driver -- %O %A %B %P", NULL },
	/* Of two bases neither is shown to anybody: no files beside them. */
	{ "merge.medo.recursive", "binary", NULL },
	{ "medo.hooks", "false", NULL },
};

const char *scope_option(enum scope scope)
{
	return scope == SCOPE_GLOBAL ? "--global" :
	       scope == SCOPE_LOCAL ? "--local" : "--system";
}

/* "key\nvalue\0" */
static void note(struct have *have, const char *entry)
{
	const char *nl = strchr(entry, '\n');
	size_t n = nl ? (size_t)(nl - entry) : strlen(entry);

	for (size_t i = 0; i < NSETTINGS; i++) {
		char *old = have->v[i];

		if (strlen(settings[i].key) != n ||
		    strncmp(settings[i].key, entry, n))
			continue;
		have->v[i] = old ? xstrfmt("%s\n%s", old, nl ? nl + 1 : "") :
			     xstrdup(nl ? nl + 1 : "");
		free(old);
	}
}

int settings_read(enum scope scope, struct have *have)
{
	const char *const argv[] = {
		"git", "config", scope_option(scope), "-z", "--get-regexp",
		"^((filter|diff|merge)\\.medo\\.|medo\\.hooks$)", NULL
	};
	struct run run = { .argv = argv };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 1 << 20);

	/* 1: there is no such key, or no such file yet. */
	if (ret > 1)
		ret = fail(FAIL_SYSTEM, "git config %s cannot be read",
			   scope_option(scope));
	else if (ret == 1)
		ret = 0;
	for (const char *p = out.ptr; !ret && p < out.ptr + out.len;
	     p += strlen(p) + 1)
		note(have, p);
	buf_release(&out);
	return ret;
}

void have_release(struct have *have)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		free(have->v[i]);
	memset(have, 0, sizeof(*have));
}

bool setting_ours(const struct setting *setting, const char *value)
{
	return !strcmp(value, setting->value) ||
	       (setting->skip && !strcmp(value, setting->skip));
}

int setting_change(enum scope scope, const struct setting *setting,
		   const char *value)
{
	const char *const set[] = {
		"git", "config", scope_option(scope), "--replace-all",
		setting->key, value, NULL
	};
	const char *const unset[] = {
		"git", "config", scope_option(scope), "--unset-all",
		setting->key, NULL
	};
	struct run run = { .argv = value ? set : unset };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 65536);

	buf_release(&out);
	return ret > 0 ? fail(FAIL_SYSTEM, "git config %s cannot change '%s'",
			      scope_option(scope), setting->key) : ret;
}
