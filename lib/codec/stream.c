#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

static const struct {
	const char *format;
	const struct stream_codec *codec;
} kinds[] = {
	[STREAM_NONE] = { "tar", NULL },
	[STREAM_GZ] = { "tar.gz", &stream_gz },
	[STREAM_XZ] = { "tar.xz", &stream_xz },
	[STREAM_BZ2] = { "tar.bz2", &stream_bz2 },
	[STREAM_ZST] = { "tar.zst", &stream_zst },
};

enum stream_kind stream_of_format(const char *format)
{
	for (size_t i = 0; format && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].format, format))
			return (enum stream_kind)i;
	return STREAM_NONE;
}

int stream_corrupt(const struct stream *stream, const char *why)
{
	return fail(FAIL_CORRUPT, "the %s stream is damaged: %s",
		    stream->codec->name, why);
}

int stream_cut_short(const struct stream *stream)
{
	return fail(FAIL_CORRUPT, "the %s stream ends too early",
		    stream->codec->name);
}

int stream_new(struct stream **out, enum stream_kind kind,
	       const struct sink *sink)
{
	const struct stream_codec *codec = kinds[kind].codec;
	struct stream *stream;
	int ret;

	if (!codec)
		return fail(FAIL_REQUEST, "a tar is no compressed stream");
	if (codec->missing)
		return fail(FAIL_REQUEST, "cannot read %s: this program was "
			    "built without %s", codec->name, codec->missing);
	stream = xcalloc(1, sizeof(*stream));
	stream->codec = codec;
	stream->sink = *sink;
	stream->out = block_new();
	ret = codec->open(stream);
	if (ret) {
		block_drop(stream->out);
		free(stream);
		return ret;
	}
	*out = stream;
	return 0;
}

static int flush(struct stream *stream)
{
	struct block *full = stream->out;
	int ret;

	if (!full->len)
		return 0;
	stream->out = block_new();
	ret = stream->sink.take(stream->sink.data, full);
	block_drop(full);
	return ret;
}

int stream_feed(struct stream *stream, struct block *block)
{
	int ret;

	stream->in = block->data;
	stream->avail = block->len;
	while (stream->avail) {
		ret = stream->codec->run(stream, false);
		if (!ret && stream->out->len == PIECE_SIZE)
			ret = flush(stream);
		if (ret)
			return ret;
	}
	return 0;
}

/* What the library still keeps comes out before its verdict does. */
int stream_finish(struct stream *stream)
{
	int ret;

	stream->in = NULL;
	stream->avail = 0;
	for (;;) {
		ret = stream->codec->run(stream, true);
		if (ret)
			return ret;
		if (stream->out->len < PIECE_SIZE)
			break;
		ret = flush(stream);
		if (ret)
			return ret;
	}
	return flush(stream);
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	stream->codec->close(stream);
	block_drop(stream->out);
	free(stream);
}
