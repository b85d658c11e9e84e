#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/fetch.h"
#include "medo/filter_int.h"

#include <sys/stat.h>

struct filter *filter_new(void)
{
	struct filter *f = xcalloc(1, sizeof(*f));

	f->medo = (struct medo)MEDO_INIT;
	f->pin = (struct pin)PIN_INIT;
	f->vouch = (struct vouch)VOUCH_INIT;
	return f;
}

void filter_free(struct filter *f)
{
	for (size_t i = 0; i < f->ndelayed; i++) {
		free(f->delayed[i].path);
		free(f->delayed[i].treeish);
		treeptr_release(&f->delayed[i].ptr);
		buf_release(&f->delayed[i].text);
	}
	free(f->delayed);
	swap_free(f->swap);
	packer_free(f->packer);
	vouch_save(&f->vouch);
	if (f->index_read)
		index_close(&f->index);
	strs_release(&f->include);
	strs_release(&f->exclude);
	medo_release(&f->medo);
	buf_release(&f->later);
	free(f->later_treeish);
	free(f->head);
	free(f->why);
	free(f->broken_why);
	free(f);
}

void filter_sent(void *filter)
{
	struct filter *f = filter;

	pin_look(&f->pin);
}

ssize_t inflow_fill(const struct inflow *in, void *buf, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = in->read(in->data, (char *)buf + have, len - have);

		if (n < 0)
			return n;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* As install writes it, with nothing of anybody else in it. */
static bool is_our_hook(const char *text)
{
	if (starts_with(text, "#!/bin/sh\n"))
		text += strlen("#!/bin/sh\n");
	return starts_with(text, "# >>> git-medo >>>\n") &&
	       ends_with(text, "\n# <<< git-medo <<<\n");
}

/* A stranger's hook runs before git exits. */
static bool hook_watches(const struct filter *f)
{
	const char *hooks = gitdir_get(&f->medo.git, "core.hookspath");
	const char *home = getenv("HOME");
	struct buf text = BUF_INIT;
	bool watches = false;
	char *path;

	if (hooks && starts_with(hooks, "~/") && home)
		path = xstrfmt("%s%s/post-checkout", home, hooks + 1);
	else if (hooks)
		path = xstrfmt("%s/post-checkout", hooks);
	else
		path = xstrfmt("%s/hooks/post-checkout", f->medo.git.common);
	if (!access(path, X_OK))
		watches = file_read(path, 1 << 20, &text) ||
			  !is_our_hook(text.ptr);
	fail_clear();
	buf_release(&text);
	free(path);
	return watches;
}

/*
 * A rebase runs commands between its steps: they, too, see the work tree
 * before we can swap anything in.  It may begin after we were started.
 */
bool filter_watched(const struct filter *f)
{
	static const char *const signs[] = {
		"rebase-merge", "rebase-apply",
	};
	bool there = f->hook_watches;

	for (size_t i = 0; !there && i < ARRAY_SIZE(signs); i++) {
		char *path = xstrfmt("%s/%s", f->medo.git.dir, signs[i]);

		there = !access(path, F_OK);
		free(path);
	}
	return there;
}

static void add_patterns(struct strs *to, const char *value)
{
	while (value && *value) {
		size_t n = strcspn(value, ",");

		if (n)
			strs_addn(to, value, n);
		value += n + (value[n] == ',');
	}
}

static bool env_true(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0") &&
	       strcasecmp(value, "false") && strcasecmp(value, "no");
}

static int open_repo(struct filter *f)
{
	int ret = medo_open(&f->medo, MEDO_REPO);

	if (!ret)
		ret = medo_store(&f->medo, &f->store);
	if (!ret)
		ret = gitdir_get_u64(&f->medo.git, "medo.inband", 1 << 20,
				     &f->inband);
	if (!ret)
		ret = gitdir_get_u64(&f->medo.git, "medo.inbandhook", 64 << 20,
				     &f->inband_hook);
	if (ret)
		return ret;
	add_patterns(&f->include, gitdir_get(&f->medo.git, "medo.fetchinclude"));
	add_patterns(&f->exclude, gitdir_get(&f->medo.git, "medo.fetchexclude"));
	f->skip = env_true("MEDO_SKIP_SMUDGE") || env_true("GIT_LFS_SKIP_SMUDGE");
	f->hook_watches = hook_watches(f);
	f->medo.cat.g = &f->medo.git;
	/* Before we are pinned, or its workers would be pinned, too. */
	medo_pool(&f->medo);
	return 0;
}

int filter_open(struct filter *f)
{
	if (f->opened)
		return 0;
	if (f->broken) {
		fail_adopt(f->broken_why);
		return f->broken;
	}
	f->broken = open_repo(f);
	f->opened = !f->broken;
	if (f->broken)
		f->broken_why = xstrdup(fail_text());
	return f->broken;
}
