#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/download.h"
#include "silo/http.h"

#include <strings.h>

struct arriving {
	int fd;
	uint64_t off;
	struct hash hash;
	struct meter *meter;
};

static int take(void *data, struct block *block)
{
	struct arriving *a = data;
	int ret = stop_check();

	if (!ret)
		ret = file_pwrite(a->fd, a->off, block->data, block->len);
	hash_add(&a->hash, block->data, block->len);
	meter_add(a->meter, block->len);
	a->off += block->len;
	return ret;
}

static int by_http(const char *url, const struct sink *sink)
{
	struct http_opts opts = { .any_address = true, .credentials = true };
	struct http_request req = HTTP_REQUEST_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct http *http = NULL;
	int ret = http_open(&http, url, &opts);

	req.url = url;
	req.sink = sink;
	req.any_page = true;
	if (!ret)
		ret = http_send(http, &req, &answer);
	/* 206: a body that was cut was taken up again. */
	if (!ret && answer.status != 200 && answer.status != 206)
		ret = http_fail(&req, &answer);
	http_answer_release(&answer);
	http_close(http);
	return ret;
}

/* The folder that holds it is a place; the file is a name in there. */
static int by_backend(const char *url, const struct sink *sink)
{
	struct backend_opts opts = { .any_address = true };
	const char *slash = strrchr(url, '/');
	const char *after = strstr(url, "://");
	struct backend *b = NULL;
	uint64_t total;
	char *dir;
	int ret;

	if (!after || slash < after + strlen("://") || !slash[1])
		return fail(FAIL_REQUEST, "'%s' names no file", quoted(url));
	dir = xmemdup(url, (size_t)(slash - url));
	ret = backend_far(&b, dir, &opts);
	if (!ret) {
		ret = b->ops->read(b, slash + 1, 0, UINT64_MAX, 0, sink,
				   &total);
		b->ops->close(b);
	}
	free(dir);
	return ret;
}

int download(const char *url, int fd, struct meter *meter,
	     struct download *out)
{
	struct arriving a = { .fd = fd, .meter = meter };
	struct sink sink = { take, &a };
	struct id digest;
	int ret;

	hash_init(&a.hash, ID_SHA256);
	if (!strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8))
		ret = by_http(url, &sink);
	else
		ret = by_backend(url, &sink);
	hash_final(&a.hash, &digest);
	memcpy(out->sha256, digest.raw, DIGEST_SIZE);
	out->size = a.off;
	return ret;
}
