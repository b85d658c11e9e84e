#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/http_int.h"

#include <netinet/in.h>
#include <signal.h>
#include <time.h>

#define BUFFER_SIZE 262144L
#define LAST_TIMEOUT 10L
#define EXPECT_ABOVE ((uint64_t)1 << 20)

/* --- callbacks ------------------------------------------------------------ */

static size_t take_head(char *data, size_t size, size_t n, void *ctx)
{
	struct sending *s = ctx;

	s->ret = head_take(&s->head, data, size * n);
	return s->ret ? 0 : size * n;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * A port may be open while nobody is behind it.  Who has never answered gets
 * no more time for that than for the connection.
 */
static int check_stranger(struct sending *s)
{
	long limit = s->http->set.connect_time;
	curl_off_t begun = 0;

	if (!s->stranger || s->head.len || s->req->body)
		return 0;
	curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	if (!begun)
		return 0;
	if (!s->asked)
		s->asked = now_ms();
	if (now_ms() - s->asked < limit * 1000)
		return 0;
	s->silent = true;
	return fail(FAIL_NET, "cannot reach '%s': connected, but no answer in "
		    "%ld seconds", quoted(s->url), limit);
}

static int on_progress(void *ctx, curl_off_t a UNUSED, curl_off_t b UNUSED,
		       curl_off_t c UNUSED, curl_off_t d UNUSED)
{
	struct sending *s = ctx;

	if (!s->ret && !s->req->last)
		s->ret = stop_check();
	if (!s->ret)
		s->ret = check_stranger(s);
	return s->ret != 0;
}

static bool may_connect(const struct sending *s, enum near near)
{
	return near == NEAR_NOT || s->any_address || near == s->near;
}

/* The address that is really connected to, whatever a name meant before. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose UNUSED,
				 struct curl_sockaddr *addr)
{
	struct sending *s = ctx;
	const void *in = addr->family == AF_INET6 ?
		(const void *)&((struct sockaddr_in6 *)(void *)&addr->addr)->sin6_addr :
		(const void *)&((struct sockaddr_in *)(void *)&addr->addr)->sin_addr;

	if (addr->family != AF_INET && addr->family != AF_INET6)
		return CURL_SOCKET_BAD;
	if (!s->proxied && !may_connect(s, address_near(&addr->addr))) {
		s->denied = true;
		inet_ntop(addr->family, in, s->address, sizeof(s->address));
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC,
		      addr->protocol);
}

/* --- options -------------------------------------------------------------- */

#define SET(option, value) curl_easy_setopt(s->easy, CURLOPT_##option, value)

static void set_callbacks(struct sending *s, struct conn *conn)
{
	SET(NOSIGNAL, 1L);
	SET(ERRORBUFFER, conn->error);
	SET(SHARE, s->http->share);
	SET(BUFFERSIZE, BUFFER_SIZE);
	SET(UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	SET(HEADERFUNCTION, take_head);
	SET(HEADERDATA, s);
	SET(WRITEFUNCTION, body_take);
	SET(WRITEDATA, s);
	SET(NOPROGRESS, 0L);
	SET(XFERINFOFUNCTION, on_progress);
	SET(XFERINFODATA, s);
	SET(OPENSOCKETFUNCTION, open_socket);
	SET(OPENSOCKETDATA, s);
}

static void set_manners(struct sending *s)
{
	const struct settings *set = &s->http->set;
	const char *agent = set->v[SET_USER_AGENT];

	SET(URL, s->url);
	SET(PATH_AS_IS, 1L);
	SET(DISALLOW_USERNAME_IN_URL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(PROTOCOLS_STR, "http,https");
#else
	SET(PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(FOLLOWLOCATION, 0L);
	SET(HTTP_CONTENT_DECODING, 0L);
	SET(HTTP09_ALLOWED, 0L);
	SET(SUPPRESS_CONNECT_HEADERS, 1L);
	/* libcurl 7.88 does not see an early 401 to a PUT over HTTP/2. */
	SET(HTTP_VERSION, http_reads(s->req->method) ? set->version :
	    (long)CURL_HTTP_VERSION_1_1);
	SET(USERAGENT, agent ? agent : "git-medo");
	SET(CONNECTTIMEOUT, set->connect_time);
	SET(LOW_SPEED_LIMIT, set->low_limit);
	SET(LOW_SPEED_TIME, set->low_time);
	SET(TCP_KEEPALIVE, 1L);
	if (s->req->last)
		SET(TIMEOUT, LAST_TIMEOUT);
}

static void set_tls(struct sending *s)
{
	const struct settings *set = &s->http->set;

	SET(SSL_VERIFYPEER, set->verify ? 1L : 0L);
	SET(SSL_VERIFYHOST, set->verify ? 2L : 0L);
	SET(SSLVERSION, set->ssl_version);
	if (set->v[SET_CA_INFO])
		SET(CAINFO, set->v[SET_CA_INFO]);
	if (set->v[SET_CA_PATH])
		SET(CAPATH, set->v[SET_CA_PATH]);
	if (set->v[SET_CIPHERS])
		SET(SSL_CIPHER_LIST, set->v[SET_CIPHERS]);
	if (s->foreign)
		return;
	if (set->v[SET_PINNED])
		SET(PINNEDPUBLICKEY, set->v[SET_PINNED]);
	if (set->v[SET_CERT])
		SET(SSLCERT, set->v[SET_CERT]);
	if (set->v[SET_KEY])
		SET(SSLKEY, set->v[SET_KEY]);
	if (s->http->cert.password)
		SET(KEYPASSWD, s->http->cert.password);
	if (set->v[SET_COOKIES])
		SET(COOKIEFILE, set->v[SET_COOKIES]);
}

static void set_proxy(struct sending *s, const char *scheme, const char *host)
{
	char *proxy = settings_proxy(&s->http->set, scheme, host);

	s->proxied = *proxy;
	SET(PROXY, proxy);
	SET(NOPROXY, "");
	SET(PROXYAUTH, (long)CURLAUTH_ANY);
	free(proxy);
}

static void set_method(struct sending *s)
{
	const struct http_request *req = s->req;
	bool body = req->body || !strcmp(req->method, "PUT") ||
		    !strcmp(req->method, "POST");

	if (!strcmp(req->method, "HEAD"))
		SET(NOBODY, 1L);
	else if (strcmp(req->method, "GET"))
		SET(CUSTOMREQUEST, req->method);
	if (!body)
		return;
	SET(UPLOAD, 1L);
	SET(INFILESIZE_LARGE, (curl_off_t)(req->body ? req->body->size : 0));
	if (!req->body)
		return;
	SET(READFUNCTION, body_give);
	SET(READDATA, s);
	SET(SEEKFUNCTION, body_seek);
	SET(SEEKDATA, s);
}

/* --- headers -------------------------------------------------------------- */

/* What another server may see of what was meant for the first. */
static bool is_harmless(const char *header)
{
	static const char *const names[] = {
		"Accept:", "Cache-Control:", "Pragma:"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncasecmp(header, names[i], strlen(names[i])))
			return true;
	return false;
}

static void add_range(struct sending *s, struct strs *headers)
{
	const struct http_request *req = s->req;
	const char *same = s->pos > req->from ? s->etag : req->if_range;

	if (!req->sink || (!s->pos && req->to == UINT64_MAX))
		return;
	if (req->to == UINT64_MAX)
		strs_addf(headers, "Range: bytes=%" PRIu64 "-", s->pos);
	else
		strs_addf(headers, "Range: bytes=%" PRIu64 "-%" PRIu64,
			  s->pos, req->to - 1);
	if (same)
		strs_addf(headers, "If-Range: %s", same);
}

static int add_headers(struct sending *s, struct strs *headers)
{
	const struct http_request *req = s->req;
	const struct strs *extra = &s->http->set.headers;
	int ret = 0;

	strs_add(headers, "Accept-Encoding: identity");
	/* A small one is sent twice, if need be: that is less than to ask. */
	if (req->body && !req->body->serial && req->body->size <= EXPECT_ABOVE)
		strs_add(headers, "Expect:");
	add_range(s, headers);
	for (size_t i = 0; req->headers && req->headers[i]; i++)
		if (!s->foreign || is_harmless(req->headers[i]))
			strs_add(headers, req->headers[i]);
	for (size_t i = 0; !s->foreign && i < extra->n; i++)
		strs_add(headers, extra->v[i]);
	if (req->sign && !s->hops) {
		ret = req->sign(req->sign_data, req, headers);
	} else if (req->sign && !s->foreign) {
		struct http_request here = *req;

		here.url = s->url;
		ret = req->sign(req->sign_data, &here, headers);
	}
	return ret;
}

static int set_headers(struct sending *s)
{
	struct strs headers = STRS_INIT;
	int ret = add_headers(s, &headers);

	for (size_t i = 0; !ret && i < headers.n; i++) {
		struct curl_slist *more = curl_slist_append(s->list,
							    headers.v[i]);

		if (!more)
			ret = fail(FAIL_SYSTEM, "out of memory for headers");
		else
			s->list = more;
	}
	SET(HTTPHEADER, s->list);
	strs_release(&headers);
	return ret;
}

/* --- one try -------------------------------------------------------------- */

/* A broken pipe is an error of this transfer, not the end of us. */
CURLcode sending_guarded(CURLcode (*fn)(void *), void *data)
{
	struct timespec now = { 0, 0 };
	sigset_t pipe, old, waiting;
	CURLcode code;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&waiting);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	code = fn(data);
	if (!sigismember(&waiting, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return code;
}

static CURLcode perform(void *easy)
{
	return curl_easy_perform(easy);
}

static void reset(struct sending *s)
{
	s->head.len = 0;
	head_reset(&s->head);
	buf_reset(&s->answer->text);
	s->status = 0;
	s->gen = 0;
	s->begun = s->wanted = s->enough = s->denied = s->odd = false;
	s->silent = false;
	s->asked = 0;
	s->sent = 0;
	s->junk = 0;
	s->ret = 0;
}

CURLcode sending_begin(struct sending *s, struct conn *conn)
{
	char *scheme = NULL, *host = NULL, *origin;
	CURLcode code = CURLE_OK;

	reset(s);
	s->easy = conn->easy;
	pthread_mutex_lock(&s->http->lock);
	s->stranger = !s->http->reached;
	pthread_mutex_unlock(&s->http->lock);
	conn->error[0] = '\0';
	curl_easy_reset(s->easy);
	origin = http_origin(s->url, &scheme, &host);
	if (!origin) {
		s->ret = fail(FAIL_REQUEST, "'%s' is no URL", quoted(s->url));
		goto out;
	}
	set_callbacks(s, conn);
	set_manners(s);
	set_tls(s);
	set_proxy(s, scheme, host);
	set_method(s);
	auth_apply(s);
	/* Through a proxy only what the URL says can be looked at. */
	if (!may_connect(s, address_near_text(host))) {
		s->denied = true;
		snprintf(s->address, sizeof(s->address), "%s", host);
		code = CURLE_COULDNT_CONNECT;
		goto out;
	}
	s->ret = set_headers(s);
out:
	free(origin);
	free(scheme);
	free(host);
	return code;
}

void sending_end(struct sending *s, CURLcode code)
{
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &s->status);
	if (!s->ret)
		s->ret = body_end(s, code == CURLE_OK);
	else
		block_drop(s->block), s->block = NULL;
	/* Nothing of ours stays in it. */
	SET(HTTPHEADER, NULL);
	curl_slist_free_all(s->list);
	s->list = NULL;
}

CURLcode sending_try(struct sending *s, struct conn *conn)
{
	CURLcode code = sending_begin(s, conn);

	if (!code && !s->ret) {
		code = sending_guarded(perform, s->easy);
		sending_end(s, code);
	} else {
		curl_slist_free_all(s->list);
		s->list = NULL;
	}
	return code;
}
