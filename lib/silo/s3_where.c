#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/url.h"
#include "silo/s3_int.h"

#include <ctype.h>

/*
 * s3://BUCKET/PREFIX and what is configured, as the URL that keys go behind.
 * A bucket's case counts, so its name is taken from the text.
 */
static bool plain_bucket(const char *bucket)
{
	for (; *bucket; bucket++)
		if (!islower((unsigned char)*bucket) &&
		    !isdigit((unsigned char)*bucket) && *bucket != '-')
			return false;
	return true;
}

static int take_bucket(struct s3 *s3, const struct url *url, const char *text)
{
	const char *name = strstr(text, "://") + 3;

	if (url->user || url->port || strlen(url->host) < 3)
		return fail(FAIL_REQUEST, "'%s' names no bucket", quoted(text));
	s3->bucket = xmemdup(name, strlen(url->host));
	return 0;
}

static int take_root(struct s3 *s3, const struct url *url)
{
	struct buf root = BUF_INIT;
	int ret = 0;

	if (*url->path)
		ret = url_decode(url->path + 1, strlen(url->path) - 1, &root);
	if (!ret && root.len)
		buf_addc(&root, '/');
	if (!ret && (*root.ptr == '/' || strstr(root.ptr, "//")))
		ret = fail(FAIL_REQUEST, "an empty part in the path of '%s'",
			   quoted(s3->b.url));
	s3->root = buf_detach(&root);
	return ret;
}

/* "https://host:port/path", of the endpoint; with `bucket.` before the host */
static int endpoint(struct s3 *s3, bool in_host, struct buf *out)
{
	struct url url = URL_INIT;
	bool brackets;
	int ret = url_parse(&url, s3->conf.endpoint);

	if (!ret && (url.user || (strcmp(url.scheme, "https") &&
				  strcmp(url.scheme, "http"))))
		ret = fail(FAIL_REQUEST, "'%s' is no endpoint of S3: it is to "
			   "be https://HOST or http://HOST",
			   quoted(s3->conf.endpoint));
	if (!ret) {
		brackets = strchr(url.host, ':') != NULL;
		buf_addf(out, "%s://%s%s%s%s%s%s%s%s/", url.scheme,
			 in_host ? s3->bucket : "", in_host ? "." : "",
			 brackets ? "[" : "", url.host, brackets ? "]" : "",
			 url.port ? ":" : "", url.port ? url.port : "",
			 url.path);
	}
	url_release(&url);
	return ret;
}

static int take_base(struct s3 *s3)
{
	const char *style = s3->conf.style;
	bool given = s3->conf.endpoint != NULL;
	bool in_host = plain_bucket(s3->bucket) &&
		       (style && !strcmp(style, "virtual") ? true :
			style && !strcmp(style, "path") ? false : !given);
	struct buf base = BUF_INIT;
	int ret = 0;

	if (given)
		ret = endpoint(s3, in_host, &base);
	else
		buf_addf(&base, "https://%s%ss3.%s.amazonaws.com%s/",
			 in_host ? s3->bucket : "", in_host ? "." : "",
			 s3->conf.region,
			 starts_with(s3->conf.region, "cn-") ? ".cn" : "");
	if (!in_host)
		buf_addf(&base, "%s/", s3->bucket);
	s3->base = buf_detach(&base);
	return ret;
}

int s3_where(struct s3 *s3, const char *text)
{
	struct url url = URL_INIT;
	size_t len = strlen(text);
	int ret = url_parse(&url, text);

	while (len && text[len - 1] == '/')
		len--;
	s3->b.url = xmemdup(text, len);
	if (!ret)
		ret = take_bucket(s3, &url, text);
	if (!ret)
		ret = take_root(s3, &url);
	if (!ret)
		ret = s3_conf_load(&s3->conf);
	if (!ret)
		ret = take_base(s3);
	url_release(&url);
	return ret;
}
