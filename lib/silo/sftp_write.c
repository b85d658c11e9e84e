#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/sftp_write.h"

#include <sys/stat.h>

static int failed(struct writing *w, int status, const char *verb)
{
	return sftp_fail(w->v.queue.conn, status, verb, w->name);
}

/* Take all replies; the first failure counts, but no handle is lost. */
static int settle(struct writing *w,
		  int (*judge)(struct writing *w, struct sftp_msg *msg))
{
	struct sftp_msg *msg;
	char *sentence = NULL;
	int ret = 0, first = 0;

	while (!ret && w->v.queue.flying) {
		ret = sftp_next(&w->v.queue, &msg);
		if (!ret && !first) {
			first = judge(w, msg);
			if (first)
				sentence = xstrdup(fail_text());
		} else if (!ret && msg->type == FXP_HANDLE) {
			(void)!judge(w, msg);
		}
		sftp_msg_free(msg);
	}
	if (!ret && first)
		fail_adopt(sentence);
	free(sentence);
	return ret ? ret : first;
}

int writing_begin(struct writing *w, struct backend *b, const char *name)
{
	int ret;

	w->name = name;
	w->there = false;
	ret = sftp_begin(&w->v, sftp_of(b), true);
	/* What a connection that was lost left behind. */
	if (!ret && w->temp)
		sftp_tell(&w->v, FXP_REMOVE, w->temp);
	writing_forget(w);
	if (!ret)
		sftp_sweep(&w->v);
	return ret;
}

bool writing_end(struct writing *w, int ret)
{
	bool again;

	if (w->v.queue.conn) {
		sftp_tell_close(&w->v, &w->handle);
		sftp_tell_close(&w->v, &w->dir);
		if (w->temp)
			sftp_tell(&w->v, FXP_REMOVE, w->temp);
	}
	again = sftp_end(&w->v, ret);
	buf_release(&w->handle);
	buf_release(&w->dir);
	if (!again)
		writing_forget(w);
	return again;
}

void writing_forget(struct writing *w)
{
	free(w->temp);
	w->temp = NULL;
}

static bool syncs(struct writing *w)
{
	return w->v.s->b.durable && w->v.queue.conn->can & CAN_SYNC;
}

/* A name is on the disk for good when its directory was synced, too. */
int writing_ask_dir(struct writing *w)
{
	const char *slash = strrchr(w->name, '/');
	int ret = sftp_dirs_ask(&w->v, w->name, true);
	char *dir;

	if (ret || !syncs(w))
		return ret;
	dir = xmemdup(w->name, slash ? (size_t)(slash - w->name) : 0);
	ret = sftp_ask_open(&w->v, dir, FXF_READ, TAG_DIR);
	free(dir);
	return ret;
}

int writing_ask_temp(struct writing *w)
{
	if (!w->temp)
		w->temp = backend_temp_name();
	return sftp_ask_open(&w->v, w->temp, FXF_WRITE | FXF_CREAT | FXF_EXCL,
			     TAG_OPEN);
}

static int take_opened(struct writing *w, struct sftp_msg *msg)
{
	struct fxp_attrs attrs;
	int ret;

	if (msg->tag & SFTP_DIR_TAG)
		return sftp_dirs_judge(&w->v, msg, w->name);
	if (msg->tag == TAG_OPEN) {
		ret = sftp_handle(msg, &w->handle);
		return ret ? failed(w, ret, "make") : 0;
	}
	/* A server need not open directories: then it cannot sync them. */
	if (msg->tag == TAG_DIR) {
		ret = sftp_handle(msg, &w->dir);
		return MIN(ret, 0);
	}
	ret = sftp_attrs(msg, &attrs);
	if (ret == FX_NO_SUCH_FILE)
		return 0;
	if (ret)
		return failed(w, ret, "look for");
	if (!S_ISREG(attrs.mode))
		return fail(FAIL_DENIED, "'%s' in '%s' is not a regular file",
			    quoted(w->name), quoted(w->v.s->b.url));
	w->there = true;
	return 0;
}

int writing_opened(struct writing *w)
{
	return settle(w, take_opened);
}

static int take_written(struct writing *w, struct sftp_msg *msg)
{
	int status = sftp_status(msg);

	return status ? failed(w, status, "write") : 0;
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

int writing_fill(struct writing *w, const struct source *src)
{
	int ret = copy_in(w, src);

	if (!ret && syncs(w))
		ret = sftp_ask_sync(&w->v, &w->handle, TAG_WRITE);
	if (!ret) {
		ret = sftp_ask_handle(&w->v, FXP_CLOSE, &w->handle, TAG_WRITE);
		buf_reset(&w->handle);
	}
	return ret ? ret : settle(w, take_written);
}

static int take_named(struct writing *w, struct sftp_msg *msg)
{
	struct fxp_attrs attrs = { .mode = 0 };
	int ret;

	if (msg->tag == TAG_LSTAT) {
		ret = w->looked = sftp_attrs(msg, &attrs);
		w->mode = attrs.mode;
	} else {
		ret = sftp_status(msg);
		if (msg->tag == TAG_LINK)
			w->linked = ret;
	}
	return MIN(ret, 0);
}

int writing_name(struct writing *w, const char *extension, const char *from,
		 const char *to)
{
	struct sftp_verb *v = &w->v;
	int ret = sftp_ask_two(v, extension, from, to, TAG_LINK);

	if (!ret && w->dir.len)
		ret = sftp_ask_sync(v, &w->dir, TAG_SYNC);
	if (!ret)
		ret = sftp_ask(v, FXP_LSTAT, to, TAG_LSTAT);
	if (!ret)
		ret = settle(w, take_named);
	if (ret)
		return ret;
	if (!w->linked)
		return 0;
	return w->looked ? failed(w, w->linked, "name") : 1;
}
