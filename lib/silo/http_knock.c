#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/http_int.h"

#include <sys/resource.h>

/*
 * Many places at once, by one thread: what each of them costs is a socket and
 * an answer without a body, and all together what the slowest costs.
 */
struct visit {
	struct http_request req;
	struct http_answer answer;
	struct sending s;
	struct conn *conn;
	char *url;
};

/* silo.json below the place; nobody's name in it. */
static char *door(const struct http *http)
{
	CURLU *u = curl_url();
	char *bare = NULL, *out = NULL;

	if (!curl_url_set(u, CURLUPART_URL, http->url, CURLU_PATH_AS_IS) &&
	    !curl_url_set(u, CURLUPART_USER, NULL, 0) &&
	    !curl_url_get(u, CURLUPART_URL, &bare, 0))
		out = xstrfmt("%s%ssilo.json", bare,
			      ends_with(bare, "/") ? "" : "/");
	curl_free(bare);
	curl_url_cleanup(u);
	return out;
}

/* 1 it is under way, 0 it cannot be asked so. */
static int begin(struct visit *v, struct http *http, CURLM *multi)
{
	long limit;

	*v = (struct visit){ .req = HTTP_REQUEST_INIT,
			     .answer = HTTP_ANSWER_INIT };
	v->url = door(http);
	if (!v->url || http_ready(http))
		return 0;
	v->req.method = "HEAD";
	v->req.url = v->url;
	v->s = (struct sending){
		.http = http, .req = &v->req, .answer = &v->answer,
		.any_address = http->opts.any_address, .total = UINT64_MAX,
		.url = v->url,
	};
	v->conn = conn_take(http, HOME);
	if (!v->conn || sending_begin(&v->s, v->conn) || v->s.ret)
		return 0;
	limit = MAX(http->set.connect_time / 2, 1);
	curl_easy_setopt(v->s.easy, CURLOPT_TIMEOUT, limit);
	curl_easy_setopt(v->s.easy, CURLOPT_PRIVATE, v);
	return !curl_multi_add_handle(multi, v->s.easy);
}

/* Whatever was said, somebody is there to say it. */
static char *judge(const struct visit *v, CURLcode code)
{
	const char *text = v->conn->error;

	if (v->s.head.len || v->s.denied || v->s.ret ||
	    (code != CURLE_OPERATION_TIMEDOUT &&
	     code != CURLE_COULDNT_CONNECT &&
	     code != CURLE_COULDNT_RESOLVE_HOST))
		return NULL;
	return xstrfmt("cannot reach '%s': %s", quoted(v->s.http->url),
		       *text ? quoted(text) : curl_easy_strerror(code));
}

static void end(struct visit *v)
{
	if (v->s.easy)
		sending_end(&v->s, CURLE_GOT_NOTHING);
	if (v->conn)
		conn_give(v->s.http, HOME, v->conn);
	head_reset(&v->s.head);
	http_answer_release(&v->answer);
	free(v->url);
	fail_clear();
}

struct round {
	CURLM *multi;
	struct visit *v;
	char **why;
	int ret;
};

static void take_results(struct round *r)
{
	struct CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(r->multi, &left))) {
		struct visit *v = NULL;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &v);
		if (msg->msg == CURLMSG_DONE && v)
			r->why[v - r->v] = judge(v, msg->data.result);
	}
}

static CURLcode drive(void *data)
{
	struct round *r = data;
	int running = 1;

	while (running && !r->ret) {
		if (curl_multi_perform(r->multi, &running))
			break;
		take_results(r);
		if (running)
			curl_multi_poll(r->multi, NULL, 0, 250, NULL);
		r->ret = stop_check();
	}
	return CURLE_OK;
}

static int knock_round(struct http *const *https, size_t n, char **why)
{
	struct round r = { curl_multi_init(), xcalloc(n, sizeof(*r.v)), why, 0 };
	bool *begun = xcalloc(n, sizeof(*begun));

	for (size_t i = 0; r.multi && i < n; i++)
		if (https[i])
			begun[i] = begin(&r.v[i], https[i], r.multi) > 0;
	if (r.multi)
		sending_guarded(drive, &r);
	for (size_t i = 0; i < n; i++) {
		if (begun[i])
			curl_multi_remove_handle(r.multi, r.v[i].s.easy);
		end(&r.v[i]);
	}
	curl_multi_cleanup(r.multi);
	free(r.v);
	free(begun);
	return r.ret;
}

/* A socket each, and two more while a name is looked up. */
static size_t at_a_time(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < 128)
		return 16;
	return (size_t)MIN(limit.rlim_cur / 2 - 32, 1000);
}

int http_knock(struct http *const *https, size_t n, char **why)
{
	size_t part = at_a_time();
	int ret = 0;

	for (size_t at = 0; !ret && at < n; at += part)
		ret = knock_round(https + at, MIN(part, n - at), why + at);
	return ret;
}
