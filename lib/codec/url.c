#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "codec/url.h"

#include <arpa/inet.h>

#define URL_MAX 4096
#define HOST_MAX 253

static const struct scheme {
	const char *name;
	const char *port;	/* where none is given */
	bool free_path;		/* of another machine's files, not of a request */
	bool bucket;		/* the host is a name of its own kind */
} schemes[] = {
	{ "http", "80", false, false },
	{ "https", "443", false, false },
	{ "s3", NULL, false, true },
	{ "sftp", "22", true, false },
	{ "ssh", "22", true, false },
};

/* For messages: what stands before the last '@' may be a password. */
static const char *shown(const char *text)
{
	const char *at = strrchr(text, '@');

	return quoted(at ? at + 1 : text);
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_digits(const char *s, size_t len)
{
	return len && strspn(s, "0123456789") >= len;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, lower(c));

	return c && at ? (int)(at - digits) : -1;
}

int url_decode(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			buf_addc(out, text[i]);
			continue;
		}
		high = len - i > 2 ? hex(text[i + 1]) : -1;
		low = high < 0 ? -1 : hex(text[i + 2]);
		if (low < 0 || !(high | low))
			return fail(FAIL_REQUEST,
				    "a '%%' that encodes nothing in '%s'",
				    shown(text));
		buf_addc(out, (char)(high << 4 | low));
		i += 2;
	}
	return 0;
}

void url_encode(const char *text, bool slashes, struct buf *out)
{
	for (; *text; text++)
		if (is_alnum(*text) || strchr("-._~", *text) ||
		    (slashes && *text == '/'))
			buf_addc(out, *text);
		else
			buf_addf(out, "%%%02X", (unsigned char)*text);
}

/* ssh, its ProxyCommand, and a credential helper's lines all see a user. */
static int parse_user(struct url *out, const char *s, size_t len,
		      const char *text)
{
	struct buf user = BUF_INIT;
	int ret;

	if (memchr(s, '@', len))
		return fail(FAIL_REQUEST, "two '@' before the host in the URL "
			    "of '%s'", shown(text));
	if (memchr(s, ':', len))
		return fail(FAIL_REQUEST, "a password in the URL of '%s'; "
			    "leave it to git credential", shown(text));
	ret = url_decode(s, len, &user);
	if (ret)
		ret = fail(FAIL_REQUEST, "a user that cannot be decoded in the "
			   "URL of '%s'", shown(text));
	for (size_t i = 0; !ret && i < user.len; i++)
		if (!is_alnum(user.ptr[i]) && !strchr("-._+=~@", user.ptr[i]))
			ret = fail(FAIL_REQUEST, "a user with strange "
				   "characters in the URL of '%s'",
				   shown(text));
	if (!ret && (!user.len || *user.ptr == '-'))
		ret = fail(FAIL_REQUEST, "an empty user, or one that begins "
			   "with '-', in the URL of '%s'", shown(text));
	if (!ret)
		out->user = buf_detach(&user);
	buf_release(&user);
	return ret;
}

/*
 * 127.1, 2130706433 and 0x7f.0.0.1 are addresses to some libraries and names
 * to others: only the form that all read alike is let through.
 */
static bool is_numeric(const char *host)
{
	const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;

	return is_digits(last, strlen(last)) ||
	       (last[0] == '0' && last[1] == 'x');
}

static int parse_name(struct url *out, const struct scheme *scheme,
		      const char *s, size_t len, const char *text)
{
	unsigned char addr[4];
	bool good = len && len <= HOST_MAX && is_alnum(s[0]) &&
		    s[len - 1] != '.' && s[len - 1] != '-';

	out->host = xmemdup(s, len);
	for (size_t i = 0; good && i < len; i++) {
		out->host[i] = lower(s[i]);
		good = is_alnum(s[i]) || strchr("-_.", s[i]);
		if (s[i] == '.' && (s[i + 1] == '.' || s[i + 1] == '-'))
			good = false;
	}
	if (good && !scheme->bucket && is_numeric(out->host))
		good = inet_pton(AF_INET, out->host, addr) == 1;
	return good ? 0 : fail(FAIL_REQUEST, "no host that we could ask in "
			       "the URL of '%s'", shown(text));
}

static int parse_port(struct url *out, const char *s, size_t len,
		      const char *text)
{
	if (!is_digits(s, len) || len > 5 || *s == '0' || atoi(s) > 65535)
		return fail(FAIL_REQUEST, "a port that is none in the URL of "
			    "'%s'", shown(text));
	out->port = xmemdup(s, len);
	return 0;
}

static int parse_host(struct url *out, const struct scheme *scheme,
		      const char *s, size_t len, const char *text)
{
	const char *colon = memchr(s, ':', len), *end = s + len;
	const char *bracket = memchr(s, ']', len);
	unsigned char addr[16];
	int ret;

	if (*s != '[') {
		len = colon ? (size_t)(colon - s) : len;
		ret = parse_name(out, scheme, s, len, text);
	} else if (scheme->bucket || !bracket) {
		return fail(FAIL_REQUEST, "no host that we could ask in the "
			    "URL of '%s'", shown(text));
	} else {
		out->host = xmemdup(s + 1, (size_t)(bracket - s - 1));
		for (char *p = out->host; *p; p++)
			*p = lower(*p);
		colon = bracket + 1 < end ? bracket + 1 : NULL;
		ret = inet_pton(AF_INET6, out->host, addr) == 1 &&
		      (!colon || *colon == ':') ? 0 :
		      fail(FAIL_REQUEST, "no IPv6 address in the URL of '%s'",
			   shown(text));
	}
	if (!ret && colon)
		ret = parse_port(out, colon + 1, (size_t)(end - colon - 1),
				 text);
	return ret;
}

static bool is_dots(const char *s, size_t len)
{
	return (len == 1 || len == 2) && !memcmp(s, "..", len);
}

/*
 * One part of the path: whoever resolves ".." or splits at an encoded slash
 * after us would leave the folder that was allowed.
 */
static int check_part(const struct scheme *scheme, const char *s, size_t len)
{
	struct buf part = BUF_INIT;
	const char *p = s;
	uint32_t c;
	int ret = url_decode(s, len, &part);

	if (!ret && (is_dots(part.ptr, part.len) ||
		     memchr(part.ptr, '/', part.len)))
		ret = FAIL_REQUEST;
	for (size_t i = 0; !ret && !scheme->free_path && i < part.len; i++)
		if ((unsigned char)part.ptr[i] < ' ' || part.ptr[i] == 127 ||
		    part.ptr[i] == '\\')
			ret = FAIL_REQUEST;
	/* As it stands: one line of text. */
	while (!ret && p < s + len) {
		size_t n = utf8_next(p, (size_t)(s + len - p), &c);

		if (!n || c < ' ' || c == 127 || c == '\\' ||
		    (!scheme->free_path && c < 128 && strchr(" \"<>^`{|}",
							     (int)c)))
			ret = FAIL_REQUEST;
		p += n;
	}
	buf_release(&part);
	return ret;
}

static int parse_path(struct url *out, const struct scheme *scheme,
		      const char *s, const char *text)
{
	size_t len = strlen(s);
	int ret = strpbrk(s, "?#") || (len && *s != '/') ? FAIL_REQUEST : 0;

	while (len && s[len - 1] == '/')
		len--;
	out->path = xmemdup(s, len);
	for (const char *p = out->path; !ret && *p; ) {
		size_t n = strcspn(p + 1, "/");

		ret = check_part(scheme, p + 1, n);
		p += n + 1;
	}
	return ret ? fail(FAIL_REQUEST, "a path that we do not ask for "
			  "('..', '?', '#', a backslash, a control character) "
			  "in the URL of '%s'", shown(text)) : 0;
}

static const struct scheme *find_scheme(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strlen(schemes[i].name) == len &&
		    !strncasecmp(text, schemes[i].name, len))
			return &schemes[i];
	return NULL;
}

static int parse(struct url *out, const char *text)
{
	const char *end = strstr(text, "://"), *s, *at, *slash;
	const struct scheme *scheme =
		end ? find_scheme(text, (size_t)(end - text)) : NULL;
	int ret = 0;

	if (strlen(text) > URL_MAX)
		return fail(FAIL_REQUEST, "a URL of over %d bytes", URL_MAX);
	if (!scheme)
		return fail(FAIL_REQUEST, "'%s' is no URL of http, https, s3, "
			    "ssh or sftp", shown(text));
	out->scheme = xstrdup(scheme->name);
	s = end + 3;
	slash = s + strcspn(s, "/?#\\");
	at = memrchr(s, '@', (size_t)(slash - s));
	if (at) {
		ret = parse_user(out, s, (size_t)(at - s), text);
		s = at + 1;
	}
	if (!ret)
		ret = parse_host(out, scheme, s, (size_t)(slash - s), text);
	if (!ret)
		ret = parse_path(out, scheme, slash, text);
	return ret;
}

int url_parse(struct url *out, const char *text)
{
	struct url url = URL_INIT;
	int ret = parse(&url, text);

	if (!ret)
		SWAP(*out, url);
	url_release(&url);
	return ret;
}

void url_release(struct url *url)
{
	free(url->scheme);
	free(url->user);
	free(url->host);
	free(url->port);
	free(url->path);
	*url = (struct url)URL_INIT;
}

char *url_origin(const struct url *url)
{
	const struct scheme *scheme =
		find_scheme(url->scheme, strlen(url->scheme));
	const char *port = url->port ? url->port : scheme->port;
	bool six = strchr(url->host, ':');

	return xstrfmt("%s://%s%s%s%s%s", url->scheme, six ? "[" : "",
		       url->host, six ? "]" : "", port ? ":" : "",
		       port ? port : "");
}

bool url_has_password(const char *text)
{
	const char *user = strstr(text, "://"), *end;

	if (!user)
		return false;
	user += strlen("://");
	end = memrchr(user, '@', strcspn(user, "/"));
	for (; end && user < end; user++)
		if (*user == ':' || !strncasecmp(user, "%3a", 3))
			return true;
	return false;
}
