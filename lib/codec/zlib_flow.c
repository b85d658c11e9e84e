#include "base/base.h"
#include "base/fail.h"
#include "codec/zlib.h"

#include <limits.h>
#include <zlib.h>

/* libdeflate wants a content whole; zlib takes it as it comes. */
struct zlib_flow {
	z_stream stream;
	unsigned char room[16384];
};

int zlib_flow_open(struct zlib_flow **out)
{
	struct zlib_flow *z = xcalloc(1, sizeof(*z));

	if (deflateInit(&z->stream, 1) != Z_OK) {
		free(z);
		return fail(FAIL_SYSTEM, "zlib does not start");
	}
	*out = z;
	return 0;
}

void zlib_flow_close(struct zlib_flow *z)
{
	if (z)
		deflateEnd(&z->stream);
	free(z);
}

static int deflate_some(struct zlib_flow *z, int flush,
			int (*out)(void *data, const void *bytes, size_t len),
			void *data)
{
	int ret = 0, status;

	do {
		z->stream.next_out = z->room;
		z->stream.avail_out = sizeof(z->room);
		status = deflate(&z->stream, flush);
		/* Nothing left to do is no error, and a room was free. */
		if (status != Z_OK && status != Z_STREAM_END &&
		    status != Z_BUF_ERROR)
			return fail(FAIL_SYSTEM, "zlib fails to deflate");
		if (z->stream.avail_out < sizeof(z->room))
			ret = out(data, z->room, sizeof(z->room) -
				  z->stream.avail_out);
	} while (!ret && !z->stream.avail_out);
	if (!ret && flush == Z_FINISH && status != Z_STREAM_END)
		ret = fail(FAIL_SYSTEM, "zlib does not end");
	return ret;
}

int zlib_flow_add(struct zlib_flow *z, const void *in, size_t len, bool last,
		  int (*out)(void *data, const void *bytes, size_t len),
		  void *data)
{
	const unsigned char *at = in;
	int ret = 0;

	do {
		size_t n = MIN(len, (size_t)INT_MAX);

		z->stream.next_in = (unsigned char *)(uintptr_t)at;
		z->stream.avail_in = (unsigned)n;
		at += n;
		len -= n;
		ret = deflate_some(z, last && !len ? Z_FINISH : Z_NO_FLUSH,
				   out, data);
	} while (!ret && len);
	return ret;
}
