#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/fetch.h"
#include "medo/filter_int.h"

#include <fnmatch.h>

void smudge_release(struct smudge *s)
{
	buf_release(&s->text);
	blob_close(&s->stored);
	treeptr_release(&s->ptr);
	temp_drop(&s->spill);
}

/* Not a pointer: unchanged, however much it is. */
static int pass_through(struct filter *f, struct smudge *s,
			const struct inflow *in)
{
	unsigned char *buf;
	uint64_t size = s->text.len;
	ssize_t n;
	int ret = filter_open(f);

	if (!ret)
		ret = temp_open(&s->spill, silo_backend(f->store)->path);
	if (!ret)
		ret = file_write(s->spill.fd, s->text.ptr, s->text.len);
	buf = xmalloc(PIECE_SIZE);
	while (!ret && (n = inflow_fill(in, buf, PIECE_SIZE)) != 0) {
		ret = n < 0 ? (int)n : file_write(s->spill.fd, buf, (size_t)n);
		size += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	buf_release(&s->text);
	s->how = SMUDGE_STREAM;
	s->src = source_fd(&s->spill.fd, size, s->path);
	return ret;
}

static int to_buf(void *data, struct block *block)
{
	buf_add(data, block->data, block->len);
	return 0;
}

/* Whatever keeps us from the content, a checkout does not fail of it. */
static int stay_pointer(struct filter *f, struct smudge *s, int code)
{
	if (code == FAIL_STOPPED)
		return code;
	s->how = SMUDGE_TEXT;
	f->absent++;
	f->absent_bytes += s->ptr.size;
	if (!f->why && filter_is_worse(code))
		f->why = xstrdup(fail_text());
	fail_clear();
	return 0;
}

static bool wanted(const struct filter *f, const char *path)
{
	bool in = !f->include.n;

	for (size_t i = 0; !in && i < f->include.n; i++)
		in = !fnmatch(f->include.v[i], path, 0);
	for (size_t i = 0; in && i < f->exclude.n; i++)
		in = fnmatch(f->exclude.v[i], path, 0);
	return in && !f->skip;
}

/* 1: it is on this disk. */
static int is_near(struct filter *f, const struct id *id)
{
	if (f->packer && packer_has(f->packer, id))
		return 1;
	return fetch_near(&f->medo, id);
}

/* What we stored ourselves has no name yet that others could open. */
static int give_fresh(struct filter *f, struct smudge *s)
{
	struct buf text = BUF_INIT;
	int ret = packer_read(f->packer, &s->ptr.id, &text);

	if (!ret && text.len != s->ptr.size)
		ret = fail(FAIL_CORRUPT, "blob has %zu bytes, expected %"
			   PRIu64, text.len, s->ptr.size);
	if (!ret) {
		s->how = SMUDGE_TEXT;
		SWAP(s->text, text);
	}
	buf_release(&text);
	return ret;
}

/* The content, from this disk, into `text` or as a stream. */
static int give(struct filter *f, struct smudge *s)
{
	struct silo_expect expect = medo_expect(&s->ptr);
	struct sink sink;
	struct buf text = BUF_INIT;
	int ret;

	if (f->packer && packer_has(f->packer, &s->ptr.id))
		return give_fresh(f, s);
	ret = fetch_open(&f->medo, s->path, &s->ptr, &s->stored);
	if (ret)
		return ret;
	if (s->ptr.size <= PACK_BLOB_MAX)
		pin_follow(&f->pin);
	else
		pin_release(&f->pin);
	if (s->ptr.size > FILTER_MEMORY) {
		/* Once git has the first byte it is too late for a pointer. */
		ret = blob_read(&s->stored, &expect, medo_pool(&f->medo), NULL,
				NULL);
		s->how = ret ? SMUDGE_TEXT : SMUDGE_STREAM;
		return ret;
	}
	sink = (struct sink){ to_buf, &text };
	ret = blob_read(&s->stored, &expect, medo_pool(&f->medo), &sink, NULL);
	blob_close(&s->stored);
	if (!ret) {
		s->how = SMUDGE_TEXT;
		SWAP(s->text, text);
	}
	buf_release(&text);
	return ret;
}

int filter_stream(struct filter *f, struct smudge *s, const struct sink *sink)
{
	struct silo_expect expect = medo_expect(&s->ptr);
	uint64_t off = 0;
	int ret = 0;

	if (s->spill.fd < 0)
		return blob_read(&s->stored, &expect, medo_pool(&f->medo), sink,
				 NULL);
	while (!ret && off < s->src.size) {
		struct block *block = block_new();

		block->len = (size_t)MIN(s->src.size - off, PIECE_SIZE);
		ret = s->src.read(s->src.data, off, block->data, block->len);
		if (!ret)
			ret = sink->take(sink->data, block);
		off += block->len;
		block_drop(block);
	}
	return ret;
}

static int delay(struct filter *f, struct smudge *s)
{
	struct delayed *d;

	ALLOC_GROW(f->delayed, f->ndelayed, f->delayed_cap);
	d = &f->delayed[f->ndelayed++];
	memset(d, 0, sizeof(*d));
	d->path = xstrdup(s->path);
	d->treeish = s->treeish ? xstrdup(s->treeish) : NULL;
	SWAP(d->ptr, s->ptr);
	/* There may be many: without what was grown to read it. */
	d->text = (struct buf)BUF_INIT;
	buf_add(&d->text, s->text.ptr, s->text.len);
	buf_release(&s->text);
	s->how = SMUDGE_DELAYED;
	return 0;
}

/*
 * git asks again for what was delayed: by path, without content, in the order
 * in which we offered it.
 */
static bool again(struct filter *f, struct smudge *s)
{
	for (size_t n = 0; n < f->ndelayed; n++) {
		size_t at = (f->again_at + n) % f->ndelayed;
		struct delayed *d = &f->delayed[at];

		if (!d->path || !d->offered || strcmp(d->path, s->path))
			continue;
		SWAP(s->ptr, d->ptr);
		SWAP(s->text, d->text);
		treeptr_release(&d->ptr);
		buf_release(&d->text);
		free(d->path);
		free(d->treeish);
		d->path = d->treeish = NULL;
		f->again_at = at + 1;
		if (++f->answered == f->ndelayed)
			f->ndelayed = f->answered = f->again_at = 0;
		return true;
	}
	return false;
}

/* Large contents do not go through the pipe: git gets the pointer now. */
static int swap_later(struct filter *f, struct smudge *s)
{
	struct id id;
	bool named = s->blob && !id_parse(&id, s->blob, strlen(s->blob));
	int ret = f->swap ? 0 : swap_open(&f->swap, &f->medo);

	s->how = SMUDGE_TEXT;
	if (ret)
		return stay_pointer(f, s, ret);
	swap_add(f->swap, s->path, named ? &id : NULL, s->text.ptr,
		 s->text.len, &s->ptr);
	if (!is_near(f, &s->ptr.id))
		filter_fetch_later(f, s);
	return 0;
}

static bool goes_inband(const struct filter *f, const struct smudge *s,
			bool asked_again)
{
	if (s->ptr.size <= f->inband || (!s->can_delay && !asked_again))
		return true;
	return s->ptr.size <= f->inband_hook && filter_watched(f);
}

static int answer_pointer(struct filter *f, struct smudge *s, bool asked_again)
{
	int near, ret;

	s->how = SMUDGE_TEXT;
	if (!wanted(f, s->path))
		return 0;
	if (!goes_inband(f, s, asked_again))
		return swap_later(f, s);
	near = is_near(f, &s->ptr.id);
	if (near < 0)
		return stay_pointer(f, s, near);
	if (!near && s->can_delay)
		return delay(f, s);
	if (!near && !asked_again) {
		ret = filter_fetch_one(f, s);
		if (ret)
			return stay_pointer(f, s, ret);
	}
	if (!near)
		near = is_near(f, &s->ptr.id);
	ret = near > 0 ? give(f, s) : near;
	return near <= 0 || ret ? stay_pointer(f, s, ret) : 0;
}

int filter_smudge(struct filter *f, struct smudge *s, const struct inflow *in)
{
	ssize_t n;
	int ret;

	buf_grow(&s->text, TREEPTR_MAX + 1);
	n = inflow_fill(in, s->text.ptr, TREEPTR_MAX + 1);
	if (n < 0)
		return (int)n;
	buf_setlen(&s->text, (size_t)n);
	if (!n && again(f, s))
		return answer_pointer(f, s, true);
	if (n > TREEPTR_MAX)
		return pass_through(f, s, in);
	s->how = SMUDGE_TEXT;
	if (!treeptr_likely(s->text.ptr, s->text.len) ||
	    treeptr_parse(&s->ptr, s->text.ptr, s->text.len, s->path)) {
		fail_clear();
		return 0;
	}
	ret = filter_open(f);
	return ret ? stay_pointer(f, s, ret) : answer_pointer(f, s, false);
}
