/*
 * git medo offload: large blobs of a hosted repository into packs of their
 * own, so that clones can leave them there.
 */
#include "git-medo/cmd.h"
#include "medo/hosted.h"

static const char *const usage[] = {
	"git medo offload [<options>] (<remote> | <address>)",
	NULL
};

/* "origin", "silo::ADDRESS", or ADDRESS; yours. */
static char *address_of(const struct gitdir *g, const char *name)
{
	char *key = xstrfmt("remote.%s.url", name);
	const char *push, *url = gitdir_get(g, key);

	free(key);
	key = xstrfmt("remote.%s.pushurl", name);
	push = gitdir_get(g, key);
	free(key);
	url = push ? push : url ? url : name;
	return xstrdup(starts_with(url, "silo::") ? url + 6 : url);
}

static int offload(struct medo *medo, const char *name, uint64_t limit)
{
	char *address = address_of(&medo->git, name);
	struct hosted *h = NULL;
	unsigned silo = 0;
	int ret = medo_durable(medo, &silo);

	if (!ret)
		ret = hosted_open(&h, address, silo ? HOSTED_DURABLE : 0);
	if (!ret)
		ret = hosted_load(h, true);
	if (!ret)
		ret = hosted_split(h, &medo->git, limit,
				   medo->progress == METER_ON);
	if (!ret && !medo->quiet)
		printf("'%s' was so already\n", quoted(hosted_url(h)));
	if (ret > 0 && !medo->quiet)
		printf("'%s' is %s\n", quoted(hosted_url(h)),
		       limit ? "split" : "no longer split");
	hosted_close(h);
	free(address);
	return MIN(ret, 0);
}

int cmd_offload(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct talk talk = { 0, 0 };
	const char *text = "1m";
	uint64_t limit;
	const struct opt opts[] = {
		OPT_STR(0, "limit", &text, "size",
			"blobs of so many bytes are large (1m); 0: none"),
		TALK_OPTS(&talk),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "offload takes one <remote>");
	if (size_parse(text, &limit))
		opt_usage(usage, opts, "'%s' is not a size", quoted(text));
	ret = medo_open(&medo, MEDO_REPO);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = offload(&medo, argv[0], limit);
	medo_release(&medo);
	return ret;
}
