#ifndef STREAM_INT_H
#define STREAM_INT_H

#include "codec/stream.h"

/*
 * Between stream.c, which moves blocks, and the codecs, which know one
 * library each.
 *
 * run() takes from `in` and `avail`, appends to `out` (which has room), and
 * returns when either is used up.  It is called with `last` once no more
 * input will come, until it adds no more to `out`, and then says whether the
 * stream was complete: that is FAIL_CORRUPT, or 0.
 */
struct stream {
	const struct stream_codec *codec;
	struct sink sink;
	struct block *out;
	const unsigned char *in;
	size_t avail;
	bool between;	/* at the end of a member; another one may follow */
	bool started;	/* a member was begun */
	void *state;	/* the library's */
};

struct stream_codec {
	const char *name;	/* for messages */
	const char *missing;	/* the library, where it was not there */
	int (*open)(struct stream *stream);
	int (*run)(struct stream *stream, bool last);
	void (*close)(struct stream *stream);
};

extern const struct stream_codec stream_gz, stream_xz, stream_bz2, stream_zst;

/* Room in `out`, and that it was used. */
static inline unsigned char *stream_room(struct stream *stream, size_t *len)
{
	*len = PIECE_SIZE - stream->out->len;
	return stream->out->data + stream->out->len;
}

/* The library has left `avail` bytes of input and `room` bytes of output. */
static inline void stream_used(struct stream *stream, size_t avail,
			       size_t room)
{
	stream->in += stream->avail - avail;
	stream->avail = avail;
	stream->out->len = PIECE_SIZE - room;
}

int stream_corrupt(const struct stream *stream, const char *why);
int stream_cut_short(const struct stream *stream);

#endif
