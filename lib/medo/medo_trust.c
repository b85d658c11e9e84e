#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "codec/url.h"
#include "medo/medo.h"

/*
 * SILO.json comes with the repository, so its author chooses the URLs.  What
 * may be read or written is the user's to say, in git config; https for
 * reading is the exception, since anybody may read it anyway.
 */
static bool below(const char *url, const char *prefix)
{
	size_t n = strlen(prefix);

	while (n > 1 && prefix[n - 1] == '/')
		n--;
	return !strncmp(url, prefix, n) &&
	       (!url[n] || url[n] == '/' || prefix[n - 1] == '/');
}

static bool said(struct medo *medo, const char *key, const char *url)
{
	const char *value;

	for (size_t i = 0; (value = gitdir_get_nth(&medo->git, key, i)); i++) {
		char *normal = medo_normal_url(value, medo->git.top);
		bool yes = below(url, normal);

		free(normal);
		if (yes)
			return true;
	}
	return false;
}

/* Below the URL of the remote that git is pushing to, right now. */
static bool below_remote(struct medo *medo, const char *url)
{
	char *normal = medo->pushing_to ?
		       medo_normal_url(medo->pushing_to, medo->git.top) : NULL;
	bool yes = normal && below(url, normal);

	free(normal);
	return yes;
}

/* It holds a repository that the user has made a remote. */
static bool is_host(struct medo *medo, const char *url)
{
	struct silo_list hosts = SILO_LIST_INIT;
	bool yes = false;

	medo_hosts(medo, &hosts);
	for (size_t i = 0; !yes && i < hosts.n; i++)
		yes = !strcmp(hosts.v[i].url, url);
	silo_list_release(&hosts);
	return yes;
}

bool medo_users_own(struct medo *medo, const char *url, bool write)
{
	return below_remote(medo, url) || said(medo, "medo.allow", url) ||
	       said(medo, "medo.silo", url) || (!write && is_host(medo, url));
}

int medo_may(struct medo *medo, const char *url, bool write)
{
	if (medo_users_own(medo, url, write))
		return 0;
	if (!write && starts_with(url, "https://"))
		return 0;
	return fail(FAIL_DENIED, "%s silo '%s' needs your word; "
		    "say it with: git medo allow '%s'",
		    write ? "writing to" : "reading from", quoted(url),
		    quoted(url));
}

int medo_allow(struct medo *medo, const char *url, bool global, bool remove)
{
	char *normal;
	int ret;

	if (!remove && url_has_password(url))
		return fail(FAIL_REQUEST, "that URL holds a password; leave it "
			    "out, git credential keeps it");
	normal = medo_normal_url(url, NULL);
	ret = remove ?
		  gitdir_remove(&medo->git, "medo.allow", normal, global) :
		  gitdir_add(&medo->git, "medo.allow", normal, global);
	free(normal);
	return ret;
}
