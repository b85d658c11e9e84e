#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/http_int.h"

#include <time.h>

#define RETRY_AFTER_MAX 60
#define WAIT_MAX_MS 120000	/* over all tries of one request */
#define STALLS_MAX 3
#define PROGRESS ((uint64_t)1 << 20)	/* so much, and we count anew */

/* What to do after a try; or a failure, below 0. */
enum { DONE, AGAIN, LATER, ELSEWHERE };

struct patience {
	unsigned tries;
	unsigned stalls;	/* tries that were too slow */
	unsigned lies;		/* tries that made no sense */
	uint64_t since;		/* s->pos when we began to count */
	uint64_t waited;
};

/* --- waiting -------------------------------------------------------------- */

/* In milliseconds; tests have less time than the world. */
static uint64_t first_wait(void)
{
	const char *text = getenv("MEDO_TEST_BACKOFF");
	int ms = text ? atoi(text) : 0;

	return ms > 0 ? (uint64_t)ms : 100;
}

/* Four times as long each time; half by chance, so that not all come at once. */
static uint64_t backoff(unsigned tries, int64_t retry_after)
{
	uint64_t ms = first_wait() << 2 * (MIN(tries, 5u) - 1);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = ms / 2 + (uint64_t)now.tv_nsec / 1000 % ms;
	return retry_after > 0 ? (uint64_t)retry_after * 1000 + ms / 4 : ms;
}

static int wait_ms(uint64_t ms)
{
	int ret = stop_check();

	while (!ret && ms) {
		uint64_t part = MIN(ms, 100);
		struct timespec t = { 0, (long)part * 1000000 };

		nanosleep(&t, NULL);
		ms -= part;
		ret = stop_check();
	}
	return ret;
}

/* --- failures of the connection ------------------------------------------- */

static int denied(struct sending *s)
{
	char *where;
	int ret;

	if (!s->foreign)
		return fail(FAIL_DENIED, "'%s' has the address %s, which is "
			    "not public; if that is meant, say: git medo "
			    "allow '%s'", quoted(s->url), s->address,
			    quoted(s->http->url));
	where = http_origin(s->url, NULL, NULL);
	ret = fail(FAIL_DENIED, "'%s' redirects to '%s' with the address %s, "
		   "which is not public; if that is meant, make it the silo's "
		   "URL and say: git medo allow '%s'", quoted(s->http->url),
		   quoted(s->url), s->address, quoted(where ? where : s->url));
	free(where);
	return ret;
}

/* Asking once more cannot help. */
static bool is_final(CURLcode code)
{
	switch (code) {
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:	/* what was HTTP/0.9 */
		return false;
	default:
		return true;
	}
}

static int lost(struct sending *s, CURLcode code, const char *error)
{
	const char *why = *error ? quoted(error) : curl_easy_strerror(code);

	if (s->pos > s->req->from)
		return fail(FAIL_NET, "'%s' ended after %" PRIu64 " bytes: %s",
			    quoted(s->url), s->pos, why);
	return fail(FAIL_NET, "cannot reach '%s': %s", quoted(s->url), why);
}

/* Can the same be asked again, from where we are? */
static bool can_repeat(const struct sending *s)
{
	return !s->fed;
}

/*
 * What let us wait in vain is not waited for again, blob after blob: at once
 * where it did not accept, and after some requests where it went on too slowly.
 */
static int too_slow(struct sending *s, int ret, bool down)
{
	struct http *http = s->http;

	if (s->foreign)
		return ret;
	pthread_mutex_lock(&http->lock);
	if ((++http->stalls >= STALLS_MAX || down) && !http->down)
		http->down = xstrdup(fail_text());
	pthread_mutex_unlock(&http->lock);
	return ret;
}

static int check_down(struct http *http)
{
	int ret;

	pthread_mutex_lock(&http->lock);
	ret = http->down ? fail(FAIL_NET, "%s", http->down) : 0;
	pthread_mutex_unlock(&http->lock);
	return ret;
}

static int after_loss(struct sending *s, struct patience *p, CURLcode code,
		      const char *error)
{
	curl_off_t begun = 0;
	bool reached;

	if (s->denied)
		return denied(s);
	curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	pthread_mutex_lock(&s->http->lock);
	reached = s->http->reached;
	pthread_mutex_unlock(&s->http->lock);
	/* Who does not even accept has had all the time that there is. */
	if (code == CURLE_OPERATION_TIMEDOUT && (!begun || ++p->stalls > 1))
		return too_slow(s, lost(s, code, error), !begun);
	lost(s, code, error);
	/* A server that answered a moment ago is being restarted. */
	if (code == CURLE_COULDNT_CONNECT && reached)
		return LATER;
	if (is_final(code) || !can_repeat(s) || !s->req->idempotent)
		return FAIL_NET;
	return LATER;
}

/* --- redirects ------------------------------------------------------------ */

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

bool http_reads(const char *method)
{
	return !strcmp(method, "GET") || !strcmp(method, "HEAD") ||
	       !strcmp(method, "PROPFIND");
}

/* The URL that a Location means; yours, or NULL. */
static char *resolve(const char *base, const char *location)
{
	CURLU *u = curl_url();
	char *user = NULL, *out = NULL;

	if (!curl_url_set(u, CURLUPART_URL, base, CURLU_PATH_AS_IS) &&
	    !curl_url_set(u, CURLUPART_URL, location, 0) &&
	    curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	    !curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0)) {
		char *whole = NULL;

		if (!curl_url_get(u, CURLUPART_URL, &whole, 0))
			out = xstrdup(whole);
		curl_free(whole);
	}
	curl_free(user);
	curl_url_cleanup(u);
	return out;
}

static int may_follow(struct sending *s, const char *to, bool foreign)
{
	const char *from = quoted(s->url), *method = s->req->method;

	if (!s->http->set.follow)
		return fail(FAIL_DENIED, "'%s' redirects to '%s', and "
			    "http.followRedirects says no", from, quoted(to));
	if (starts_with(s->url, "https:") && !starts_with(to, "https:"))
		return fail(FAIL_DENIED, "'%s' redirects to '%s', which is "
			    "without TLS", from, quoted(to));
	if (s->status == 303 && !http_reads(method))
		return fail(FAIL_DENIED, "'%s' redirects a %s to '%s', for "
			    "reading", from, method, quoted(to));
	if (foreign && !http_reads(method))
		return fail(FAIL_DENIED, "'%s' redirects a %s to another "
			    "server, '%s'; make that the silo's URL", from,
			    method, quoted(to));
	/* Its Destination would have to move along. */
	if (!strcmp(method, "MOVE"))
		return fail(FAIL_DENIED, "'%s' redirects a MOVE to '%s'; make "
			    "that the silo's URL", from, quoted(to));
	if (s->fed)
		return fail(FAIL_NET, "'%s' redirects what cannot be sent "
			    "twice", from);
	if (s->hops >= HTTP_HOPS)
		return fail(FAIL_NET, "'%s' redirects without end",
			    quoted(s->req->url));
	return 0;
}

/*
 * The user's word was for one place.  Where that sends us may be as near as it
 * is itself, but not nearer: to our own printer, say, or to what tells the
 * machines of a cloud their keys.
 */
static void stay_near(struct sending *s)
{
	char *ip = NULL;

	if (!s->any_address)
		return;
	s->any_address = false;
	if (!s->proxied && !curl_easy_getinfo(s->easy, CURLINFO_PRIMARY_IP,
					      &ip) && ip)
		s->near = address_near_text(ip);
	if (s->near == NEAR_ELSE)
		s->near = NEAR_NOT;
}

/* For messages: a password may stand before the last '@'. */
static const char *without_user(const char *url)
{
	const char *at = strrchr(url, '@');

	return quoted(at ? at + 1 : url);
}

static int follow(struct sending *s)
{
	char *to = resolve(s->url, s->head.location);
	char *origin = to ? http_origin(to, NULL, NULL) : NULL;
	bool foreign = s->foreign;
	int ret;

	if (!origin || !(starts_with(to, "http:") || starts_with(to, "https:")))
		ret = fail(FAIL_DENIED, "'%s' redirects to '%s', which is not "
			   "followed", quoted(s->url),
			   without_user(s->head.location));
	else {
		/* Who was once sent away does not come back with a password. */
		foreign = foreign || strcmp(origin, s->http->origin);
		ret = may_follow(s, to, foreign);
	}
	if (!ret) {
		if (foreign)
			stay_near(s);
		s->foreign = foreign;
		s->hops++;
		SWAP(s->url, to);
	}
	free(origin);
	free(to);
	return ret ? ret : ELSEWHERE;
}

/* --- answers -------------------------------------------------------------- */

static bool is_passing(long status)
{
	return status == 429 || status == 500 || status == 502 ||
	       status == 503 || status == 504;
}

static void fill_answer(struct sending *s)
{
	struct http_answer *a = s->answer;
	curl_off_t len = -1;

	a->status = (int)s->status;
	a->date = s->head.date;
	if (s->wanted) {
		a->total = s->total;
	} else if (s->status == 416) {
		a->total = s->head.total;
	} else {
		curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
				  &len);
		a->total = len < 0 ? UINT64_MAX : (uint64_t)len;
	}
	free(a->etag);
	free(a->type);
	free(a->server);
	a->etag = s->head.etag ? xstrdup(s->head.etag) : NULL;
	a->type = s->head.type ? xstrdup(s->head.type) : NULL;
	a->server = s->head.server ? xstrdup(s->head.server) : NULL;
}

/* It said that it was longer: all that there is has come, it seems. */
static int no_more(struct sending *s)
{
	uint64_t total = s->head.total;

	if (total != UINT64_MAX && total != s->pos)
		return fail(FAIL_CORRUPT, "'%s' changed while it was read",
			    quoted(s->url));
	s->answer->status = 206;
	s->answer->total = s->pos;
	return DONE;
}

static int after_answer(struct sending *s)
{
	bool credentials = s->http->opts.credentials && !s->foreign;

	pthread_mutex_lock(&s->http->lock);
	s->http->reached = true;
	pthread_mutex_unlock(&s->http->lock);
	if (is_redirect(s->status) && s->head.location)
		return follow(s);
	if (s->status == 401 && credentials) {
		int ret = s->fed ? fail(FAIL_DENIED, "'%s' wants a password "
					"before", quoted(s->url)) :
			  auth_ask(s);

		return ret ? ret : AGAIN;
	}
	auth_worked(s);
	fill_answer(s);
	/* These two say that nothing was done. */
	if (is_passing(s->status) && !s->fed && !s->req->once &&
	    (s->req->idempotent || s->status == 429 || s->status == 503))
		return LATER;
	if (s->wanted && !body_whole(s)) {
		fail(FAIL_NET, "'%s' ended after %" PRIu64 " bytes",
		     quoted(s->url), s->pos);
		return can_repeat(s) ? LATER : FAIL_NET;
	}
	if (s->status == 416 && s->pos > s->req->from)
		return no_more(s);
	return DONE;
}

static int judge(struct sending *s, struct patience *p, CURLcode code,
		 const char *error)
{
	if (s->pos - p->since >= PROGRESS) {
		p->since = s->pos;
		p->tries = 1;
		p->stalls = 0;
	}
	/* A server that lies may do so by mistake, but not five times. */
	if (s->silent)
		return too_slow(s, s->ret, true);
	if (s->ret && s->odd && can_repeat(s) && ++p->lies < 2)
		return LATER;
	if (s->ret)
		return s->ret;
	/* All that was wanted is there, whatever happened behind it. */
	if (code && s->wanted && s->pos > s->req->from && body_whole(s))
		code = CURLE_OK;
	/* A no is a no, also where its reasons were cut off. */
	if (s->status >= 300 && s->head.done)
		code = CURLE_OK;
	if (code && !s->enough)
		return after_loss(s, p, code, error);
	return after_answer(s);
}

/* 0: once more; 1: enough of it. */
static int next_try(struct sending *s, struct patience *p)
{
	int64_t after = is_passing(s->status) ? s->head.retry_after : -1;
	uint64_t ms = backoff(p->tries, after);

	if (p->tries >= HTTP_TRIES || after > RETRY_AFTER_MAX ||
	    p->waited + ms > WAIT_MAX_MS)
		return 1;
	p->tries++;
	p->waited += ms;
	return wait_ms(ms);
}

static int one_try(struct sending *s, struct patience *p)
{
	int place = s->foreign ? FOREIGN : HOME;
	struct conn *conn = conn_take(s->http, place);
	CURLcode code;
	int ret;

	if (!conn)
		return FAIL_SYSTEM;
	code = sending_try(s, conn);
	ret = judge(s, p, code, conn->error);
	conn_give(s->http, place, conn);
	return ret;
}

static int send_all(struct sending *s)
{
	struct patience p = { .tries = 1, .since = s->pos };
	int ret;

	for (;;) {
		ret = one_try(s, &p);
		if (ret == ELSEWHERE || ret == AGAIN)
			continue;
		if (ret != LATER)
			return ret;
		ret = next_try(s, &p);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		/* An answer that stays as it is, or the loss of it. */
		return is_passing(s->status) ? 0 : FAIL_NET;
	}
}

int http_send(struct http *http, const struct http_request *req,
	      struct http_answer *answer)
{
	struct sending s = {
		.http = http, .req = req, .answer = answer,
		.any_address = http->opts.any_address,
		.pos = req->from, .total = UINT64_MAX,
	};
	char *origin = http_origin(req->url, NULL, NULL);
	int ret = origin ? http_ready(http) :
		  fail(FAIL_REQUEST, "'%s' is no URL", quoted(req->url));

	if (!ret)
		ret = check_down(http);
	if (!ret) {
		s.url = xstrdup(req->url);
		s.foreign = strcmp(origin, http->origin);
		ret = send_all(&s);
	}
	block_drop(s.block);
	head_reset(&s.head);
	free(s.etag);
	free(s.modified);
	free(s.url);
	free(origin);
	return ret;
}
