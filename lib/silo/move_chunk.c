#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/zlib.h"
#include "silo/move_int.h"

/*
 * Many small blobs lie in a pack one behind the other, so a few ranges bring
 * them all.  A hole that is smaller than what a request costs is read, too.
 */
#define GAP_MAX ((uint64_t)64 << 10)
#define CHUNK_MAX ((uint64_t)4 << 20)

static int by_place(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;
	int cmp = strcmp(x->pack, y->pack);

	if (cmp)
		return cmp;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* `spots` is taken over. */
void chunk_plan(struct mover *m, struct spot *spots, size_t n)
{
	size_t from = 0;
	uint64_t end = 0;

	free(m->spots);
	m->spots = spots;
	m->nspots = n;
	qsort(spots, n, sizeof(*spots), by_place);
	for (size_t i = 0; i < n; i++) {
		const struct spot *s = &spots[i];

		if (i > from && (strcmp(s->pack, spots[from].pack) ||
		    s->off > end + GAP_MAX ||
		    MAX(s->end, end) - spots[from].off > CHUNK_MAX)) {
			mover_task(m, chunk_run, from, i);
			from = i;
			end = 0;
		}
		end = MAX(end, s->end);
	}
	if (n)
		mover_task(m, chunk_run, from, n);
}

/* The bytes of a chunk as they come; objects are taken out when whole. */
#define BATCH 256
struct taker {
	struct mover *m;
	size_t s;		/* the next spot */
	size_t stop;
	uint64_t at;		/* where in the pack `buf` begins */
	struct buf buf;
	struct buf content;
	struct zlib *zlib;
	struct raw batch[BATCH];	/* right ones, in `buf` */
	size_t nbatch;
	bool fatal;		/* a failure of ours, not of an item */
};

/* One wait for the lock for many of them. */
static int flush(struct taker *t)
{
	int ret = t->nbatch ? mover_add_raw(t->m, t->batch, t->nbatch) : 0;

	t->nbatch = 0;
	t->fatal = ret;
	return ret;
}

static int take_blob(struct taker *t, const struct spot *s)
{
	struct move_item *item = &t->m->items[s->item];
	const char *raw = t->buf.ptr + (s->off - t->at);
	size_t used;
	int ret;

	buf_reset(&t->content);
	ret = pack_take_blob(t->zlib, raw, (size_t)(s->end - s->off),
			     &item->expect.id, PACK_BLOB_MAX, &t->content,
			     &used);
	if (!ret)
		ret = silo_check_content(&t->content, &item->expect);
	if (ret)
		return silo_blame(ret, t->m->from, &item->expect.id);
	t->batch[t->nbatch++] = (struct raw){ &item->expect.id, raw, used };
	atomic_fetch_add(&t->m->moved, t->content.len);
	return 1;
}

/* A pack that lied, or is gone: the item is tried once more. */
static int settle(struct mover *m, size_t i, int ret)
{
	bool last = m->how & READ_FRESH;

	if (ret != FAIL_CORRUPT && ret != FAIL_FORMAT && ret != FAIL_MISSING &&
	    ret != FAIL_REQUEST)
		return mover_done(m, i, ret);
	ret = mover_done(m, i, ret);
	m->state[i] = last ? ITEM_FILE : ITEM_AGAIN;
	return ret;
}

static int take(void *data, struct block *block)
{
	struct taker *t = data;
	const struct spot *v = t->m->spots;
	int ret = mover_pace(t->m, block->len);
	size_t drop;

	t->fatal = ret;
	if (!ret)
		buf_add(&t->buf, block->data, block->len);
	while (!ret && t->s < t->stop &&
	       v[t->s].end <= t->at + t->buf.len) {
		const struct spot *s = &v[t->s];

		ret = settle(t->m, s->item, take_blob(t, s));
		t->fatal = ret;
		t->s++;
		if (!ret && t->nbatch == BATCH)
			ret = flush(t);
	}
	if (!ret)
		ret = flush(t);
	if (ret)
		return ret;
	drop = t->s == t->stop || v[t->s].off > t->at + t->buf.len ?
	       t->buf.len : (size_t)(v[t->s].off - t->at);
	memmove(t->buf.ptr, t->buf.ptr + drop, t->buf.len - drop);
	buf_setlen(&t->buf, t->buf.len - drop);
	t->at += drop;
	return 0;
}

int chunk_run(struct mover *m, struct task *task)
{
	const struct spot *v = m->spots;
	struct taker t = {
		.m = m, .s = task->from, .stop = task->to,
		.at = v[task->from].off, .buf = BUF_INIT, .content = BUF_INIT,
	};
	struct sink sink = { take, &t };
	struct backend *b = m->from->b;
	uint64_t total, end = 0;
	int ret;

	for (size_t i = task->from; i < task->to; i++)
		end = MAX(end, v[i].end);
	t.zlib = zlib_new(1);
	if (mover_dead(m))
		ret = mover_fail_dead(m);
	else
		ret = b->ops->read(b, v[task->from].pack, t.at, end, m->how,
				   &sink, &total);
	if (!ret && t.s < t.stop)
		ret = fail(FAIL_CORRUPT, "'%s' ends too early",
			   v[task->from].pack);
	if (ret == FAIL_NET && !t.fatal)
		mover_net_failed(m, m->from);
	if (ret && !t.fatal) {
		char *why = xstrdup(fail_text());
		int all = 0;

		for (; !all && t.s < t.stop; t.s++) {
			fail_adopt(why);
			all = settle(m, v[t.s].item, silo_blame(ret, m->from,
					&m->items[v[t.s].item].expect.id));
		}
		free(why);
		ret = all;
	}
	zlib_free(t.zlib);
	buf_release(&t.buf);
	buf_release(&t.content);
	return ret;
}

/* Out of a pack of this disk. */
int small_run(struct mover *m, struct task *task)
{
	struct move_item *item = &m->items[task->from];
	struct blob blob = BLOB_INIT;
	struct id id;
	int ret = silo_open_packed(m->from, &item->expect.id, &blob);

	if (!ret)
		ret = silo_check_content(&blob.content, &item->expect);
	if (!ret)
		ret = mover_add(m, blob.content.ptr, blob.content.len, &id);
	if (!ret) {
		atomic_fetch_add(&m->moved, blob.content.len);
		ret = 1;
	}
	blob_close(&blob);
	ret = ret < 0 ? silo_blame(ret, m->from, &item->expect.id) : ret;
	return settle(m, task->from, ret);
}
