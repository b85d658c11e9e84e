#include "base/base.h"
#include "base/fail.h"
#include "base/run.h"
#include "silo/http_int.h"

/*
 * http.extraHeader has many values, of which `git config --get-urlmatch` tells
 * only the last: the others are found here, by the rules of git-config(1).
 */
struct parts {
	const char *scheme, *user, *host, *port, *path;
	size_t scheme_len, user_len, host_len, port_len, path_len;
};

static bool split(const char *url, struct parts *p)
{
	const char *end = strstr(url, "://"), *s, *stop, *at, *colon;

	if (!end)
		return false;
	p->scheme = url;
	p->scheme_len = (size_t)(end - url);
	s = end + 3;
	stop = s + strcspn(s, "/");
	at = memrchr(s, '@', (size_t)(stop - s));
	p->user = at ? s : NULL;
	p->user_len = at ? (size_t)(at - s) : 0;
	s = at ? at + 1 : s;
	colon = memrchr(s, ':', (size_t)(stop - s));
	if (colon && memchr(colon, ']', (size_t)(stop - colon)))
		colon = NULL;
	p->host = s;
	p->host_len = (size_t)((colon ? colon : stop) - s);
	p->port = p->scheme_len == 5 ? "443" : "80";
	p->port_len = strlen(p->port);
	if (colon && stop > colon + 1) {
		p->port = colon + 1;
		p->port_len = (size_t)(stop - colon - 1);
	}
	p->path = stop;
	p->path_len = strlen(stop);
	while (p->path_len && p->path[p->path_len - 1] == '/')
		p->path_len--;
	return true;
}

static bool same(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && !strncasecmp(a, b, n);
}

/* Label by label; "*" is any one. */
static bool same_host(const char *a, size_t n, const char *b, size_t m)
{
	while (n && m) {
		const char *dot = memchr(a, '.', n), *dot2 = memchr(b, '.', m);
		size_t la = dot ? (size_t)(dot - a) : n;
		size_t lb = dot2 ? (size_t)(dot2 - b) : m;

		if (!(la == 1 && *a == '*') && !same(a, la, b, lb))
			return false;
		la += dot != NULL;
		lb += dot2 != NULL;
		a += la;
		n -= la;
		b += lb;
		m -= lb;
	}
	return n == m;
}

static bool is_for(const char *pattern, const char *url)
{
	struct parts p, u;

	return split(pattern, &p) && split(url, &u) &&
	       same(p.scheme, p.scheme_len, u.scheme, u.scheme_len) &&
	       same_host(p.host, p.host_len, u.host, u.host_len) &&
	       same(p.port, p.port_len, u.port, u.port_len) &&
	       (!p.user || (u.user && p.user_len == u.user_len &&
			    !memcmp(p.user, u.user, p.user_len))) &&
	       p.path_len <= u.path_len &&
	       !memcmp(p.path, u.path, p.path_len) &&
	       (p.path_len == u.path_len || u.path[p.path_len] == '/');
}

/* "http.extraheader" or "http.URL.extraheader", LF, the value. */
static void take(struct settings *set, const char *pair, const char *url)
{
	const char *lf = strchr(pair, '\n'), *value = lf ? lf + 1 : "";
	size_t n = lf ? (size_t)(lf - pair) : strlen(pair);
	const size_t head = strlen("http."), tail = strlen(".extraheader");

	if (n >= head + tail) {
		char *pattern = xmemdup(pair + head, n - head - tail);
		bool yes = is_for(pattern, url);

		free(pattern);
		if (!yes)
			return;
	}
	/* An empty one forgets those before it. */
	if (!*value)
		strs_release(&set->headers);
	/* A line feed would begin a header that nobody set. */
	else if (!strpbrk(value, "\r\n") && strchr(value, ':'))
		strs_add(&set->headers, value);
}

int settings_headers(struct settings *set, const char *url)
{
	const char *argv[] = {
		"git", "config", "-z", "--get-regexp",
		"^http\\.(.*\\.)?extraheader$", NULL
	};
	struct run run = { .argv = argv };
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, (size_t)1 << 20);

	if (ret > 1)
		ret = fail(FAIL_REQUEST, "git config cannot be read");
	for (size_t at = 0; ret >= 0 && at < out.len;
	     at += strlen(out.ptr + at) + 1)
		take(set, out.ptr + at, url);
	buf_release(&out);
	return ret < 0 ? ret : 0;
}
