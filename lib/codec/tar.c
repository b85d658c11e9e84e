#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/tar_int.h"

/*
 * The reader as a machine that is fed.  A header is gathered in `head`, the
 * data of x, g, L and K headers in `meta_data`; content goes through as
 * slices of the block that brought it.  What a header means is decided in
 * tar_entry.c.
 */
struct tar *tar_new(const struct entry_handler *handler,
		    const struct entry_limits *limits)
{
	struct tar *tar = xcalloc(1, sizeof(*tar));

	tar->handler = *handler;
	if (limits)
		tar->limits = *limits;
	tar->extra = tar->global = (struct tar_extra)TAR_EXTRA_INIT;
	tar->meta_data = tar->path = tar->link = (struct buf)BUF_INIT;
	tar->ours.seen = tar->ours.want = (struct buf)BUF_INIT;
	tar->ours.last = (struct buf)BUF_INIT;
	return tar;
}

void tar_free(struct tar *tar)
{
	if (!tar)
		return;
	tar_extra_release(&tar->extra);
	tar_extra_release(&tar->global);
	buf_release(&tar->meta_data);
	buf_release(&tar->path);
	buf_release(&tar->link);
	buf_release(&tar->ours.seen);
	buf_release(&tar->ours.want);
	buf_release(&tar->ours.last);
	free(tar);
}

int tar_bad(const struct tar *tar, const char *fmt, ...)
{
	struct buf why = BUF_INIT, name = BUF_INIT;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	buf_vaddf(&why, fmt, ap);
	va_end(ap);
	if (tar->path.len) {
		buf_adds(&name, "entry '");
		quote_add(&name, tar->path.ptr, MIN(tar->path.len, 300));
		buf_adds(&name, tar->path.len > 300 ? "...'" : "'");
	} else {
		buf_adds(&name, "tar header");
	}
	ret = fail(FAIL_FORMAT, "%s at offset %" PRIu64 ": %s", name.ptr,
		   tar->header_at, why.ptr);
	buf_release(&name);
	buf_release(&why);
	return ret;
}

static int end_entry(struct tar *tar)
{
	tar->in_file = false;
	return tar->handler.end ? tar->handler.end(tar->handler.data) : 0;
}

/* What was announced is there: what now? */
static int end_data(struct tar *tar)
{
	bool meta = tar->state == TAR_META;
	int ret = 0;

	tar->state = tar->padding ? TAR_PADDING : TAR_HEADER;
	if (meta)
		ret = tar_take_meta(tar);
	else if (tar->in_file)
		ret = end_entry(tar);
	return ret;
}

static int end_header(struct tar *tar)
{
	int ret;

	tar->fill = 0;
	if (tar_all_zero(tar->head, TAR_BLOCK)) {
		if (tar->extra.is_pax || tar->extra.has_path ||
		    tar->extra.has_link)
			return tar_bad(tar, "the entry that belongs to the "
				       "header before is missing");
		tar->zeros = TAR_BLOCK;
		tar->state = TAR_END;
		return 0;
	}
	ret = tar_take_header(tar);
	if (ret < 0)
		return ret;
	return tar->left ? 0 : end_data(tar);
}

static int feed_header(struct tar *tar, const char *p, size_t len, size_t *n)
{
	if (!tar->fill) {
		tar->header_at = tar->offset;
		buf_reset(&tar->path);
	}
	*n = MIN(len, TAR_BLOCK - tar->fill);
	memcpy(tar->head + tar->fill, p, *n);
	tar->fill += *n;
	return tar->fill == TAR_BLOCK ? end_header(tar) : 0;
}

static int feed_data(struct tar *tar, struct block *block, size_t off,
		     size_t *n)
{
	int ret = 0;

	*n = (size_t)MIN(block->len - off, tar->left);
	if (tar->state == TAR_META)
		buf_add(&tar->meta_data, block->data + off, *n);
	else if (tar->handler.content)
		ret = tar->handler.content(tar->handler.data, block, off, *n);
	if (ret < 0)
		return ret;
	tar->left -= *n;
	return tar->left ? 0 : end_data(tar);
}

static void feed_padding(struct tar *tar, const char *p, size_t len, size_t *n)
{
	*n = MIN(len, tar->padding);
	if (!tar->ours.no && !tar_all_zero(p, *n))
		tar->ours.no = true;
	tar->padding -= *n;
	if (!tar->padding)
		tar->state = TAR_HEADER;
}

static int feed_end(struct tar *tar, const char *p, size_t len, size_t *n)
{
	*n = len;
	tar->zeros += len;
	if (tar_all_zero(p, len))
		return 0;
	while (!*p++)
		len--;
	buf_reset(&tar->path);
	tar->header_at = tar->offset + *n - len;
	return tar_bad(tar, "there is data behind the end mark");
}

static int feed(struct tar *tar, struct block *block)
{
	size_t off = 0, n = 0;
	int ret = 0;

	for (; off < block->len && ret >= 0; off += n, tar->offset += n) {
		const char *p = (const char *)block->data + off;
		size_t len = block->len - off;

		switch (tar->state) {
		case TAR_HEADER:
			ret = feed_header(tar, p, len, &n);
			break;
		case TAR_META:
		case TAR_DATA:
			ret = feed_data(tar, block, off, &n);
			break;
		case TAR_PADDING:
			feed_padding(tar, p, len, &n);
			break;
		case TAR_END:
			ret = feed_end(tar, p, len, &n);
			break;
		}
	}
	return ret;
}

int tar_feed(struct tar *tar, struct block *block)
{
	int ret;

	if (tar->failed)
		return tar->failed;
	ret = feed(tar, block);
	tar->failed = MIN(ret, 0);
	return tar->failed;
}

int tar_finish(struct tar *tar)
{
	if (tar->failed)
		return tar->failed;
	switch (tar->state) {
	case TAR_END:
		return 0;
	case TAR_META:
	case TAR_DATA:
		return tar_bad(tar, "cut off with %" PRIu64
			       " bytes of content missing", tar->left);
	case TAR_PADDING:
		return tar_bad(tar, "cut off in the padding behind it");
	default:
		break;
	}
	buf_reset(&tar->path);
	if (tar->fill)
		return tar_bad(tar, "cut off after %zu of 512 bytes",
			       tar->fill);
	tar->header_at = tar->offset;
	return tar_bad(tar, "the archive is cut off: its end mark is missing");
}

bool tar_is_ours(const struct tar *tar)
{
	return !tar->failed && !tar->ours.no && tar->state == TAR_END &&
	       tar->zeros == TAR_END_SIZE;
}
