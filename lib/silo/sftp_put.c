#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_write.h"

#include <sys/stat.h>

/*
 * A put costs three round trips, however long the blob is: is it there, and
 * open a temp; write, sync, close; link.  The last may not travel with the
 * writes: a server goes on after a write that failed, and half a blob would
 * get the name.
 */
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

static int taken_by(struct writing *w)
{
	if (S_ISREG(w->mode))
		return 1;
	return fail(FAIL_DENIED, "'%s' in '%s' is not a regular file",
		    quoted(w->name), quoted(w->v.s->b.url));
}

static int give_name(struct writing *w)
{
	int ret;

	if (has_links(w, false)) {
		ret = writing_name(w, "hardlink@openssh.com", w->temp,
				   w->name);
		/* Linked or beaten, the temp goes with writing_end(). */
		if (ret > 0)
			return taken_by(w);
		if (!ret || ret == FAIL_MISSING ||
		    sftp_conn_dead(w->v.queue.conn))
			return ret;
		has_links(w, true);
	}
	ret = writing_name(w, NULL, w->temp, w->name);
	if (ret > 0)
		return taken_by(w);
	if (!ret)
		writing_forget(w);
	return ret;
}

static int put_once(struct writing *w, struct backend *b, const char *name,
		    const struct source *src)
{
	int ret = writing_begin(w, b, name);

	if (!ret)
		ret = writing_ask_dir(w);
	if (!ret)
		ret = sftp_ask(&w->v, FXP_LSTAT, name, TAG_LSTAT);
	if (!ret)
		ret = writing_ask_temp(w);
	if (!ret)
		ret = writing_opened(w);
	if (ret || w->there)
		return ret ? ret : 1;
	ret = writing_fill(w, src);
	return ret ? ret : give_name(w);
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
	writing_forget(&w);
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
		ret = writing_opened(w);
	return ret ? ret : writing_fill(w, src);
}

static int replace_by_rename(struct writing *w, const struct source *src)
{
	int ret = writing_ask_temp(w);

	if (!ret)
		ret = writing_opened(w);
	if (!ret)
		ret = writing_fill(w, src);
	if (!ret)
		ret = writing_name(w, "posix-rename@openssh.com", w->temp,
				   w->name);
	if (ret > 0)
		ret = sftp_fail(w->v.queue.conn, w->linked, "replace", w->name);
	else if (!ret)
		writing_forget(w);
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
	writing_forget(&w);
	return ret;
}

static int fill_claim(struct writing *w, const char *temp, const void *data,
		      size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, w->name);
	int ret = writing_ask_dir(w);

	if (!ret)
		ret = sftp_ask(&w->v, FXP_MKDIR, temp, SFTP_DIR_TAG |
			       SFTP_DIR_MADE);
	if (!ret)
		ret = writing_ask_temp(w);
	if (!ret)
		ret = writing_opened(w);
	return ret ? ret : writing_fill(w, &src);
}

/*
 * The name is a directory with one file, and gets its name by a plain rename:
 * rename(2) replaces no directory that is not empty (silo-layout(5), LEDGER).
 */
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
	temp = backend_temp_name();
	ret = writing_begin(&w, b, dir);
	w.temp = xstrfmt("%s%s", temp, slash);
	if (!ret)
		ret = fill_claim(&w, temp, data, len);
	if (!ret)
		ret = writing_name(&w, NULL, temp, dir);
	if (ret >= 0)
		ret = !ret;
	if (ret <= 0 && w.v.queue.conn) {
		sftp_tell_close(&w.v, &w.handle);
		buf_reset(&w.handle);
		sftp_tell(&w.v, FXP_REMOVE, w.temp);
		sftp_tell(&w.v, FXP_RMDIR, temp);
	}
	writing_forget(&w);
	writing_end(&w, ret);
	free(temp);
	free(dir);
	return ret;
}
