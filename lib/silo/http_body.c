#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/http_int.h"

#include <stdio.h>

#define JUNK_MAX ((size_t)1 << 20)

/* --- in ------------------------------------------------------------------- */

static int odd(struct sending *s, const char *what)
{
	s->odd = true;
	return fail(FAIL_NET, "'%s': %s", quoted(s->url), what);
}

/* Not of one file, and it may be right from the beginning: see http.h. */
static int changed(struct sending *s)
{
	return fail(FAIL_CORRUPT, "'%s' changed while it was read",
		    quoted(s->url));
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Is this answer of the file that we have the beginning of? */
static bool goes_on(const struct sending *s, uint64_t total)
{
	const struct head *head = &s->head;

	if (s->total != UINT64_MAX && total != UINT64_MAX && total != s->total)
		return false;
	/* A 206 to If-Range says so without repeating the ETag. */
	if (s->etag && (head->etag || s->status == 200))
		return is_same(s->etag, head->etag);
	return s->etag || is_same(s->modified, head->modified);
}

static void remember(struct sending *s)
{
	free(s->etag);
	free(s->modified);
	s->etag = s->head.etag ? xstrdup(s->head.etag) : NULL;
	s->modified = s->head.modified ? xstrdup(s->head.modified) : NULL;
	s->total = UINT64_MAX;
}

/* A captive portal, a login page: whatever it is, it is no file of a silo. */
static bool is_page(const char *type)
{
	return type && (!strncasecmp(type, "text/html", 9) ||
			!strncasecmp(type, "application/xhtml", 17));
}

/* Where do the bytes of this answer belong, and are they still the same file? */
static int place(struct sending *s)
{
	const struct http_request *req = s->req;
	const struct head *head = &s->head;
	bool again = s->pos > req->from;
	uint64_t total = head->total;
	curl_off_t len = -1;

	if (!req->any_page && is_page(head->type))
		return fail(FAIL_NET, "'%s' is answered with a web page",
			    quoted(s->url));
	s->stop = req->to;
	if (s->status == 206) {
		if (!head->ranged || head->last == UINT64_MAX ||
		    head->first != s->pos || head->last >= req->to)
			return odd(s, "other bytes than those asked for");
		s->at = head->first;
		s->stop = head->last + 1;
	} else {
		curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
				  &len);
		total = len < 0 ? UINT64_MAX : (uint64_t)len;
		s->at = 0;
	}
	if (again && !goes_on(s, total))
		return changed(s);
	if (!again)
		remember(s);
	if (total != UINT64_MAX)
		s->total = total;
	return 0;
}

static int flush(struct sending *s)
{
	int ret = 0;

	if (s->block && s->block->len)
		ret = s->req->sink->take(s->req->sink->data, s->block);
	block_drop(s->block);
	s->block = NULL;
	return ret;
}

static int deliver(struct sending *s, const char *data, size_t n)
{
	int ret = 0;

	while (!ret && n) {
		size_t part;

		if (!s->block)
			s->block = block_new();
		part = MIN(n, PIECE_SIZE - s->block->len);
		memcpy(s->block->data + s->block->len, data, part);
		s->block->len += part;
		s->pos += part;
		data += part;
		n -= part;
		if (s->block->len == PIECE_SIZE)
			ret = flush(s);
	}
	return ret;
}

static int take_wanted(struct sending *s, const char *data, size_t n)
{
	uint64_t end = s->at + n, from = MAX(s->at, s->pos);
	uint64_t to = MIN(end, s->stop);
	int ret = 0;

	if (from < to)
		ret = deliver(s, data + (from - s->at), (size_t)(to - from));
	s->at = end;
	/* The rest of a whole file where a part was asked for, or too much. */
	if (end > s->stop)
		s->enough = true;
	return ret;
}

static void take_text(struct sending *s, const char *data, size_t n)
{
	struct buf *text = &s->answer->text;
	size_t room = s->req->text_max - text->len, part = MIN(n, room);

	buf_add(text, data, part);
	s->junk += n - part;
	s->enough = s->junk > JUNK_MAX;
}

static int begin(struct sending *s)
{
	s->begun = true;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &s->status);
	s->wanted = s->req->sink && (s->status == 200 || s->status == 206);
	return s->wanted ? place(s) : 0;
}

size_t body_take(char *data, size_t size, size_t n, void *ctx)
{
	struct sending *s = ctx;

	n *= size;
	if (!s->begun)
		s->ret = begin(s);
	if (!s->ret && n && s->wanted)
		s->ret = take_wanted(s, data, n);
	else if (!s->ret && n)
		take_text(s, data, n);
	/* Another number than n hangs up. */
	return s->ret || s->enough ? (n ? 0 : 1) : n;
}

int body_end(struct sending *s, bool good)
{
	int ret;

	/* A body of no bytes was not brought. */
	if (good && !s->begun) {
		ret = begin(s);
		if (ret)
			return ret;
	}
	ret = flush(s);
	/* No length was said: the end is where it ended. */
	if (!ret && good && s->wanted && s->total == UINT64_MAX &&
	    s->pos < s->req->to)
		s->total = s->pos;
	return ret;
}

bool body_whole(const struct sending *s)
{
	return s->pos >= MIN(s->req->to, s->total);
}

/* --- out ------------------------------------------------------------------ */

size_t body_give(char *data, size_t size, size_t n, void *ctx)
{
	struct sending *s = ctx;
	const struct source *src = s->req->body;

	n = (size_t)MIN((uint64_t)n * size, src->size - s->sent);
	if (n) {
		s->ret = src->read(src->data, s->sent, data, n);
		s->fed = src->serial;
	}
	if (s->ret)
		return CURL_READFUNC_ABORT;
	s->sent += n;
	return n;
}

/* libcurl begins anew, after a 401 say. */
int body_seek(void *ctx, curl_off_t offset, int origin)
{
	struct sending *s = ctx;

	if (origin != SEEK_SET || s->fed || offset < 0 ||
	    (uint64_t)offset > s->req->body->size)
		return CURL_SEEKFUNC_CANTSEEK;
	s->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}
