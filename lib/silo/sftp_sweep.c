#include "base/base.h"
#include "base/fail.h"
#include "silo/sftp_int.h"

#include <time.h>

/*
 * A writer that was killed leaves its temp, and a server knows of no locks: so
 * who writes next removes what is too old to be anybody's.  Two round trips,
 * once a process; nothing here is worth a failure.
 */
enum { OLD_S = 2 * 24 * 3600, SWEEP_MAX = 1000 };

static bool is_old_temp(const unsigned char *name, size_t len,
			const struct fxp_attrs *attrs)
{
	size_t prefix = strlen(BACKEND_TEMP);

	return len == prefix + 16 && !memcmp(name, BACKEND_TEMP, prefix) &&
	       !memchr(name, '/', len) && !memchr(name, 0, len) &&
	       attrs->has_time && attrs->mtime + (int64_t)OLD_S < time(NULL);
}

/* 1 there may be more, 0 that was the end. */
static int take_names(struct sftp_msg *msg, struct strs *old)
{
	uint32_t n;

	if (msg->type != FXP_NAME)
		return 0;
	n = fxp_get_u32(&msg->in);
	while (n-- && !msg->in.bad && old->n < SWEEP_MAX) {
		struct fxp_attrs attrs;
		size_t len, long_len;
		const unsigned char *name = fxp_get_str(&msg->in, &len);

		fxp_get_str(&msg->in, &long_len);
		fxp_get_attrs(&msg->in, &attrs);
		if (!msg->in.bad && is_old_temp(name, len, &attrs))
			strs_addn(old, (const char *)name, len);
	}
	return !msg->in.bad && old->n < SWEEP_MAX;
}

static int list_root(struct sftp_verb *v, struct buf *handle,
		     struct strs *old)
{
	struct sftp_msg *msg = NULL;
	int ret = sftp_ask(v, FXP_OPENDIR, "", 0), more = 1;

	if (!ret)
		ret = sftp_next(&v->queue, &msg);
	if (!ret)
		ret = sftp_handle(msg, handle);
	sftp_msg_free(msg);
	/* One ahead: the end is an answer of its own. */
	if (!ret)
		ret = sftp_ask_handle(v, FXP_READDIR, handle, 0);
	while (!ret && more) {
		ret = sftp_ask_handle(v, FXP_READDIR, handle, 0);
		if (!ret)
			ret = sftp_next(&v->queue, &msg);
		if (!ret)
			more = take_names(msg, old);
		if (!ret)
			sftp_msg_free(msg);
	}
	while (!ret && v->queue.flying) {
		ret = sftp_next(&v->queue, &msg);
		if (!ret)
			sftp_msg_free(msg);
	}
	return ret;
}

void sftp_sweep(struct sftp_verb *v)
{
	struct sftp *s = v->s;
	struct buf handle = BUF_INIT;
	struct strs old = STRS_INIT;
	bool swept;

	pthread_mutex_lock(&s->lock);
	swept = s->swept;
	s->swept = true;
	pthread_mutex_unlock(&s->lock);
	if (swept)
		return;
	if (list_root(v, &handle, &old) < 0)
		fail_clear();
	sftp_tell_close(v, &handle);
	/* A file; or of a claim, a directory with one. */
	for (size_t i = 0; i < old.n; i++) {
		char *inside = xstrfmt("%s/entry.json", old.v[i]);

		sftp_tell(v, FXP_REMOVE, old.v[i]);
		sftp_tell(v, FXP_REMOVE, inside);
		sftp_tell(v, FXP_RMDIR, old.v[i]);
		free(inside);
	}
	strs_release(&old);
	buf_release(&handle);
}
