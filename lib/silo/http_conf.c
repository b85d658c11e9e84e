#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "silo/http_int.h"

#include <arpa/inet.h>

#define CONNECT_TIME 10		/* seconds */

/* As git calls them; what the environment says comes first, as in git. */
static const struct {
	enum setting set;
	const char *key;
	const char *env;
	bool path;		/* "~/" is the home */
} keys[] = {
	{ SET_PROXY, "http.proxy", NULL, false },
	{ SET_VERIFY, "http.sslverify", NULL, false },
	{ SET_CA_INFO, "http.sslcainfo", "GIT_SSL_CAINFO", true },
	{ SET_CA_PATH, "http.sslcapath", "GIT_SSL_CAPATH", true },
	{ SET_CERT, "http.sslcert", "GIT_SSL_CERT", true },
	{ SET_KEY, "http.sslkey", "GIT_SSL_KEY", true },
	{ SET_CERT_PASSWORD, "http.sslcertpasswordprotected",
	  "GIT_SSL_CERT_PASSWORD_PROTECTED", false },
	{ SET_SSL_VERSION, "http.sslversion", "GIT_SSL_VERSION", false },
	{ SET_CIPHERS, "http.sslcipherlist", "GIT_SSL_CIPHER_LIST", false },
	{ SET_PINNED, "http.pinnedpubkey", NULL, true },
	{ SET_EXTRA_HEADER, "http.extraheader", NULL, false },
	{ SET_USER_AGENT, "http.useragent", "GIT_HTTP_USER_AGENT", false },
	{ SET_LOW_LIMIT, "http.lowspeedlimit", "GIT_HTTP_LOW_SPEED_LIMIT",
	  false },
	{ SET_LOW_TIME, "http.lowspeedtime", "GIT_HTTP_LOW_SPEED_TIME", false },
	{ SET_VERSION, "http.version", NULL, false },
	{ SET_COOKIES, "http.cookiefile", NULL, true },
	{ SET_FOLLOW, "http.followredirects", NULL, false },
};

struct word {
	const char *text;
	long value;
};

static const struct word versions[] = {
	{ "HTTP/1.1", CURL_HTTP_VERSION_1_1 },
	{ "HTTP/2", CURL_HTTP_VERSION_2TLS },
};

static const struct word ssl_versions[] = {
	{ "tlsv1", CURL_SSLVERSION_TLSv1 },
	{ "tlsv1.0", CURL_SSLVERSION_TLSv1_0 },
	{ "tlsv1.1", CURL_SSLVERSION_TLSv1_1 },
	{ "tlsv1.2", CURL_SSLVERSION_TLSv1_2 },
	{ "tlsv1.3", CURL_SSLVERSION_TLSv1_3 },
};

static long find_word(const struct word *words, size_t n, const char *text,
		      long missing)
{
	for (size_t i = 0; text && i < n; i++)
		if (!strcmp(words[i].text, text))
			return words[i].value;
	return missing;
}

static bool is_false(const char *text)
{
	static const char *const no[] = { "false", "no", "off", "0", "" };

	for (size_t i = 0; text && i < ARRAY_SIZE(no); i++)
		if (!strcasecmp(text, no[i]))
			return true;
	return false;
}

static void set_value(struct settings *set, size_t row, const char *value)
{
	const char *home = getenv("HOME");
	char **to = &set->v[keys[row].set];

	free(*to);
	*to = keys[row].path && home && starts_with(value, "~/") ?
	      xstrfmt("%s%s", home, value + 1) : xstrdup(value);
}

/* "key LF value NUL"; a key without a value is a true. */
static void take_pair(struct settings *set, const char *pair)
{
	size_t n = strcspn(pair, "\n");
	const char *value = pair[n] ? pair + n + 1 : "true";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == n && !strncmp(keys[i].key, pair, n))
			set_value(set, i, value);
}

static int ask_git(const char *const *argv, struct buf *out)
{
	struct run run = { .argv = argv };
	int ret = run_capture(&run, out, (size_t)1 << 20);

	/* 1: no such key. */
	if (ret > 1)
		return fail(FAIL_REQUEST, "git config cannot be read");
	return ret < 0 ? ret : 0;
}

static long number(const char *text, long missing)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : missing;

	return text && (end == text || *end || n < 0) ? missing : n;
}

static void digest(struct settings *set)
{
	set->verify = !is_false(set->v[SET_VERIFY]) &&
		      !getenv("GIT_SSL_NO_VERIFY");
	set->follow = !is_false(set->v[SET_FOLLOW]);
	set->low_limit = number(set->v[SET_LOW_LIMIT], 1000);
	set->low_time = number(set->v[SET_LOW_TIME], 30);
	set->version = find_word(versions, ARRAY_SIZE(versions),
				 set->v[SET_VERSION], CURL_HTTP_VERSION_2TLS);
	set->ssl_version = find_word(ssl_versions, ARRAY_SIZE(ssl_versions),
				     set->v[SET_SSL_VERSION],
				     CURL_SSLVERSION_DEFAULT);
}

/*
 * Not one of git's, and so not below http; but for one URL it may be said in
 * the same manner.
 */
static int load_connect_time(struct settings *set, const char *url)
{
	const char *argv[] = { "git", "config", "--get-urlmatch",
			       "medo.connecttimeout", url, NULL };
	struct buf out = BUF_INIT;
	int ret = ask_git(argv, &out);

	if (out.len)
		out.ptr[strcspn(out.ptr, "\n")] = '\0';
	set->connect_time = out.len ? number(out.ptr, 0) : CONNECT_TIME;
	if (!ret && (set->connect_time < 1 || set->connect_time > 86400))
		ret = fail(FAIL_REQUEST, "git config medo.connectTimeout: '%s' "
			   "is no number of seconds", quoted(out.ptr));
	buf_release(&out);
	return ret;
}

int settings_load(struct settings *set, const char *url)
{
	const char *argv[] = { "git", "config", "-z", "--get-urlmatch", "http",
			       url, NULL };
	struct buf out = BUF_INIT;
	int ret = ask_git(argv, &out);

	for (size_t at = 0; !ret && at < out.len; at += strlen(out.ptr + at) + 1)
		take_pair(set, out.ptr + at);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *env = keys[i].env ? getenv(keys[i].env) : NULL;

		if (env)
			set_value(set, i, env);
	}
	digest(set);
	if (!ret)
		ret = load_connect_time(set, url);
	if (!ret && set->v[SET_EXTRA_HEADER])
		ret = settings_headers(set, url);
	buf_release(&out);
	return ret;
}

void settings_release(struct settings *set)
{
	for (size_t i = 0; i < SET_COUNT; i++)
		free(set->v[i]);
	strs_release(&set->headers);
	*set = (struct settings){ .verify = true };
}

/* Is the address within "10.0.0.0/8" or "fd00::/8"? */
static bool in_network(const char *host, const char *network)
{
	unsigned char addr[16], net[16];
	char bare[INET6_ADDRSTRLEN];
	size_t n = strcspn(network, "/");
	int family = strchr(network, ':') ? AF_INET6 : AF_INET;
	unsigned bits = network[n] ? (unsigned)atoi(network + n + 1) : 128;

	if (n >= sizeof(bare))
		return false;
	memcpy(bare, network, n);
	bare[n] = '\0';
	if (inet_pton(family, bare, net) != 1 ||
	    inet_pton(family, host, addr) != 1)
		return false;
	bits = MIN(bits, family == AF_INET ? 32u : 128u);
	for (unsigned i = 0; i < bits; i++)
		if ((addr[i / 8] ^ net[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

/* One word of no_proxy: a host, with all below it, or a network. */
static bool excepts(const char *word, const char *host)
{
	size_t n, len = strlen(host);

	if (!strcmp(word, "*") || in_network(host, word))
		return true;
	while (*word == '.')
		word++;
	n = strlen(word);
	return n && n <= len && !strcasecmp(host + len - n, word) &&
	       (n == len || host[len - n - 1] == '.');
}

static bool is_excepted(const char *host)
{
	const char *list = getenv("no_proxy");
	char *copy, *rest, *word;
	bool yes = false;

	if (!list)
		list = getenv("NO_PROXY");
	copy = rest = xstrdup(list ? list : "");
	while (!yes && (word = strtok_r(rest, ", \t", &rest)))
		yes = excepts(word, host);
	free(copy);
	return yes;
}

/*
 * Found here and not by libcurl, since the address of a proxy is the user's
 * own choice and is not checked.  HTTP_PROXY is not read: a web server's
 * program finds there what its client says.
 */
char *settings_proxy(const struct settings *set, const char *scheme,
		     const char *host)
{
	static const char *const plain[] = {
		"http_proxy", "all_proxy", "ALL_PROXY", NULL
	};
	static const char *const tls[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL
	};
	const char *const *names = !strcmp(scheme, "https") ? tls : plain;
	const char *proxy = set->v[SET_PROXY];
	char *bare = *host == '[' ? xmemdup(host + 1, strlen(host) - 2) :
		     xstrdup(host);

	for (size_t i = 0; !proxy && names[i]; i++) {
		proxy = getenv(names[i]);
		proxy = proxy && *proxy ? proxy : NULL;
	}
	if (!proxy || is_excepted(bare))
		proxy = "";
	free(bare);
	return xstrdup(proxy);
}
