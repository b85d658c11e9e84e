#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/stream.h"
#include "codec/tar.h"
#include "codec/zip.h"
#include "medo/content.h"

/* The last block of the chain: blocks of a tar, whatever was around it. */
static int to_tar(void *data, struct block *block)
{
	return tar_feed(data, block);
}

static int to_stream(void *data, struct block *block)
{
	return stream_feed(data, block);
}

static int read_tar(struct medo *medo, struct content *c)
{
	enum stream_kind kind = stream_of_format(c->ptr->format);
	struct silo_expect expect = medo_expect(c->ptr);
	struct stream *stream = NULL;
	struct tar *tar = tar_new(c->handler, &c->limits);
	struct sink tar_sink = { to_tar, tar };
	struct sink sink = tar_sink;
	int ret = 0;

	if (kind != STREAM_NONE) {
		ret = stream_new(&stream, kind, &tar_sink);
		sink = (struct sink){ to_stream, stream };
	}
	if (!ret)
		ret = blob_read(c->blob, &expect, medo_pool(medo), &sink,
				c->meter);
	if (!ret && stream)
		ret = stream_finish(stream);
	if (!ret)
		ret = tar_finish(tar);
	c->ours = !ret && !stream && tar_is_ours(tar);
	stream_free(stream);
	tar_free(tar);
	return ret;
}

static int to_handler(void *data, struct block *block)
{
	const struct entry_handler *h = data;

	return h->content ? h->content(h->data, block, 0, block->len) : 0;
}

static int read_plain(struct medo *medo, struct content *c)
{
	struct silo_expect expect = medo_expect(c->ptr);
	struct entry entry = {
		.type = ENTRY_FILE, .path = c->name, .size = c->ptr->size,
		.mode = 0644, .mtime = -1,
	};
	const struct entry_handler *h = c->handler;
	struct sink sink = { to_handler, (void *)h };
	int ret = h->begin ? h->begin(h->data, &entry) : 0;

	if (!ret)
		ret = blob_read(c->blob, &expect, medo_pool(medo), &sink,
				c->meter);
	if (!ret && h->end)
		ret = h->end(h->data);
	return ret;
}

static int pread_blob(void *data, uint64_t off, void *buf, size_t len)
{
	struct content *c = data;

	return blob_pread(c->blob, &c->ptr->seal, off, buf, len);
}

struct spill {
	int fd;
	uint64_t off;
};

static int to_file(void *data, struct block *block)
{
	struct spill *spill = data;
	int ret = file_pwrite(spill->fd, spill->off, block->data, block->len);

	spill->off += block->len;
	return ret;
}

/*
 * A zip is read from its end.  A seekable blob with a seal gives verified
 * bytes anywhere; of any other one we need a plain copy first.
 */
static int read_zip(struct medo *medo, struct content *c)
{
	struct silo_expect expect = medo_expect(c->ptr);
	struct source src = {
		.read = pread_blob, .data = c, .size = c->ptr->size,
		.name = c->name,
	};
	struct temp temp = TEMP_INIT;
	struct spill spill = { .fd = -1 };
	struct sink sink = { to_file, &spill };
	struct silo *cache;
	int ret;

	if (c->ptr->has_seal && blob_seekable(c->blob)) {
		if (blob_size(c->blob) != c->ptr->size)
			return fail(FAIL_CORRUPT, "blob has %" PRIu64
				    " bytes, expected %" PRIu64,
				    blob_size(c->blob), c->ptr->size);
		return zip_read(&src, c->handler, &c->limits);
	}
	ret = medo_cache(medo, &cache);
	if (!ret)
		ret = temp_open(&temp, silo_backend(cache)->path);
	if (!ret) {
		spill.fd = temp.fd;
		ret = blob_read(c->blob, &expect, medo_pool(medo), &sink,
				c->meter);
	}
	if (!ret) {
		src = source_fd(&temp.fd, c->ptr->size, c->name);
		ret = zip_read(&src, c->handler, &c->limits);
	}
	temp_drop(&temp);
	return ret;
}

/* What the command line did not say, git config may. */
static int settle_limits(struct medo *medo, struct entry_limits *limits)
{
	uint64_t depth;
	int ret = 0;

	if (!limits->entries)
		ret = gitdir_get_u64(&medo->git, "medo.maxentries", 0,
				     &limits->entries);
	if (!ret && !limits->size)
		ret = gitdir_get_u64(&medo->git, "medo.maxsize", 0,
				     &limits->size);
	if (!ret && !limits->depth) {
		ret = gitdir_get_u64(&medo->git, "medo.maxdepth", 0, &depth);
		limits->depth = (unsigned)MIN(depth, 1000000);
	}
	return ret;
}

int content_read(struct medo *medo, struct content *c)
{
	struct silo_expect expect = medo_expect(c->ptr);
	int ret = settle_limits(medo, &c->limits);

	c->ours = false;
	if (ret)
		return ret;
	if (c->proven && !(c->ptr->has_seal && blob_seekable(c->blob))) {
		ret = blob_read(c->blob, &expect, medo_pool(medo), NULL, NULL);
		if (ret)
			return ret;
	}
	if (!c->ptr->format)
		return read_plain(medo, c);
	if (!strcmp(c->ptr->format, "zip"))
		return read_zip(medo, c);
	return read_tar(medo, c);
}
