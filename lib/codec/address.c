#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "codec/address.h"

void address_release(struct address *address)
{
	free(address->root);
	free(address->dir);
	*address = (struct address)ADDRESS_INIT;
}

static bool plain(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"
			    "STUVWXYZ0123456789._+-");

	return len && !name[len] && *name != '.' && *name != '-';
}

/* "https://host/a/git/b.git": the offset of "git/b.git", or 0. */
static size_t below_git(const char *url)
{
	const char *slash = strrchr(url, '/');
	size_t n = slash ? (size_t)(slash - url) : 0;

	if (n < 5 || !plain(slash + 1) ||
	    memcmp(url + n - 4, "/git", 4) || url[n - 5] == '/')
		return 0;
	return n - 3;
}

static int check(const char *text)
{
	const char *colon = text + strspn(text, "abcdefghijklmnopqrstuvwxyz"
					  "0123456789+.-");

	if (!*text || *text == '-')
		return fail(FAIL_REQUEST, "'%s' is neither a path nor a URL",
			    quoted(text));
	if (colon > text && starts_with(colon, "::"))
		return fail(FAIL_REQUEST, "'%s': a helper in a helper",
			    quoted(text));
	return 0;
}

static const char *path_of(const char *url)
{
	if (!strncmp(url, "file://", 7))
		return url[7] == '/' ? url + 7 :
		       starts_with(url + 7, "localhost/") ? url + 16 : NULL;
	return strstr(url, "://") ? NULL : url;
}

/* The slash behind the host is the top folder there, and no end of a path. */
static char *root_of(const char *url, size_t len)
{
	const char *host = strstr(url, "://");

	if (host && !memchr(host + 3, '/', len - (size_t)(host + 3 - url)))
		len++;
	return xmemdup(url, len);
}

static char *absolute(const char *path, const char *base)
{
	char *joined, *out;

	if (*path == '/' || !base)
		return file_absolute(path);
	joined = xstrfmt("%s/%s", base, path);
	out = file_absolute(joined);
	free(joined);
	return out;
}

/*
 * The backend is opened on the silo, or else on the folder above, which is
 * there already: so whatever is missing is made by a put.
 */
int address_parse(struct address *out, const char *text, const char *base)
{
	const char *path, *slash;
	char *url;
	size_t n;
	int ret = check(text);

	if (ret)
		return ret;
	if (starts_with(text, "silo://"))
		url = xstrfmt("https://%s", text + 7);
	else if ((path = path_of(text)))
		url = absolute(path, base);
	else
		url = xstrdup(text);
	for (n = strlen(url); n > 1 && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	out->folder = *url == '/';
	n = below_git(url);
	out->in_silo = n;
	if (!n && !out->folder && (slash = strrchr(url, '/')) &&
	    slash - strstr(url, "://") > 3 && plain(slash + 1))
		n = (size_t)(slash + 1 - url);
	out->root = n ? root_of(url, n - 1) : xstrdup(url);
	out->dir = n ? xstrfmt("%s/", url + n) : xstrdup("");
	free(url);
	return 0;
}
