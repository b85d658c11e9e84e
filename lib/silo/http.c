#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/http_int.h"

/* --- the place ------------------------------------------------------------ */

char *http_origin(const char *url, char **scheme, char **host)
{
	CURLU *u = curl_url();
	char *part[3] = { NULL }, *origin = NULL;
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS);

	bad = bad ? bad : curl_url_get(u, CURLUPART_SCHEME, &part[0], 0);
	bad = bad ? bad : curl_url_get(u, CURLUPART_HOST, &part[1], 0);
	bad = bad ? bad : curl_url_get(u, CURLUPART_PORT, &part[2],
				       CURLU_DEFAULT_PORT);
	for (char *p = part[1]; !bad && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 'a' - 'A');
	if (!bad) {
		origin = xstrfmt("%s://%s:%s", part[0], part[1], part[2]);
		if (scheme)
			*scheme = xstrdup(part[0]);
		if (host)
			*host = xstrdup(part[1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		curl_free(part[i]);
	curl_url_cleanup(u);
	return origin;
}

/* What git credential is told of a URL, as git itself tells it. */
static void describe(struct credential *cred, const char *url)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
	char *user = NULL;

	if (curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(u, CURLUPART_PATH, &path, CURLU_URLDECODE))
		goto out;
	if (curl_url_get(u, CURLUPART_PORT, &port, 0))
		port = NULL;
	if (curl_url_get(u, CURLUPART_USER, &user, CURLU_URLDECODE))
		user = NULL;
	cred->protocol = xstrdup(scheme);
	cred->host = xstrfmt("%s%s%s", host, port ? ":" : "", port ? port : "");
	cred->path = path[0] && path[1] ? xstrdup(path + 1) : NULL;
	cred->username = user ? xstrdup(user) : NULL;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	curl_free(user);
	curl_url_cleanup(u);
}

/* libcurl counts who needs it; its count is not for threads everywhere. */
static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;

static int global_init(void)
{
	CURLcode code;

	pthread_mutex_lock(&global_lock);
	code = curl_global_init(CURL_GLOBAL_DEFAULT);
	pthread_mutex_unlock(&global_lock);
	return code ? fail(FAIL_SYSTEM, "libcurl: %s",
			   curl_easy_strerror(code)) : 0;
}

static void global_cleanup(void)
{
	pthread_mutex_lock(&global_lock);
	curl_global_cleanup();
	pthread_mutex_unlock(&global_lock);
}

int http_open(struct http **out, const char *url, const struct http_opts *opts)
{
	struct http *http;
	char *origin;
	int ret = global_init();

	if (ret)
		return ret;
	origin = http_origin(url, NULL, NULL);
	if (!origin) {
		global_cleanup();
		return fail(FAIL_REQUEST, "'%s' is no URL", quoted(url));
	}
	http = xcalloc(1, sizeof(*http));
	http->opts = *opts;
	http->url = xstrdup(url);
	http->origin = origin;
	http->methods = CURLAUTH_ANY;
	describe(&http->cred, url);
	pthread_mutex_init(&http->lock, NULL);
	pthread_mutex_init(&http->auth_lock, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(http->share_lock); i++)
		pthread_mutex_init(&http->share_lock[i], NULL);
	*out = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < PLACES; i++)
		while (http->idle[i]) {
			struct conn *conn = http->idle[i];

			http->idle[i] = conn->next;
			curl_easy_cleanup(conn->easy);
			free(conn);
		}
	if (http->share)
		curl_share_cleanup(http->share);
	settings_release(&http->set);
	credential_release(&http->cred);
	credential_release(&http->cert);
	pthread_mutex_destroy(&http->lock);
	pthread_mutex_destroy(&http->auth_lock);
	for (size_t i = 0; i < ARRAY_SIZE(http->share_lock); i++)
		pthread_mutex_destroy(&http->share_lock[i]);
	free(http->url);
	free(http->down);
	free(http->refused);
	free(http->origin);
	free(http);
	global_cleanup();
}

/* --- what the first request makes ready ----------------------------------- */

static void share_lock(CURL *easy UNUSED, curl_lock_data what,
		       curl_lock_access how UNUSED, void *data)
{
	struct http *http = data;

	pthread_mutex_lock(&http->share_lock[what]);
}

static void share_unlock(CURL *easy UNUSED, curl_lock_data what, void *data)
{
	struct http *http = data;

	pthread_mutex_unlock(&http->share_lock[what]);
}

static int make_share(struct http *http)
{
	http->share = curl_share_init();
	if (!http->share)
		return fail(FAIL_SYSTEM, "out of memory for libcurl");
	curl_share_setopt(http->share, CURLSHOPT_LOCKFUNC, share_lock);
	curl_share_setopt(http->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
	curl_share_setopt(http->share, CURLSHOPT_USERDATA, http);
	curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(http->share, CURLSHOPT_SHARE,
			  CURL_LOCK_DATA_SSL_SESSION);
	return 0;
}

static bool is_true(const char *text)
{
	return text && strcasecmp(text, "false") && strcasecmp(text, "no") &&
	       strcasecmp(text, "off") && strcmp(text, "0") && *text;
}

/* The password of the client's own key, as git asks for it. */
static int unlock_key(struct http *http)
{
	const char *cert = http->set.v[SET_CERT];

	if (!cert || !is_true(http->set.v[SET_CERT_PASSWORD]))
		return 0;
	http->cert.protocol = xstrdup("cert");
	http->cert.host = xstrdup("");
	http->cert.path = xstrdup(cert);
	http->cert.username = xstrdup("");
	return credential_fill(&http->cert);
}

static int make_ready(struct http *http)
{
	int ret = 0;

	pthread_mutex_lock(&http->lock);
	if (!http->ready) {
		settings_release(&http->set);
		ret = settings_load(&http->set, http->url);
		if (!ret)
			ret = unlock_key(http);
		if (!ret && !http->share)
			ret = make_share(http);
		http->ready = !ret;
	}
	pthread_mutex_unlock(&http->lock);
	return ret;
}

struct conn *conn_take(struct http *http, int place)
{
	struct conn *conn;

	pthread_mutex_lock(&http->lock);
	conn = http->idle[place];
	if (conn)
		http->idle[place] = conn->next;
	pthread_mutex_unlock(&http->lock);
	if (conn)
		return conn;
	conn = xcalloc(1, sizeof(*conn));
	conn->easy = curl_easy_init();
	if (conn->easy)
		return conn;
	free(conn);
	fail(FAIL_SYSTEM, "out of memory for libcurl");
	return NULL;
}

/* The last one in is the first one out: its connection is the warmest. */
void conn_give(struct http *http, int place, struct conn *conn)
{
	pthread_mutex_lock(&http->lock);
	conn->next = http->idle[place];
	http->idle[place] = conn;
	pthread_mutex_unlock(&http->lock);
}

int http_ready(struct http *http)
{
	return make_ready(http);
}

/* --- answers -------------------------------------------------------------- */

void http_answer_release(struct http_answer *answer)
{
	free(answer->etag);
	free(answer->type);
	free(answer->server);
	buf_release(&answer->text);
	*answer = (struct http_answer)HTTP_ANSWER_INIT;
}

/* The first line of what a server says in plain text; "" else. */
static char *words(const struct http_answer *answer)
{
	size_t n = strcspn(answer->text.ptr, "\r\n");

	if (!n || n > 200 || !answer->type ||
	    strncasecmp(answer->type, "text/plain", 10))
		return xstrdup("");
	return xstrfmt(", \"%.*s\"", (int)n, answer->text.ptr);
}

static int say_status(const struct http_request *req, int status,
		      const char *more)
{
	const char *url = quoted(req->url);

	switch (status) {
	case 404:
	case 410:
		return fail(FAIL_MISSING, "'%s' is not there (%d%s)", url,
			    status, more);
	case 401:
		return fail(FAIL_DENIED, "'%s' wants a password (401%s)", url,
			    more);
	case 403:
		return fail(FAIL_DENIED, "the server forbids us to %s '%s' "
			    "(403%s)", req->method, url, more);
	case 405:
	case 501:
		if (!http_reads(req->method))
			return fail(FAIL_DENIED, "'%s': the server does not "
				    "take %s (%d%s); it has to let us write by "
				    "WebDAV, or give the silo a \"push\" URL "
				    "where we may", url, req->method, status,
				    more);
		return fail(FAIL_DENIED, "'%s': the server does not take %s "
			    "(%d%s)", url, req->method, status, more);
	case 413:
		return fail(FAIL_DENIED, "'%s' is too large for the server "
			    "(413%s)", url, more);
	case 407:
		return fail(FAIL_NET, "the proxy on the way to '%s' wants a "
			    "password (407%s)", url, more);
	case 507:
		return fail(FAIL_NET, "'%s': no room left on the server "
			    "(507%s)", url, more);
	default:
		return fail(FAIL_NET, "'%s' is answered with %d%s to a %s", url,
			    status, more, req->method);
	}
}

int http_fail(const struct http_request *req, const struct http_answer *answer)
{
	char *more = words(answer);
	int ret = say_status(req, answer->status, quoted(more));

	free(more);
	return ret;
}
