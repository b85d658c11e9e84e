#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

#ifdef HAVE_LZMA
#include <lzma.h>

/* The largest window we read, and what the decoder needs besides. */
#define XZ_MEMORY ((uint64_t)(128 + 4) << 20)

static int xz_start(struct stream *stream)
{
	static const lzma_stream fresh = LZMA_STREAM_INIT;
	lzma_stream *z = xmalloc(sizeof(*z));

	*z = fresh;
	/* A check that cannot be made is no check. */
	if (lzma_stream_decoder(z, XZ_MEMORY, LZMA_CONCATENATED |
				LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK) {
		free(z);
		return fail(FAIL_SYSTEM, "cannot start liblzma");
	}
	stream->state = z;
	return 0;
}

static int verdict(struct stream *stream, lzma_ret code)
{
	switch (code) {
	case LZMA_FORMAT_ERROR:
		return stream_corrupt(stream, "it does not begin like one");
	case LZMA_OPTIONS_ERROR:
		return fail(FAIL_FORMAT, "the xz stream uses a filter or an "
			    "option that is not known here");
	case LZMA_UNSUPPORTED_CHECK:
		return fail(FAIL_FORMAT, "the xz stream has a check that is "
			    "not known here");
	case LZMA_MEMLIMIT_ERROR:
		return fail(FAIL_DENIED, "the xz stream needs a window over "
			    "128 MiB; no option allows that");
	case LZMA_MEM_ERROR:
		return fail(FAIL_SYSTEM, "out of memory");
	default:
		return stream_corrupt(stream, "wrong check, bad data or "
				      "trailing bytes");
	}
}

static int xz_run(struct stream *stream, bool last)
{
	lzma_stream *z = stream->state;
	lzma_ret code;
	size_t room;

	z->next_in = stream->in;
	z->avail_in = stream->avail;
	z->next_out = stream_room(stream, &room);
	z->avail_out = room;
	code = lzma_code(z, last ? LZMA_FINISH : LZMA_RUN);
	stream_used(stream, z->avail_in, z->avail_out);

	if (code == LZMA_STREAM_END)
		return 0;
	if (code != LZMA_OK && code != LZMA_BUF_ERROR)
		return verdict(stream, code);
	if (last && stream->out->len < PIECE_SIZE)
		return stream_cut_short(stream);
	return 0;
}

static void xz_close(struct stream *stream)
{
	lzma_end(stream->state);
	free(stream->state);
}

const struct stream_codec stream_xz = {
	.name = "xz", .open = xz_start, .run = xz_run, .close = xz_close,
};
#else
const struct stream_codec stream_xz = { .name = "xz", .missing = "liblzma" };
#endif
