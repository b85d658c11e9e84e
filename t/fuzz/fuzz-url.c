/* Any text: a URL whose parts are what they are said to be, or refused. */
#include "base/base.h"
#include "base/fail.h"
#include "codec/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_parts(const struct url *url, const char *text)
{
	struct buf path = BUF_INIT;
	char *origin = url_origin(url);

	check(*url->host && *url->host != '-' && !strchr(url->host, '/') &&
	      !strchr(url->host, '@') && !strchr(url->host, '\n'));
	check(!url->user || (*url->user && *url->user != '-' &&
			     !strpbrk(url->user, ":/\n ")));
	check(!url->port || (atoi(url->port) > 0 && atoi(url->port) < 65536));
	check(!*url->path || *url->path == '/');
	check(!strchr(url->path, '\n') && !strchr(url->path, '?'));
	check(!url_decode(url->path, strlen(url->path), &path));
	check(strlen(path.ptr) == path.len);
	check(!strstr(path.ptr, "/../") && !ends_with(path.ptr, "/.."));
	check(!url_has_password(text));
	check(strstr(origin, "://"));
	free(origin);
	buf_release(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xmemdup(data, len);
	struct url url = URL_INIT;
	struct buf buf = BUF_INIT, back = BUF_INIT;

	if (url_parse(&url, text))
		check(*fail_text() && !url.host);
	else
		check_parts(&url, text);
	url_release(&url);
	/* What was encoded comes back. */
	url_encode(text, false, &buf);
	check(!url_decode(buf.ptr, buf.len, &back));
	check(!strcmp(back.ptr, text));
	buf_release(&back);
	buf_release(&buf);
	free(text);
	return 0;
}
