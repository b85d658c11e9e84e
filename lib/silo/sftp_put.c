#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/sftp_int.h"

#include <sys/stat.h>

/*
 * A put costs three round trips, however long the blob is (plus one for the
 * first of a connection): is it there and open a temp; write, sync, close;
 * link.  The last may not travel with the writes: a server goes on after a
 * write that failed, and half a blob would get the name.
 */
struct writing {
	struct sftp_verb v;
	struct buf handle;
	char *temp;		/* made and not removed yet */
	const char *name;
	bool there;		/* the name was taken all along */
	bool started;		/* some of the source was read */
};

#define WRITING_INIT { .handle = BUF_INIT }

enum { TAG_LSTAT = 1, TAG_OPEN, TAG_WRITE, TAG_LINK };

static int open_failed(struct writing *w, int status, const char *verb)
{
	return sftp_fail(w->v.queue.conn, status, verb, w->name);
}

static int take_opening(struct writing *w, struct sftp_msg *msg)
{
	struct fxp_attrs attrs;
	int ret;

	if (msg->tag & SFTP_DIR_TAG)
		return sftp_dirs_judge(&w->v, msg, w->name);
	if (msg->tag == TAG_OPEN) {
		ret = sftp_handle(msg, &w->handle);
		return ret ? open_failed(w, ret, "make") : 0;
	}
	ret = sftp_attrs(msg, &attrs);
	if (ret == FX_NO_SUCH_FILE)
		return 0;
	if (ret)
		return open_failed(w, ret, "look for");
	if (!S_ISREG(attrs.mode))
		return fail(FAIL_DENIED, "'%s' in '%s' is not a regular file",
			    quoted(w->name), quoted(w->v.s->b.url));
	w->there = true;
	return 0;
}

/* Take all replies; the first failure counts. */
static int settle(struct writing *w,
		  int (*judge)(struct writing *w, struct sftp_msg *msg))
{
	struct sftp_msg *msg;
	char *sentence = NULL;
	int ret = 0, first = 0;

	while (!ret && w->v.queue.flying) {
		ret = sftp_next(&w->v.queue, &msg);
		if (!ret && msg && !first)
			first = judge(w, msg);
		else if (!ret && msg->tag == TAG_OPEN)
			(void)!judge(w, msg);
		if (first && !sentence)
			sentence = xstrdup(fail_text());
		sftp_msg_free(msg);
	}
	if (!ret && first)
		fail_adopt(sentence);
	free(sentence);
	return ret ? ret : first;
}

static int open_temp(struct writing *w)
{
	int ret;

	w->temp = sftp_temp_name();
	ret = sftp_ask_open(&w->v, w->temp, FXF_WRITE | FXF_CREAT | FXF_EXCL,
			    TAG_OPEN);
	return ret;
}

static int take_written(struct writing *w, struct sftp_msg *msg)
{
	int status = sftp_status(msg);

	return status ? open_failed(w, status, "write") : 0;
}

static int send_data(struct writing *w, uint64_t off, const void *data,
		     size_t len)
{
	struct sftp_verb *v = &w->v;

	fxp_start(&v->packet, FXP_WRITE);
	fxp_str(&v->packet, w->handle.ptr, w->handle.len);
	fxp_u64(&v->packet, off);
	fxp_u32(&v->packet, (uint32_t)len);
	return sftp_send(&v->queue, &v->packet, data, len, REPLY_SHORT,
			 TAG_WRITE, true);
}

/* Replies that came meanwhile; with too many on their way, wait for some. */
static int look_back(struct writing *w)
{
	struct sftp_msg *msg = NULL;
	int ret = 0;

	for (;;) {
		if (w->v.queue.flying >= SFTP_FLIGHT)
			ret = sftp_next(&w->v.queue, &msg);
		else
			ret = sftp_poll(&w->v.queue, &msg);
		if (ret || !msg)
			return ret;
		ret = take_written(w, msg);
		sftp_msg_free(msg);
		if (ret)
			return ret;
	}
}

static int copy_in(struct writing *w, const struct source *src)
{
	size_t chunk = w->v.queue.conn->chunk;
	unsigned char *buf = xmalloc(PIECE_SIZE);
	uint64_t off = 0;
	int ret = 0;

	w->started = true;
	while (!ret && off < src->size) {
		size_t n = (size_t)MIN(src->size - off, PIECE_SIZE);

		ret = stop_check();
		if (!ret)
			ret = src->read(src->data, off, buf, n);
		for (size_t at = 0; !ret && at < n; at += chunk) {
			ret = send_data(w, off + at, buf + at,
					MIN(chunk, n - at));
			if (!ret)
				ret = look_back(w);
		}
		off += n;
	}
	free(buf);
	return ret;
}

static int fill_temp(struct writing *w, const struct source *src)
{
	struct sftp_verb *v = &w->v;
	int ret = copy_in(w, src);

	if (!ret && v->s->b.durable && v->queue.conn->can & CAN_SYNC)
		ret = sftp_ask_sync(v, &w->handle, TAG_WRITE);
	if (!ret) {
		ret = sftp_ask_handle(v, FXP_CLOSE, &w->handle, TAG_WRITE);
		buf_reset(&w->handle);
	}
	return ret ? ret : settle(w, take_written);
}

/*
 * 0 the temp has the name (and may have its own still), 1 somebody else's
 * file has it, or a failure.
 */
static int try_name(struct writing *w, const char *extension)
{
	struct sftp_verb *v = &w->v;
	struct fxp_attrs attrs;
	int ret = sftp_ask_two(v, extension, w->temp, w->name, TAG_LINK);
	int looked, status = 0;

	if (!ret)
		ret = sftp_ask(v, FXP_LSTAT, w->name, TAG_LSTAT);
	if (!ret)
		ret = status = sftp_wait_status(v);
	if (ret < 0)
		return ret;
	looked = sftp_wait_attrs(v, &attrs);
	if (looked < 0)
		return looked;
	if (!status)
		return 0;
	if (!looked && S_ISREG(attrs.mode))
		return 1;
	return open_failed(w, status, "name");
}

static bool has_links(struct writing *w, bool none)
{
	struct sftp *s = w->v.s;
	bool yes;

	pthread_mutex_lock(&s->lock);
	s->no_links |= none;
	yes = !s->no_links && w->v.queue.conn->can & CAN_LINK;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static void forget_temp(struct writing *w)
{
	free(w->temp);
	w->temp = NULL;
}

static int give_name(struct writing *w)
{
	int ret;

	if (has_links(w, false)) {
		ret = try_name(w, "hardlink@openssh.com");
		/* Linked or beaten: the temp goes, who cleans up sees to it. */
		if (ret >= 0 || ret == FAIL_MISSING)
			return MIN(ret, 0);
		if (sftp_conn_dead(w->v.queue.conn))
			return ret;
		has_links(w, true);
	}
	ret = try_name(w, NULL);
	if (!ret)
		forget_temp(w);
	return MIN(ret, 0);
}

static int writing_begin(struct writing *w, struct backend *b,
			 const char *name)
{
	int ret;

	w->name = name;
	ret = sftp_begin(&w->v, sftp_of(b), true);
	/* What a connection that was lost left behind. */
	if (!ret && w->temp)
		sftp_tell(&w->v, FXP_REMOVE, w->temp);
	forget_temp(w);
	return ret;
}

/* True: try again, `temp` is still there. */
static bool writing_end(struct writing *w, int ret)
{
	bool again;

	if (w->v.queue.conn) {
		sftp_tell_close(&w->v, &w->handle);
		if (w->temp)
			sftp_tell(&w->v, FXP_REMOVE, w->temp);
	}
	again = sftp_end(&w->v, ret);
	buf_release(&w->handle);
	if (!again)
		forget_temp(w);
	return again;
}

static int put_once(struct writing *w, struct backend *b, const char *name,
		    const struct source *src)
{
	int ret = writing_begin(w, b, name);

	if (!ret)
		ret = sftp_dirs_ask(&w->v, name, true);
	if (!ret)
		ret = sftp_ask(&w->v, FXP_LSTAT, name, TAG_LSTAT);
	if (!ret)
		ret = open_temp(w);
	if (!ret)
		ret = settle(w, take_opening);
	if (!ret && !w->there)
		ret = fill_temp(w, src);
	if (!ret && !w->there)
		ret = give_name(w);
	return ret;
}

int sftp_put(struct backend *b, const char *name, const struct source *src)
{
	struct writing w = WRITING_INIT;
	bool again;
	int ret;

	do {
		ret = put_once(&w, b, name, src);
		again = writing_end(&w, ret);
		/* What flows only once cannot be sent again. */
	} while (again && !(src->serial && w.started));
	forget_temp(&w);
	return ret;
}

/*
 * A hint: renamed over the old one, or where that cannot be had written in
 * place; its last byte is a LF then, which a reader looks for.
 */
static int replace_in_place(struct writing *w, const struct source *src)
{
	int ret = sftp_ask_open(&w->v, w->name, FXF_WRITE | FXF_CREAT |
				FXF_TRUNC, TAG_OPEN);

	if (!ret)
		ret = settle(w, take_opening);
	return ret ? ret : fill_temp(w, src);
}

static int replace_by_rename(struct writing *w, const struct source *src)
{
	int ret = open_temp(w);

	if (!ret)
		ret = settle(w, take_opening);
	if (!ret)
		ret = fill_temp(w, src);
	if (!ret)
		ret = sftp_ask_two(&w->v, "posix-rename@openssh.com", w->temp,
				   w->name, TAG_LINK);
	if (!ret)
		ret = settle(w, take_written);
	if (!ret)
		forget_temp(w);
	return ret;
}

int sftp_replace(struct backend *b, const char *name, const void *data,
		 size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	struct writing w = WRITING_INIT;
	int ret = writing_begin(&w, b, name);

	if (!ret)
		ret = sftp_dirs_ask(&w.v, name, true);
	if (!ret && w.v.queue.conn->can & CAN_REPLACE)
		ret = replace_by_rename(&w, &src);
	else if (!ret)
		ret = replace_in_place(&w, &src);
	writing_end(&w, ret);
	forget_temp(&w);
	return ret;
}

/* See silo-layout(5), LEDGER: the name is a directory with one file. */
static int rename_claim(struct writing *w, const char *temp, const char *dir)
{
	struct fxp_attrs attrs;
	int ret = sftp_ask_two(&w->v, NULL, temp, dir, TAG_LINK), looked;

	if (!ret)
		ret = sftp_ask(&w->v, FXP_LSTAT, dir, TAG_LSTAT);
	if (!ret)
		ret = sftp_wait_status(&w->v);
	if (ret < 0)
		return ret;
	looked = sftp_wait_attrs(&w->v, &attrs);
	if (looked < 0)
		return looked;
	if (!ret)
		return 1;
	return looked ? open_failed(w, ret, "claim") : 0;
}

static int fill_claim(struct writing *w, const char *temp, const void *data,
		      size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, w->name);
	int ret = sftp_dirs_ask(&w->v, w->name, true);

	if (!ret)
		ret = sftp_ask(&w->v, FXP_MKDIR, temp, SFTP_DIR_TAG |
			       UINT64_C(1) << 32);
	if (!ret)
		ret = sftp_ask_open(&w->v, w->temp, FXF_WRITE | FXF_CREAT |
				    FXF_EXCL, TAG_OPEN);
	if (!ret)
		ret = settle(w, take_opening);
	return ret ? ret : fill_temp(w, &src);
}

int sftp_claim(struct backend *b, const char *name, const void *data,
	       size_t len)
{
	const char *slash = strrchr(name, '/');
	struct writing w = WRITING_INIT;
	char *dir, *temp;
	int ret;

	if (!slash)
		return fail(FAIL_REQUEST, "'%s' cannot be claimed", name);
	dir = xmemdup(name, (size_t)(slash - name));
	temp = sftp_temp_name();
	ret = writing_begin(&w, b, dir);
	w.temp = xstrfmt("%s%s", temp, slash);
	if (!ret)
		ret = fill_claim(&w, temp, data, len);
	if (!ret)
		ret = rename_claim(&w, temp, dir);
	if (ret <= 0 && w.v.queue.conn) {
		sftp_tell_close(&w.v, &w.handle);
		buf_reset(&w.handle);
		sftp_tell(&w.v, FXP_REMOVE, w.temp);
		sftp_tell(&w.v, FXP_RMDIR, temp);
	}
	forget_temp(&w);
	writing_end(&w, ret);
	free(temp);
	free(dir);
	return ret;
}
