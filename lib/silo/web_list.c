#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/url.h"
#include "codec/xml.h"
#include "silo/web_int.h"

#define LIST_MAX ((size_t)16 << 20)	/* of one collection */
#define DEPTH_MAX 32

static const char wanted[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>"
	"</prop></propfind>\n";

struct listing {
	struct web *web;
	int (*each)(void *data, const char *name, uint64_t size);
	void *data;
	const char *dir;	/* the collection that was asked for */
	char *path;		/* of its URL, decoded, a slash at its end */
	struct strs *todo;
	bool listed;		/* it is a list at all */

	/* The response that is being read. */
	char *href;
	bool collection;
	uint64_t size;
};

static int open_element(void *data, const char *name)
{
	struct listing *l = data;

	if (!strcmp(name, "multistatus")) {
		l->listed = true;
	} else if (!strcmp(name, "response")) {
		free(l->href);
		l->href = NULL;
		l->collection = false;
		l->size = UINT64_MAX;
	} else if (!strcmp(name, "collection")) {
		l->collection = true;
	}
	return 0;
}

static bool is_plain(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127 || *p == '/')
			return false;
	return *name && strcmp(name, ".") && strcmp(name, "..");
}

/*
 * What is directly below the collection that we asked for, as "NAME" or
 * "NAME/"; anything else is none of our business, and not to be believed.
 */
static int entry(struct listing *l)
{
	struct buf path = BUF_INIT;
	const char *href = l->href ? l->href : "", *name;
	size_t n = strlen(l->path);
	char *full;
	int ret;

	if (starts_with(href, "http://") || starts_with(href, "https://")) {
		href = strstr(href, "://") + 3;
		href += strcspn(href, "/");
	}
	ret = url_decode(href, strlen(href), &path);
	if (ret || path.len <= n || strncmp(path.ptr, l->path, n)) {
		fail_clear();
		buf_release(&path);
		return 0;
	}
	if (path.ptr[path.len - 1] == '/')
		buf_setlen(&path, path.len - 1);
	name = path.ptr + n;
	if (!is_plain(name)) {
		buf_release(&path);
		return 0;
	}
	full = xstrfmt("%s%s%s", l->dir, *l->dir ? "/" : "", name);
	if (l->collection)
		strs_add(l->todo, full);
	else
		ret = l->each(l->data, full, l->size);
	free(full);
	buf_release(&path);
	return ret;
}

static int close_element(void *data, const char *name, const char *text,
			 size_t len)
{
	struct listing *l = data;
	char *end;

	if (!strcmp(name, "href") && !l->href) {
		l->href = xmemdup(text, len);
	} else if (!strcmp(name, "getcontentlength") && len && len < 20 &&
		   text[0] >= '0' && text[0] <= '9') {
		uint64_t size = strtoull(text, &end, 10);

		if (!*end)
			l->size = size;
	} else if (!strcmp(name, "response")) {
		return entry(l);
	}
	return 0;
}

static int find(struct web *web, const char *url, struct http_answer *answer)
{
	static const char *const headers[] = {
		"Depth: 1", "Content-Type: application/xml; charset=utf-8",
		"Cache-Control: no-cache", NULL
	};
	struct memory memory = { wanted, sizeof(wanted) - 1 };
	struct source src = source_memory(&memory, "PROPFIND");
	struct http_request req = HTTP_REQUEST_INIT;
	int ret;

	req.method = "PROPFIND";
	req.url = url;
	req.headers = headers;
	req.body = &src;
	req.text_max = LIST_MAX;
	ret = web_send(web, &req, answer);
	if (ret < 0 || ret == 207)
		return ret;
	if (ret == 404 || ret == 410)
		return 0;
	return ret == 200 || ret == 405 || ret == 501 ?
	       fail(FAIL_DENIED, "'%s': the server cannot list what is there; "
		    "that takes WebDAV, or an ssh or s3 URL", quoted(url)) :
	       http_fail(&req, answer);
}

static int list_dir(struct listing *l)
{
	struct xml xml = { open_element, close_element, l };
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct buf path = BUF_INIT;
	char *url = web_url(l->web, l->dir, true);
	int ret = find(l->web, url, &answer);

	l->listed = false;
	if (ret == 207) {
		const char *encoded = url + (l->web->path - l->web->root);

		ret = url_decode(encoded, strlen(encoded), &path);
		l->path = path.ptr;
		if (!ret)
			ret = xml_read(&xml, answer.text.ptr, answer.text.len);
		if (!ret && !l->listed)
			ret = fail(FAIL_FORMAT, "it is none");
		if (ret == FAIL_FORMAT)
			ret = fail_in(FAIL_NET, "the list of '%s'", quoted(url));
	}
	free(l->href);
	l->href = NULL;
	buf_release(&path);
	http_answer_release(&answer);
	free(url);
	return ret;
}

static unsigned depth(const char *name)
{
	unsigned n = 0;

	for (; *name; name++)
		n += *name == '/';
	return n;
}

int web_list(struct backend *b, const char *prefix,
	     int (*each)(void *data, const char *name, uint64_t size),
	     void *data)
{
	struct strs todo = STRS_INIT;
	struct listing l = {
		.web = web_of(b), .each = each, .data = data, .todo = &todo,
	};
	int ret = 0;

	strs_add(&todo, prefix);
	while (!ret && todo.n) {
		char *dir = todo.v[--todo.n];

		l.dir = dir;
		/* Links that lead back up never end. */
		ret = depth(dir) > DEPTH_MAX ?
		      fail(FAIL_NET, "'%s' nests without end", quoted(b->url)) :
		      list_dir(&l);
		free(dir);
	}
	strs_release(&todo);
	return ret;
}
