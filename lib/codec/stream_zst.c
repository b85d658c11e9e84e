#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>

#define ZST_WINDOW_LOG 27	/* 128 MiB */

static int zst_start(struct stream *stream)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	if (!z || ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax,
						      ZST_WINDOW_LOG))) {
		ZSTD_freeDCtx(z);
		return fail(FAIL_SYSTEM, "cannot start libzstd");
	}
	stream->state = z;
	stream->between = true;
	return 0;
}

static int verdict(struct stream *stream, size_t code)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return fail(FAIL_DENIED, "the zstd stream needs a window over "
			    "128 MiB; no option allows that");
	case ZSTD_error_dictionary_wrong:
	case ZSTD_error_dictionary_corrupted:
		return fail(FAIL_FORMAT, "the zstd stream needs a dictionary");
	case ZSTD_error_memory_allocation:
		return fail(FAIL_SYSTEM, "out of memory");
	case ZSTD_error_prefix_unknown:
		return stream_corrupt(stream, stream->started ?
				      "trailing bytes behind its end" :
				      "it does not begin like one");
	default:
		return stream_corrupt(stream, ZSTD_getErrorName(code));
	}
}

/* The library goes from frame to frame, skippable ones too, by itself. */
static int zst_run(struct stream *stream, bool last)
{
	ZSTD_inBuffer in = { stream->in, stream->avail, 0 };
	ZSTD_outBuffer out = { stream->out->data, PIECE_SIZE, 0 };
	size_t code;

	if (last && stream->between)
		return stream->started ? 0 : stream_cut_short(stream);
	out.pos = stream->out->len;
	code = ZSTD_decompressStream(stream->state, &out, &in);
	stream_used(stream, stream->avail - in.pos, PIECE_SIZE - out.pos);
	if (ZSTD_isError(code))
		return verdict(stream, code);
	stream->between = !code;
	if (!code)
		stream->started = true;
	if (last && code && out.pos < PIECE_SIZE)
		return stream_cut_short(stream);
	return 0;
}

static void zst_close(struct stream *stream)
{
	ZSTD_freeDCtx(stream->state);
}

const struct stream_codec stream_zst = {
	.name = "zstd", .open = zst_start, .run = zst_run, .close = zst_close,
};
#else
const struct stream_codec stream_zst = { .name = "zstd", .missing = "libzstd" };
#endif
