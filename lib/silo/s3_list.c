#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/url.h"
#include "codec/xml.h"
#include "silo/s3_int.h"

/*
 * ListObjectsV2, page by page.  Keys are asked for percent-encoded, since XML
 * cannot carry all of them; a server that does not do it does not say it did.
 */
#define PAGE_MAX ((size_t)8 << 20)

struct page {
	const char *root;	/* all keys begin with it */
	int (*each)(void *data, const char *name, uint64_t size);
	void *data;
	bool encoded;
	bool truncated;
	struct buf token;	/* of the next page */
	bool inside;		/* of <Contents> */
	struct buf key;
	uint64_t size;
};

static int head_close(void *data, const char *name, const char *text,
		      size_t len)
{
	struct page *page = data;

	if (!strcmp(name, "EncodingType")) {
		page->encoded = !strcmp(text, "url");
	} else if (!strcmp(name, "IsTruncated")) {
		page->truncated = !strcmp(text, "true");
	} else if (!strcmp(name, "NextContinuationToken")) {
		buf_reset(&page->token);
		buf_add(&page->token, text, len);
	}
	return 0;
}

static int body_open(void *data, const char *name)
{
	struct page *page = data;

	if (!strcmp(name, "Contents")) {
		page->inside = true;
		page->size = UINT64_MAX;
		buf_reset(&page->key);
	}
	return 0;
}

static int take_key(struct page *page, const char *text, size_t len)
{
	struct buf plain = BUF_INIT;
	int ret = 0;

	buf_add(&plain, text, len);
	if (page->encoded) {
		for (size_t i = 0; i < plain.len; i++)
			if (plain.ptr[i] == '+')
				plain.ptr[i] = ' ';
		ret = url_decode(plain.ptr, plain.len, &page->key);
	} else {
		buf_add(&page->key, text, len);
	}
	buf_release(&plain);
	if (ret) {
		/* A key with a NUL, say: none of ours. */
		fail_clear();
		buf_reset(&page->key);
	}
	return 0;
}

/* Keys that end in a slash are how some programs draw empty folders. */
static int body_close(void *data, const char *name, const char *text,
		      size_t len)
{
	struct page *page = data;
	const char *key = page->key.ptr;
	size_t root = strlen(page->root);

	if (!page->inside)
		return 0;
	if (!strcmp(name, "Key"))
		return take_key(page, text, len);
	if (!strcmp(name, "Size"))
		page->size = strtoull(text, NULL, 10);
	if (strcmp(name, "Contents"))
		return 0;
	page->inside = false;
	if (!page->key.len || ends_with(key, "/"))
		return 0;
	if (!starts_with(key, page->root))
		return fail(FAIL_NET, "a listing of S3 has keys that were not "
			    "asked for");
	return page->each(page->data, key + root, page->size);
}

/* What stands at the end of a page says how its keys are to be read. */
static int read_page(struct page *page, const struct buf *text)
{
	struct xml head = { .close = head_close, .data = page };
	struct xml body = { .open = body_open, .close = body_close,
			    .data = page };
	int ret;

	page->encoded = page->truncated = page->inside = false;
	ret = xml_read(&head, text->ptr, text->len);
	return ret ? ret : xml_read(&body, text->ptr, text->len);
}

static char *page_query(const char *prefix, const char *token)
{
	struct buf query = BUF_INIT;

	buf_adds(&query, "list-type=2&encoding-type=url");
	if (*prefix) {
		buf_adds(&query, "&prefix=");
		url_encode(prefix, false, &query);
	}
	if (*token) {
		buf_adds(&query, "&continuation-token=");
		url_encode(token, false, &query);
	}
	return buf_detach(&query);
}

static int one_page(struct s3 *s3, struct page *page, const char *prefix,
		    const char *token)
{
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *query = page_query(prefix, token);
	int ret;

	call.query = query;
	call.text_max = PAGE_MAX;
	ret = s3_send(s3, &call, &answer);
	if (!ret && answer.status == 200)
		ret = read_page(page, &answer.text);
	else if (!ret)
		ret = s3_fail(s3, &call, &answer);
	http_answer_release(&answer);
	free(query);
	return ret;
}

int s3_list(struct backend *b, const char *prefix,
	    int (*each)(void *data, const char *name, uint64_t size),
	    void *data)
{
	struct s3 *s3 = (struct s3 *)(void *)((char *)b -
					      offsetof(struct s3, b));
	struct page page = { .root = s3->root, .each = each, .data = data,
			     .token = BUF_INIT, .key = BUF_INIT };
	char *all = xstrfmt("%s%s%s", s3->root, prefix,
			    *prefix && !ends_with(prefix, "/") ? "/" : "");
	char *token = xstrdup("");
	int ret;

	do {
		ret = stop_check();
		buf_reset(&page.token);
		if (!ret)
			ret = one_page(s3, &page, all, token);
		if (!ret && page.truncated &&
		    (!page.token.len || !strcmp(page.token.ptr, token)))
			ret = fail(FAIL_NET, "silo '%s': its listing does not "
				   "go on", quoted(b->url));
		free(token);
		token = xstrdup(page.token.ptr);
	} while (!ret && page.truncated);
	free(token);
	free(all);
	buf_release(&page.token);
	buf_release(&page.key);
	return ret;
}
