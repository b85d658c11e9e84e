#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

#ifdef HAVE_BZ2
#include <bzlib.h>

static int bz2_start(struct stream *stream)
{
	bz_stream *z = xcalloc(1, sizeof(*z));

	if (BZ2_bzDecompressInit(z, 0, 0) != BZ_OK) {
		free(z);
		return fail(FAIL_SYSTEM, "cannot start libbz2");
	}
	stream->state = z;
	return 0;
}

static int next_member(struct stream *stream, bz_stream *z)
{
	if (stream->started) {
		if (*stream->in != 'B')
			return stream_corrupt(stream, "trailing bytes behind "
					      "its end");
		BZ2_bzDecompressEnd(z);
		memset(z, 0, sizeof(*z));
		if (BZ2_bzDecompressInit(z, 0, 0) != BZ_OK)
			return fail(FAIL_SYSTEM, "cannot start libbz2");
	}
	stream->started = true;
	stream->between = false;
	return 0;
}

static int bz2_run(struct stream *stream, bool last)
{
	bz_stream *z = stream->state;
	size_t room;
	int ret, code;

	if (stream->avail && (stream->between || !stream->started)) {
		ret = next_member(stream, z);
		if (ret)
			return ret;
	}
	z->next_in = (char *)stream->in;
	z->avail_in = (unsigned)stream->avail;
	z->next_out = (char *)stream_room(stream, &room);
	z->avail_out = (unsigned)room;
	code = stream->between ? BZ_STREAM_END : BZ2_bzDecompress(z);
	stream_used(stream, z->avail_in, z->avail_out);

	switch (code) {
	case BZ_STREAM_END:
		stream->between = true;
		return 0;
	case BZ_OK:
		if (last && stream->out->len < PIECE_SIZE)
			return stream_cut_short(stream);
		return 0;
	case BZ_MEM_ERROR:
		return fail(FAIL_SYSTEM, "out of memory");
	case BZ_DATA_ERROR_MAGIC:
		return stream_corrupt(stream, "it does not begin like one");
	default:
		return stream_corrupt(stream, "wrong check or bad data");
	}
}

static void bz2_close(struct stream *stream)
{
	BZ2_bzDecompressEnd(stream->state);
	free(stream->state);
}

const struct stream_codec stream_bz2 = {
	.name = "bzip2", .open = bz2_start, .run = bz2_run,
	.close = bz2_close,
};
#else
const struct stream_codec stream_bz2 = { .name = "bzip2", .missing = "libbz2" };
#endif
