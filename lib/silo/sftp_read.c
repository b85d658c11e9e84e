#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_int.h"

#include <sys/stat.h>

/*
 * A window of blocks moves over the file.  Each is filled by one or more
 * READs, whose replies may come in any order and may be short; the first
 * block is passed on when it is whole.
 */
enum { WINDOW = 8 };		/* blocks: 2 MiB, ssh's own window */

struct slot {
	struct block *block;
	uint64_t off;
	size_t missing;
};

struct reading {
	struct sftp_verb v;
	struct buf handle;
	struct slot slots[WINDOW];
	unsigned first;
	unsigned n;
	uint64_t next;		/* not asked for yet */
	uint64_t passed;	/* all before it is the sink's */
	uint64_t to;
	uint64_t size;
	const char *name;
};

enum { TAG_LSTAT = 1, TAG_OPEN = 2 };

static int ask_bytes(struct reading *r, unsigned slot, size_t at, size_t len)
{
	struct sftp_verb *v = &r->v;

	fxp_start(&v->packet, FXP_READ);
	fxp_str(&v->packet, r->handle.ptr, r->handle.len);
	fxp_u64(&v->packet, r->slots[slot].off + at);
	fxp_u32(&v->packet, (uint32_t)len);
	return sftp_send(&v->queue, &v->packet, NULL, 0,
			 MAX(len + 64, REPLY_SHORT),
			 (uint64_t)slot << 32 | at, true);
}

static int ask_block(struct reading *r)
{
	unsigned slot = (r->first + r->n++) % WINDOW;
	struct slot *s = &r->slots[slot];
	size_t chunk = r->v.queue.conn->chunk, at;
	int ret = 0;

	s->off = r->next;
	s->missing = (size_t)MIN(r->to - r->next, PIECE_SIZE);
	s->block = block_new();
	s->block->len = s->missing;
	r->next += s->missing;
	for (at = 0; !ret && at < s->block->len; at += chunk)
		ret = ask_bytes(r, slot, at, MIN(chunk, s->block->len - at));
	return ret;
}

/* What is asked for at `at`: up to the next whole chunk, or the block's end. */
static size_t asked_at(const struct reading *r, const struct slot *s,
		       size_t at)
{
	size_t chunk = r->v.queue.conn->chunk;

	return MIN(s->block->len, at - at % chunk + chunk) - at;
}

static int take_bytes(struct reading *r, struct sftp_msg *msg)
{
	unsigned slot = (unsigned)(msg->tag >> 32);
	size_t at = (size_t)(msg->tag & UINT32_MAX), len, want;
	struct slot *s = &r->slots[slot];
	const unsigned char *p;
	int status;

	if (msg->type != FXP_DATA) {
		status = sftp_status(msg);
		if (status == FX_EOF)
			return fail(FAIL_NET, "'%s' in '%s' ends before its "
				    "size", quoted(r->name),
				    quoted(r->v.s->b.url));
		return sftp_fail(r->v.queue.conn, status, "read", r->name);
	}
	want = asked_at(r, s, at);
	p = fxp_get_str(&msg->in, &len);
	if (msg->in.bad || !len || len > want)
		return fail(FAIL_NET, "the server of '%s' gives %zu bytes for "
			    "%zu", quoted(r->v.s->b.url), len, want);
	memcpy(s->block->data + at, p, len);
	s->missing -= len;
	return len < want ? ask_bytes(r, slot, at + len, want - len) : 0;
}

static int pass_on(struct reading *r, const struct sink *sink)
{
	int ret = 0;

	while (!ret && r->n && !r->slots[r->first].missing) {
		struct slot *s = &r->slots[r->first];

		ret = sink->take(sink->data, s->block);
		r->passed += ret ? 0 : s->block->len;
		block_drop(s->block);
		s->block = NULL;
		r->first = (r->first + 1) % WINDOW;
		r->n--;
	}
	return ret;
}

static int pump(struct reading *r, const struct sink *sink)
{
	struct sftp_msg *msg;
	int ret = 0;

	while (!ret) {
		while (!ret && r->n < WINDOW && r->next < r->to)
			ret = ask_block(r);
		if (ret || !r->n)
			break;
		ret = sftp_next(&r->v.queue, &msg);
		if (!ret)
			ret = take_bytes(r, msg);
		sftp_msg_free(msg);
		if (!ret)
			ret = pass_on(r, sink);
	}
	return ret;
}

static int take_opening(struct reading *r, struct sftp_msg *msg)
{
	struct fxp_attrs attrs;
	int ret;

	if (msg->tag & SFTP_DIR_TAG)
		return sftp_dirs_judge(&r->v, msg, r->name);
	if (msg->tag == TAG_OPEN) {
		ret = sftp_handle(msg, &r->handle);
	} else {
		ret = sftp_attrs(msg, &attrs);
		if (!ret && !S_ISREG(attrs.mode))
			ret = fail(FAIL_DENIED, "'%s' in '%s' is not a regular "
				   "file", quoted(r->name),
				   quoted(r->v.s->b.url));
		r->size = attrs.size;
	}
	return ret > 0 ? sftp_fail(r->v.queue.conn, ret, "read", r->name) : ret;
}

/*
 * All at once: is the way there plain, is it a file, open it.  Every reply
 * is taken before one is judged, so that a handle is never lost.
 */
static int open_file(struct reading *r)
{
	struct sftp_verb *v = &r->v;
	struct sftp_msg *msg;
	int ret = sftp_dirs_ask(v, r->name, false), first = 0;

	if (!ret)
		ret = sftp_ask(v, FXP_LSTAT, r->name, TAG_LSTAT);
	if (!ret)
		ret = sftp_ask_open(v, r->name, FXF_READ, TAG_OPEN);
	while (!ret && v->queue.flying) {
		ret = sftp_next(&v->queue, &msg);
		if (!ret && !first)
			first = take_opening(r, msg);
		else if (!ret && msg->tag == TAG_OPEN)
			(void)!sftp_handle(msg, &r->handle);
		sftp_msg_free(msg);
	}
	return ret ? ret : first;
}

/* From where the last try got stuck, if the file is still that long. */
static int read_once(struct reading *r, struct backend *b, uint64_t *at,
		     uint64_t to, const struct sink *sink, uint64_t *total)
{
	int ret = sftp_begin(&r->v, sftp_of(b), false);

	if (!ret)
		ret = open_file(r);
	if (!ret && r->v.tries > 1 && *total != UINT64_MAX &&
	    *total != r->size)
		ret = fail(FAIL_NET, "'%s' in '%s' is another file now",
			   quoted(r->name), quoted(b->url));
	if (!ret) {
		*total = r->size;
		r->passed = r->next = *at;
		r->to = MIN(to, r->size);
		ret = pump(r, sink);
		*at = r->passed;
	}
	sftp_tell_close(&r->v, &r->handle);
	buf_reset(&r->handle);
	for (size_t i = 0; i < WINDOW; i++) {
		block_drop(r->slots[i].block);
		r->slots[i].block = NULL;
	}
	r->first = r->n = 0;
	return ret;
}

int sftp_read(struct backend *b, const char *name, uint64_t from, uint64_t to,
	      unsigned how UNUSED, const struct sink *sink, uint64_t *total)
{
	struct reading r = { .handle = BUF_INIT, .name = name };
	int ret;

	*total = UINT64_MAX;
	do
		ret = read_once(&r, b, &from, to, sink, total);
	while (sftp_end(&r.v, ret));
	buf_release(&r.handle);
	return ret;
}
