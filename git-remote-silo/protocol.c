#include "git-remote-silo/helper.h"

/*
 * git has looked at protocol.silo.allow; what we go through inside is a
 * protocol as well, and the same rules hold for it (git-config(1),
 * protocol.allow; git(1), GIT_ALLOW_PROTOCOL).
 */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (;;) {
		size_t len = strcspn(list, ":");

		if (len == n && !memcmp(list, name, n))
			return true;
		if (!list[len])
			return false;
		list += len + 1;
	}
}

static const char *policy(const struct gitdir *g, const char *name)
{
	char *key = xstrfmt("protocol.%s.allow", name);
	const char *value = gitdir_get(g, key);

	free(key);
	if (!value)
		value = gitdir_get(g, "protocol.allow");
	if (value)
		return value;
	if (!strcmp(name, "http") || !strcmp(name, "https") ||
	    !strcmp(name, "ssh"))
		return "always";
	return "user";
}

static bool allowed(const struct gitdir *g, const char *name)
{
	const char *list = getenv("GIT_ALLOW_PROTOCOL");
	const char *user = getenv("GIT_PROTOCOL_FROM_USER"), *value;

	if (list)
		return listed(list, name);
	value = policy(g, name);
	if (!strcmp(value, "always"))
		return true;
	return !strcmp(value, "user") &&
	       (!user || strcmp(user, "0"));
}

int protocol_check(const struct helper *helper)
{
	const char *end = strstr(helper->address, "://");
	size_t n = end ? (size_t)(end - helper->address) : 0;
	char *name = n ? xmemdup(helper->address, n) : xstrdup("file");
	int ret = 0;

	if (!strcmp(name, "silo")) {
		free(name);
		name = xstrdup("https");
	} else if (!strcmp(name, "sftp")) {
		free(name);
		name = xstrdup("ssh");
	}
	if (!allowed(&helper->medo.git, name))
		ret = fail(FAIL_DENIED, "transport '%s' not allowed",
			   quoted(name));
	free(name);
	return ret;
}
