#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/url.h"
#include "silo/web_int.h"

char *web_url(const struct web *web, const char *name, bool slash)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, web->root);
	buf_addc(&out, '/');
	url_encode(name, true, &out);
	if (slash && *name)
		buf_addc(&out, '/');
	return buf_detach(&out);
}

int web_send(struct web *web, struct http_request *req,
	     struct http_answer *answer)
{
	int ret = http_send(web->http, req, answer);

	pthread_mutex_lock(&web->lock);
	if (!ret && !web->server)
		SWAP(web->server, answer->server);
	pthread_mutex_unlock(&web->lock);
	return ret < 0 ? ret : answer->status;
}

/* --- what a name was when a part of it was read --------------------------- */

static struct web_tag *slot(struct web *web, const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return &web->tags[hash % WEB_TAGS];
}

static char *tag_get(struct web *web, const char *name)
{
	struct web_tag *tag = slot(web, name);
	char *etag;

	pthread_mutex_lock(&web->lock);
	etag = tag->name && !strcmp(tag->name, name) ? xstrdup(tag->etag) :
	       NULL;
	pthread_mutex_unlock(&web->lock);
	return etag;
}

static void tag_set(struct web *web, const char *name, const char *etag)
{
	struct web_tag *tag = slot(web, name);

	if (!etag)
		return;
	pthread_mutex_lock(&web->lock);
	free(tag->name);
	free(tag->etag);
	tag->name = xstrdup(name);
	tag->etag = xstrdup(etag);
	pthread_mutex_unlock(&web->lock);
}

/* --- reading -------------------------------------------------------------- */

static const char *const fresh[] = {
	"Cache-Control: no-cache", "Pragma: no-cache", NULL
};

/* Behind the end there is nothing to read, which is no failure. */
static int read_behind(struct backend *b, const char *name, uint64_t from,
		       uint64_t *total)
{
	int ret = 0;

	/* Apache does not say how long it is. */
	if (*total == UINT64_MAX)
		ret = web_has(b, name, total);
	if (ret < 0)
		return ret;
	return *total <= from ? 0 :
	       fail(FAIL_NET, "'%s/%s': the server has no bytes from %" PRIu64
		    " on", quoted(b->url), name, from);
}

static int web_read(struct backend *b, const char *name, uint64_t from,
		    uint64_t to, unsigned how, const struct sink *sink,
		    uint64_t *total)
{
	struct web *web = web_of(b);
	struct http_request req = HTTP_REQUEST_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	bool part = from || to != UINT64_MAX;
	char *url, *etag;
	int ret;

	if (from >= to) {
		ret = web_has(b, name, total);
		return ret ? MIN(ret, 0) :
		       fail(FAIL_MISSING, "'%s/%s' is not there",
			    quoted(b->url), name);
	}
	url = web_url(web, name, false);
	etag = from && !(how & READ_FRESH) ? tag_get(web, name) : NULL;
	req.url = url;
	req.from = from;
	req.to = to;
	req.sink = sink;
	req.if_range = etag;
	req.headers = how & READ_FRESH ? fresh : NULL;
	req.text_max = 256;
	ret = web_send(web, &req, &answer);
	*total = answer.total;
	if (ret == 200 || ret == 206)
		ret = 0;
	else if (ret == 416)
		ret = read_behind(b, name, from, total);
	else if (ret >= 0)
		ret = http_fail(&req, &answer);
	if (!ret && part)
		tag_set(web, name, answer.etag);
	http_answer_release(&answer);
	free(etag);
	free(url);
	return ret;
}

static int drop(void *data UNUSED, struct block *block UNUSED)
{
	return 0;
}

bool web_is_page(const char *type)
{
	return type && !strncasecmp(type, "text/html", 9);
}

/* Some servers know only GET. */
static int has_by_get(struct web *web, const char *url, uint64_t *size)
{
	struct http_request req = HTTP_REQUEST_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct sink sink = { drop, NULL };
	int ret;

	req.url = url;
	req.to = 1;
	req.sink = &sink;
	req.text_max = 256;
	ret = web_send(web, &req, &answer);
	*size = answer.total;
	if (ret == 200 || ret == 206 || (ret == 416 && !answer.total))
		ret = 1;
	else if (ret == 404 || ret == 410)
		ret = 0;
	else if (ret >= 0)
		ret = http_fail(&req, &answer);
	http_answer_release(&answer);
	return ret;
}

int web_has(struct backend *b, const char *name, uint64_t *size)
{
	struct http_request req = HTTP_REQUEST_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *url = web_url(web_of(b), name, false);
	int ret;

	req.method = "HEAD";
	req.url = url;
	ret = web_send(web_of(b), &req, &answer);
	*size = answer.total;
	if (ret == 200 && web_is_page(answer.type))
		ret = fail(FAIL_NET, "'%s' is answered with a web page",
			   quoted(url));
	else if (ret == 200 && answer.total != UINT64_MAX)
		ret = 1;
	else if (ret == 404 || ret == 410)
		ret = 0;
	/* Apache does not tell the length of an empty file to a HEAD. */
	else if (ret == 200 || ret == 405 || ret == 501)
		ret = has_by_get(web_of(b), url, size);
	else if (ret >= 0)
		ret = http_fail(&req, &answer);
	http_answer_release(&answer);
	free(url);
	return ret;
}

static int web_now(struct backend *b, int64_t *out)
{
	struct http_request req = HTTP_REQUEST_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *url = web_url(web_of(b), "silo.json", false);
	int ret;

	req.method = "HEAD";
	req.url = url;
	req.headers = fresh;
	ret = web_send(web_of(b), &req, &answer);
	/* A 404 has a date, too. */
	if (ret == 401 || ret == 403 || ret >= 500)
		ret = http_fail(&req, &answer);
	if (ret >= 0)
		ret = answer.date ? 0 :
		      fail(FAIL_NET, "'%s' does not tell its time",
			   quoted(b->url));
	*out = answer.date;
	http_answer_release(&answer);
	free(url);
	return ret;
}

/* --- open and close ------------------------------------------------------- */

static void web_close(struct backend *b)
{
	struct web *web = web_of(b);

	http_close(web->http);
	for (size_t i = 0; i < WEB_TAGS; i++) {
		free(web->tags[i].name);
		free(web->tags[i].etag);
	}
	pthread_mutex_destroy(&web->lock);
	free(web->server);
	free(web->root);
	free(b->url);
	free(web);
}

static const struct backend_ops web_ops = {
	.read = web_read,
	.put = web_put,
	.claim = web_claim,
	.replace = web_replace,
	.has = web_has,
	.list = web_list,
	.remove = web_remove,
	.now = web_now,
	.keeps = web_keeps,
	.server = web_server,
	.close = web_close,
};

/* The URL for requests: percent-encoded, and nobody's name in it. */
static void set_root(struct web *web, const struct url *url)
{
	bool six = strchr(url->host, ':');
	struct buf out = BUF_INIT;
	size_t at;

	buf_addf(&out, "%s://%s%s%s", url->scheme, six ? "[" : "", url->host,
		 six ? "]" : "");
	if (url->port)
		buf_addf(&out, ":%s", url->port);
	at = out.len;
	for (const char *p = url->path; *p; p++)
		if ((unsigned char)*p >= 128)
			buf_addf(&out, "%%%02X", (unsigned char)*p);
		else
			buf_addc(&out, *p);
	web->root = buf_detach(&out);
	web->path = web->root + at;
}

/* The same for git config and git credential: they know users. */
static char *named(const struct web *web, const struct url *url)
{
	const char *rest = web->root + strlen(url->scheme) + 3;
	struct buf out = BUF_INIT;

	buf_addf(&out, "%s://", url->scheme);
	if (url->user) {
		url_encode(url->user, false, &out);
		buf_addc(&out, '@');
	}
	buf_adds(&out, rest);
	return buf_detach(&out);
}

int backend_web(struct backend **out, const char *text,
		const struct backend_opts *opts)
{
	struct http_opts http = {
		.any_address = opts->any_address, .credentials = true,
	};
	struct url url = URL_INIT;
	struct web *web;
	int ret = url_parse(&url, text);

	if (ret)
		return ret;
	web = xcalloc(1, sizeof(*web));
	set_root(web, &url);
	web->b.ops = &web_ops;
	web->b.url = named(web, &url);
	web->b.fd = -1;
	web->b.durable = opts->durable;
	pthread_mutex_init(&web->lock, NULL);
	ret = http_open(&web->http, web->b.url, &http);
	web->b.http = web->http;
	if (ret)
		web_close(&web->b);
	else
		*out = &web->b;
	url_release(&url);
	return ret;
}
