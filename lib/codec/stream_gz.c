#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16)	/* zlib: a gzip header and nothing else */

static int gz_start(struct stream *stream)
{
	z_stream *z = xcalloc(1, sizeof(*z));

	if (inflateInit2(z, GZIP_WINDOW) != Z_OK) {
		free(z);
		return fail(FAIL_SYSTEM, "cannot start zlib");
	}
	stream->state = z;
	return 0;
}

/* zlib takes any header it knows; here only another member may follow. */
static int next_member(struct stream *stream, z_stream *z)
{
	if (stream->started && *stream->in != 0x1f)
		return stream_corrupt(stream, "trailing bytes behind its end");
	if (stream->started && inflateReset(z) != Z_OK)
		return fail(FAIL_SYSTEM, "cannot start zlib");
	stream->started = true;
	stream->between = false;
	return 0;
}

static int gz_run(struct stream *stream, bool last)
{
	z_stream *z = stream->state;
	size_t room;
	int ret, code;

	if (stream->avail && (stream->between || !stream->started)) {
		ret = next_member(stream, z);
		if (ret)
			return ret;
	}
	z->next_in = (unsigned char *)stream->in;
	z->avail_in = (uInt)stream->avail;
	z->next_out = stream_room(stream, &room);
	z->avail_out = (uInt)room;
	code = stream->between ? Z_STREAM_END : inflate(z, Z_NO_FLUSH);
	stream_used(stream, z->avail_in, z->avail_out);

	switch (code) {
	case Z_STREAM_END:
		stream->between = true;
		return 0;
	case Z_OK:
	case Z_BUF_ERROR:
		if (last && stream->out->len < PIECE_SIZE)
			return stream_cut_short(stream);
		return 0;
	case Z_MEM_ERROR:
		return fail(FAIL_SYSTEM, "out of memory");
	default:
		return stream_corrupt(stream, z->msg ? z->msg : "bad data");
	}
}

static void gz_close(struct stream *stream)
{
	inflateEnd(stream->state);
	free(stream->state);
}

const struct stream_codec stream_gz = {
	.name = "gzip", .open = gz_start, .run = gz_run, .close = gz_close,
};
