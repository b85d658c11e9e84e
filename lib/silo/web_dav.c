#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/web_int.h"

/*
 * Writing: PUT under a name of our own, then MOVE it where it belongs, which
 * no server does by halves; or, where PUT does it by halves neither, at once
 * (web_keeps.c).  Names end in a slash where they are collections:
 * nginx insists on it, and others do not mind.
 */

/* One request; the status, with a sentence for it in fail_text(). */
static int ask_with(struct web *web, struct http_request *req,
		    const char *name, bool slash)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *url = web_url(web, name, slash);
	int ret;

	req->url = url;
	req->text_max = 256;
	ret = web_send(web, req, &answer);
	/*
	 * A captive portal says 200 to everything; Apache's own pages come
	 * with 201 and more.
	 */
	if (ret == 200 && web_is_page(answer.type))
		ret = fail(FAIL_NET, "'%s' is answered with a web page",
			   quoted(url));
	else if (ret >= 300)
		(void)http_fail(req, &answer);
	http_answer_release(&answer);
	free(url);
	return ret;
}

static int ask(struct web *web, const char *method, const char *name,
	       bool slash, const char *const *headers)
{
	struct http_request req = HTTP_REQUEST_INIT;

	req.method = method;
	req.headers = headers;
	return ask_with(web, &req, name, slash);
}

static bool is_done(int status)
{
	return status >= 200 && status < 300;
}

/* What the sentence in fail_text() was said with. */
static int refusal(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 405:
	case 413:
	case 501:
		return FAIL_DENIED;
	case 404:
	case 410:
		return FAIL_MISSING;
	default:
		return FAIL_NET;
	}
}

static int outcome(int status)
{
	if (status < 0)
		return status;
	if (!is_done(status))
		return refusal(status);
	fail_clear();
	return 0;
}

/* A collection is not there: Apache says 409, nginx 404 or 409. */
static bool is_orphan(int status)
{
	return status == 404 || status == 409;
}

static char *parent_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? xmemdup(name, (size_t)(slash - name)) :
	       *name ? xstrdup("") : NULL;
}

/* Make a collection and what is missing above it, up to the silo itself. */
static int make(struct web *web, const char *name)
{
	int status = ask(web, "MKCOL", name, true, NULL);

	if (is_orphan(status)) {
		char *up = parent_of(name);
		int ret = up ? make(web, up) : outcome(status);

		free(up);
		if (ret)
			return ret;
		status = ask(web, "MKCOL", name, true, NULL);
	}
	/* Apache's word for a race that we lost; it may as well be a no. */
	if (status == 403)
		status = ask(web, "MKCOL", name, true, NULL);
	/* It is there: somebody else was first. */
	return status == 405 || status == 301 ? 0 : outcome(status);
}

static int make_parent(struct web *web, const char *name)
{
	char *up = parent_of(name);
	int ret = up ? make(web, up) : 0;

	free(up);
	return ret;
}

/*
 * PUT where the collection is there; the silo itself may not be, which
 * nginx tells by a 500.
 */
int web_write(struct web *web, const char *name, const struct source *src,
	      const char *const *headers)
{
	struct http_request req = HTTP_REQUEST_INIT;
	int status, ret;

	pthread_mutex_lock(&web->lock);
	req.once = !web->rooted && !src->serial;
	pthread_mutex_unlock(&web->lock);
	req.method = "PUT";
	req.headers = headers;
	req.body = src;
	status = ask_with(web, &req, name, false);
	if (req.once && (is_orphan(status) || status >= 500 ||
			 status == 429)) {
		ret = status == 429 ? 0 : make_parent(web, name);
		if (ret)
			return ret;
		req.once = false;
		status = ask_with(web, &req, name, false);
	}
	pthread_mutex_lock(&web->lock);
	web->rooted |= is_done(status);
	pthread_mutex_unlock(&web->lock);
	return status;
}

static int move_to(struct web *web, const char *from, const char *where,
		   bool slash, bool over)
{
	char *to = xstrfmt("Destination: %s", where);
	const char *headers[] = {
		to, over ? "Overwrite: T" : "Overwrite: F", NULL
	};
	struct http_request req = HTTP_REQUEST_INIT;
	int status;

	req.method = "MOVE";
	req.headers = headers;
	req.idempotent = false;
	status = ask_with(web, &req, from, slash);
	free(to);
	return status;
}

/*
 * The status of a MOVE; made once more where the collection above was missing,
 * which nginx tells by a 500, and where the server, behind a proxy, does not
 * know itself by the name that we know it by (Apache 502, nginx 400).
 */
static int move(struct web *web, const char *from, const char *to, bool slash,
		bool over)
{
	char *url = web_url(web, to, slash);
	const char *where = url;
	int status = move_to(web, from, where, slash, over), ret;

	if (status == 502 || status == 400) {
		where = url + (web->path - web->root);
		status = move_to(web, from, where, slash, over);
	}
	if (is_orphan(status) || status == 500) {
		ret = make_parent(web, to);
		status = ret ? ret : move_to(web, from, where, slash, over);
	}
	free(url);
	return status;
}

/* What failed says why; cleaning up after it must not. */
static void discard(struct web *web, const char *name, bool slash)
{
	static const char *const deep[] = { "Depth: infinity", NULL };
	char *why = xstrdup(fail_text());

	(void)!ask(web, "DELETE", name, slash, slash ? deep : NULL);
	fail_adopt(why);
	free(why);
}

static const char *const first[] = { "If-None-Match: *", NULL };

/* A server that knows PUT and not MOVE: it has to put in one go. */
static int put_alone(struct web *web, const char *name,
		     const struct source *src)
{
	int status = web_write(web, name, src, first);

	return status == 412 ? 1 : outcome(status);
}

/* A portal, a proxy, a full disk: what says yes need not have it. */
static int see(struct backend *b, const char *name, uint64_t size)
{
	uint64_t there = 0;
	int ret = web_has(b, name, &there);

	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_NET, "'%s/%s': the server took it, and has it "
			    "not", quoted(b->url), name);
	if (there != size && there != UINT64_MAX)
		return fail(FAIL_NET, "'%s/%s': the server took %" PRIu64
			    " bytes, and has %" PRIu64, quoted(b->url), name,
			    size, there);
	return 0;
}

/*
 * To the name itself, where it stays what it was if we are cut.  0 done; 1
 * there is something else of that name, 2 it cannot be had so.
 */
static int put_straight(struct web *web, const char *name,
			const struct source *src)
{
	int status = web_write(web, name, src, first), ret;
	uint64_t size = 0;

	if (status < 0)
		return status;
	if (is_done(status))
		return see(&web->b, name, src->size);
	fail_clear();
	if (status != 412)
		return 2;
	ret = web_has(&web->b, name, &size);
	if (ret < 0)
		return ret;
	return ret && (size == src->size || size == UINT64_MAX) ? 0 : 1;
}

static int put_aside(struct web *web, const char *name,
		     const struct source *src, bool over)
{
	char *temp = backend_temp_name();
	int status = web_write(web, temp, src, NULL), ret = 0;

	if (is_done(status)) {
		status = move(web, temp, name, false, over);
		if (!is_done(status))
			discard(web, temp, false);
		if ((status == 405 || status == 501) && !src->serial)
			ret = put_alone(web, name, src);
		/*
		 * There already; or the answer to a MOVE that was done is lost,
		 * and libcurl, which repeats it by itself where a connection
		 * ends without a byte, found nothing left to move.
		 */
		else if (status != 412 && status != 404 && status != FAIL_NET)
			ret = outcome(status);
		/* What was there may be another's compression of the same. */
		if (!ret)
			ret = status == 412 ? 1 :
			      see(&web->b, name, src->size);
	} else {
		ret = outcome(status);
	}
	free(temp);
	return ret;
}

int web_put(struct backend *b, const char *name, const struct source *src)
{
	struct web *web = web_of(b);
	bool straight = b->straight && !src->serial;
	int ret = straight ? put_straight(web, name, src) : 2;

	if (ret > 0)
		ret = put_aside(web, name, src, ret == 1);
	if (ret >= 0)
		fail_clear();
	return ret;
}

/*
 * A directory with one file gets its name by a MOVE, which ends in a rename(2)
 * that never replaces a directory with something in it (design: LEDGER).
 */
int web_claim(struct backend *b, const char *name, const void *data,
	      size_t len)
{
	struct web *web = web_of(b);
	const char *slash = strrchr(name, '/');
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	char *temp = backend_temp_name(), *dir, *inside;
	uint64_t size;
	int ret, status;

	dir = xmemdup(name, (size_t)(slash - name));
	inside = xstrfmt("%s%s", temp, slash);
	ret = make(web, temp);
	if (!ret)
		ret = outcome(web_write(web, inside, &src, NULL));
	if (!ret) {
		status = move(web, temp, dir, true, false);
		ret = is_done(status) ? 1 : status < 0 ? status : 0;
	}
	if (ret != 1)
		discard(web, temp, true);
	/* Refused, and why is not told alike: is the name taken? */
	if (!ret && status != 412) {
		ret = web_has(b, name, &size);
		if (ret >= 0)
			ret = ret ? 0 : refusal(status);
	}
	free(temp);
	free(inside);
	free(dir);
	return ret;
}

static int replace_aside(struct web *web, const char *name,
			 const struct source *src)
{
	char *temp = backend_temp_name();
	int status = web_write(web, temp, src, NULL);

	if (is_done(status)) {
		status = move(web, temp, name, false, true);
		if (!is_done(status))
			discard(web, temp, false);
		if (status == 405 || status == 501)
			status = web_write(web, name, src, NULL);
	}
	free(temp);
	return outcome(status);
}

int web_replace(struct backend *b, const char *name, const void *data,
		size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	struct web *web = web_of(b);
	int status = b->straight ? web_write(web, name, &src, NULL) : 0;

	/* Whatever it was, the long way is told, or works. */
	return status < 0 || is_done(status) ? outcome(status) :
	       replace_aside(web, name, &src);
}

int web_remove(struct backend *b, const char *name)
{
	static const char *const deep[] = { "Depth: infinity", NULL };
	struct web *web = web_of(b);
	int status = ask(web, "DELETE", name, false, NULL);

	/* nginx takes away a collection only by its own name. */
	if (status == 409 || status == 400 || status == 301)
		status = ask(web, "DELETE", name, true, deep);
	if (status == 404 || status == 410)
		status = 204;
	return outcome(status);
}
