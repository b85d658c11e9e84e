#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/url.h"
#include "codec/xml.h"
#include "silo/s3_int.h"

#include <ctype.h>
#include <time.h>

/*
 * A bucket.  Every name is a key below the silo's prefix; `put` and `claim`
 * are PUT with If-None-Match: *, which is what keeps two writers apart (a
 * server that ignores it is found out by the ledger's probe).
 */
#define PARTS_ABOVE ((uint64_t)64 << 20)
#define OBJECT_MAX ((uint64_t)5 << 40)
#define ERROR_MAX ((size_t)65536)
/* Clocks that differ by more are refused by S3: 15 minutes, less a margin. */
#define SKEW_MAX (10 * 60)

static struct s3 *s3_of(struct backend *b)
{
	return (struct s3 *)(void *)((char *)b - offsetof(struct s3, b));
}

struct element {
	const char *name;
	struct buf *out;
	bool found;
};

static int element_close(void *data, const char *name, const char *text,
			 size_t len)
{
	struct element *e = data;

	if (!e->found && !strcmp(name, e->name)) {
		e->found = true;
		buf_add(e->out, text, len);
	}
	return 0;
}

int s3_element(const struct buf *text, const char *name, struct buf *out)
{
	struct element e = { .name = name, .out = out };
	struct xml xml = { .close = element_close, .data = &e };
	const char *start = text->ptr;
	int ret;

	/* Spaces are sent to keep the line alive until there is an answer. */
	while (isspace((unsigned char)*start))
		start++;
	ret = xml_read(&xml, start, text->len - (size_t)(start - text->ptr));
	return ret ? ret : e.found;
}

/* Somebody else's word that goes into ours: letters and digits of it. */
static void text_of(const struct http_answer *answer, const char *name,
		    char out[S3_CODE_MAX])
{
	struct buf text = BUF_INIT;
	size_t n = 0;

	if (answer->text.len && s3_element(&answer->text, name, &text) < 0)
		fail_clear();
	for (size_t i = 0; i < text.len && n < S3_CODE_MAX - 1; i++)
		if (isalnum((unsigned char)text.ptr[i]) || text.ptr[i] == '-')
			out[n++] = text.ptr[i];
	out[n] = '\0';
	buf_release(&text);
}

void s3_code(const struct http_answer *answer, char code[S3_CODE_MAX])
{
	text_of(answer, "Code", code);
}

/* Also where there is no code: an answer to HEAD has no body. */
#define DENIED "do these keys have the right to it (where listing is denied, " \
	"what is not there is denied, too)?"

static const struct {
	const char *code;
	enum fail_code ret;
	const char *next;
} codes[] = {
	{ "AccessDenied", FAIL_DENIED, DENIED },
	{ "AccountProblem", FAIL_DENIED, NULL },
	{ "AuthorizationHeaderMalformed", FAIL_DENIED, "set AWS_REGION" },
	{ "EntityTooLarge", FAIL_DENIED, NULL },
	{ "ExpiredToken", FAIL_DENIED, "the session is over; log in again" },
	{ "InvalidAccessKeyId", FAIL_DENIED,
	  "it does not know this AWS_ACCESS_KEY_ID" },
	{ "InvalidToken", FAIL_DENIED, "is AWS_SESSION_TOKEN right?" },
	{ "MethodNotAllowed", FAIL_DENIED, NULL },
	{ "NoSuchBucket", FAIL_NET, "there is no such bucket" },
	{ "NoSuchKey", FAIL_MISSING, NULL },
	{ "NoSuchUpload", FAIL_NET, "somebody gave it up; try again" },
	{ "NotImplemented", FAIL_DENIED, NULL },
	{ "PermanentRedirect", FAIL_DENIED,
	  "the bucket is elsewhere; set AWS_REGION" },
	{ "QuotaExceeded", FAIL_DENIED, NULL },
	{ "RequestTimeTooSkewed", FAIL_DENIED, "is the clock right?" },
	{ "ServiceUnavailable", FAIL_NET, "try again later" },
	{ "SignatureDoesNotMatch", FAIL_DENIED,
	  "is AWS_SECRET_ACCESS_KEY right?" },
	{ "SlowDown", FAIL_NET, "try again later" },
	{ "TokenRefreshRequired", FAIL_DENIED, "log in again" },
};

int s3_fail(struct s3 *s3, const struct s3_call *call,
	    const struct http_answer *answer)
{
	int status = answer->status, ret = FAIL_NET;
	const char *next = NULL;
	char code[S3_CODE_MAX], region[S3_CODE_MAX];
	struct buf hint = BUF_INIT;

	s3_code(answer, code);
	text_of(answer, "Region", region);
	if (status == 404)
		ret = FAIL_MISSING;
	else if (status == 401 || status == 403 || status == 501)
		ret = FAIL_DENIED;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (!strcmp(code, codes[i].code)) {
			ret = codes[i].ret;
			next = codes[i].next;
		}
	}
	if (ret == FAIL_DENIED && !s3->conf.id)
		next = "there are no keys: set AWS_ACCESS_KEY_ID and "
		       "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
	else if (status == 403 && !*code)
		next = DENIED;
	else if (status == 301 && !next)
		next = "the bucket is elsewhere; set AWS_REGION";
	if (next)
		buf_addf(&hint, "; %s%s%s", next, *region ? " to " : "",
			 region);
	ret = fail(ret, "silo '%s': %s '%s': %d%s%s%s", quoted(s3->b.url),
		   call->method, call->name ? quoted(call->name) : "", status,
		   *code ? " " : "", code, hint.ptr);
	buf_release(&hint);
	return ret;
}

struct signing {
	struct s3 *s3;
	char payload[SIGV4_HEX_MAX];
};

static int sign(void *data, const struct http_request *req,
		struct strs *headers)
{
	struct signing *signing = data;
	struct s3 *s3 = signing->s3;
	struct sigv4_key key = {
		.id = s3->conf.id, .secret = s3->conf.secret,
		.token = s3->conf.token, .region = s3->conf.region,
	};
	struct sigv4 what = {
		.method = req->method, .url = req->url,
		.headers = req->headers, .payload = signing->payload,
		.time = (int64_t)time(NULL) + atomic_load(&s3->skew),
	};

	/* Nobody but the endpoint gets to see a signature or a token. */
	if (key.id && starts_with(req->url, s3->base))
		sigv4_sign(&what, &key, headers);
	return 0;
}

/* The answer to a HEAD has no body, so nobody says why it is a 403. */
static bool clock_is_off(struct s3 *s3, const struct http_answer *answer)
{
	int64_t off = answer->date - (int64_t)time(NULL);
	int64_t more = off - atomic_load(&s3->skew);

	if (!s3->conf.id || !answer->date ||
	    (answer->status != 403 && answer->status != 400) ||
	    (more < SKEW_MAX && more > -SKEW_MAX))
		return false;
	atomic_store(&s3->skew, off);
	return true;
}

static char *full_url(struct s3 *s3, const struct s3_call *call)
{
	struct buf url = BUF_INIT;

	buf_adds(&url, s3->base);
	if (call->name) {
		url_encode(s3->root, true, &url);
		url_encode(call->name, true, &url);
	}
	if (call->query)
		buf_addf(&url, "?%s", call->query);
	return buf_detach(&url);
}

int s3_send(struct s3 *s3, const struct s3_call *call,
	    struct http_answer *answer)
{
	const char *headers[] = { call->if_none ? "If-None-Match: *" : NULL,
				  NULL };
	struct signing signing = { .s3 = s3 };
	struct http_request req = HTTP_REQUEST_INIT;
	char *url = full_url(s3, call);
	int ret = 0;

	req.method = call->method;
	req.url = url;
	req.headers = headers;
	req.from = call->from;
	req.to = call->to;
	req.body = call->body;
	req.sink = call->sink;
	req.last = call->last;
	req.sign = sign;
	req.sign_data = &signing;
	req.text_max = call->text_max ? call->text_max : ERROR_MAX;
	strcpy(signing.payload, SIGV4_EMPTY);
	if (call->body && starts_with(url, "https:"))
		strcpy(signing.payload, SIGV4_UNSIGNED);
	else if (call->body && s3->conf.id)
		ret = sigv4_payload(call->body, 0, call->body->size,
				    signing.payload);
	if (!ret)
		ret = http_send(s3->http, &req, answer);
	if (!ret && clock_is_off(s3, answer)) {
		struct http_answer again = HTTP_ANSWER_INIT;

		http_answer_release(answer);
		*answer = again;
		ret = http_send(s3->http, &req, answer);
	}
	free(url);
	return ret;
}

static int s3_has(struct backend *b, const char *name, uint64_t *size)
{
	struct s3 *s3 = s3_of(b);
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	int ret;

	call.method = "HEAD";
	call.name = name;
	ret = s3_send(s3, &call, &answer);
	if (!ret && answer.status == 200) {
		*size = answer.total;
		ret = 1;
	} else if (!ret && answer.status != 404) {
		ret = s3_fail(s3, &call, &answer);
	}
	http_answer_release(&answer);
	return ret;
}

/* A range behind the end is 416 here, and nothing at all elsewhere. */
static int read_none(struct backend *b, const char *name, uint64_t from,
		     uint64_t *total)
{
	int ret = s3_has(b, name, total);

	if (!ret)
		return fail(FAIL_MISSING, "silo '%s' has no '%s'",
			    quoted(b->url), name);
	if (ret > 0 && from < *total)
		return fail(FAIL_NET, "silo '%s': cannot read '%s' from %"
			    PRIu64 " on", quoted(b->url), name, from);
	return ret < 0 ? ret : 0;
}

static int s3_read(struct backend *b, const char *name, uint64_t from,
		   uint64_t to, unsigned how UNUSED, const struct sink *sink,
		   uint64_t *total)
{
	struct s3 *s3 = s3_of(b);
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	int ret;

	if (from >= to)
		return read_none(b, name, UINT64_MAX, total);
	call.name = name;
	call.from = from;
	call.to = to;
	call.sink = sink;
	ret = s3_send(s3, &call, &answer);
	if (!ret && answer.status == 416)
		ret = read_none(b, name, from, total);
	else if (!ret && answer.status != 200 && answer.status != 206)
		ret = s3_fail(s3, &call, &answer);
	else
		*total = answer.total;
	http_answer_release(&answer);
	return ret;
}

/* 1 it is ours, 0 it was there; as to 409: somebody is at it, too. */
static int put_new(struct s3 *s3, const char *name, const struct source *src,
		   bool if_none, int *status)
{
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	int ret;

	call.method = "PUT";
	call.name = name;
	call.body = src;
	call.if_none = if_none;
	ret = s3_send(s3, &call, &answer);
	*status = ret ? 0 : answer.status;
	if (!ret && (answer.status == 412 || answer.status == 409) && if_none)
		ret = 0;
	else if (!ret && answer.status / 100 == 2)
		ret = 1;
	else if (!ret)
		ret = s3_fail(s3, &call, &answer);
	http_answer_release(&answer);
	return ret;
}

static int s3_put(struct backend *b, const char *name,
		  const struct source *src)
{
	struct s3 *s3 = s3_of(b);
	uint64_t size;
	int ret, status;

	if (src->serial)
		return fail(FAIL_REQUEST, "cannot put '%s': it can be read "
			    "only once", name);
	if (src->size > OBJECT_MAX)
		return fail(FAIL_REQUEST, "cannot put '%s': S3 takes at most "
			    "5 TiB", name);
	if (src->size > PARTS_ABOVE)
		return s3_put_parts(s3, name, src);
	ret = put_new(s3, name, src, !atomic_load(&s3->no_if), &status);
	if (status == 501 && !atomic_exchange(&s3->no_if, true)) {
		fail_clear();
		ret = put_new(s3, name, src, false, &status);
	} else if (status == 409) {
		ret = s3_has(b, name, &size);
		if (ret)
			return ret;
		ret = put_new(s3, name, src, true, &status);
		if (!ret && status == 409)
			return fail(FAIL_NET, "silo '%s': others write '%s', "
				    "too; try again", quoted(b->url), name);
	}
	return ret < 0 ? ret : !ret;
}

static int s3_claim(struct backend *b, const char *name, const void *data,
		    size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	int status, ret;

	ret = put_new(s3_of(b), name, &src, true, &status);
	if (status == 501)
		return fail(FAIL_DENIED, "silo '%s': the server does not know "
			    "If-None-Match, so it cannot keep two writers "
			    "apart", quoted(b->url));
	return ret;
}

static int s3_replace(struct backend *b, const char *name, const void *data,
		      size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	int status, ret;

	ret = put_new(s3_of(b), name, &src, false, &status);
	return ret < 0 ? ret : 0;
}

static int s3_remove(struct backend *b, const char *name)
{
	struct s3 *s3 = s3_of(b);
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	int ret;

	call.method = "DELETE";
	call.name = name;
	ret = s3_send(s3, &call, &answer);
	if (!ret && answer.status / 100 != 2 && answer.status != 404)
		ret = s3_fail(s3, &call, &answer);
	http_answer_release(&answer);
	return ret;
}

static int s3_now(struct backend *b, int64_t *out)
{
	struct s3 *s3 = s3_of(b);
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	int ret;

	call.method = "HEAD";
	call.name = "silo.json";
	ret = s3_send(s3, &call, &answer);
	if (!ret && answer.date)
		*out = answer.date;
	else if (!ret)
		ret = fail(FAIL_NET, "silo '%s' does not tell the time",
			   quoted(b->url));
	http_answer_release(&answer);
	return ret;
}

static void s3_close(struct backend *b)
{
	struct s3 *s3 = s3_of(b);

	http_close(s3->http);
	s3_conf_release(&s3->conf);
	free(s3->bucket);
	free(s3->base);
	free(s3->root);
	free(b->url);
	free(s3);
}

static const struct backend_ops s3_ops = {
	.read = s3_read,
	.put = s3_put,
	.claim = s3_claim,
	.replace = s3_replace,
	.has = s3_has,
	.list = s3_list,
	.remove = s3_remove,
	.now = s3_now,
	.close = s3_close,
};

int backend_s3(struct backend **out, const char *url,
	       const struct backend_opts *opts)
{
	struct s3 *s3 = xcalloc(1, sizeof(*s3));
	struct http_opts http = { .any_address = opts->any_address };
	int ret;

	s3->b.ops = &s3_ops;
	s3->b.fd = -1;
	ret = s3_where(s3, url);
	if (!ret) {
		/* An endpoint of its own is the user's own word. */
		http.any_address |= s3->conf.endpoint != NULL;
		ret = http_open(&s3->http, s3->base, &http);
	}
	if (ret) {
		s3_close(&s3->b);
		return ret;
	}
	s3->b.http = s3->http;
	*out = &s3->b;
	return 0;
}
