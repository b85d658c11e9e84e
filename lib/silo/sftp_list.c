#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_int.h"

#include <sys/stat.h>

/*
 * Many directories at once, and of each several READDIRs: the server answers
 * in order, so those behind the end just say so.
 */
enum { DIRS = 16, ASKS = 4, DEPTH_MAX = 64, TODO_MAX = 1000000 };

struct dir {
	char *name;		/* NULL: free */
	struct buf handle;
	unsigned flying;
	bool ended;
};

struct listing {
	struct sftp_verb v;
	struct dir dirs[DIRS];
	struct strs todo;
	int (*each)(void *data, const char *name, uint64_t size);
	void *data;
};

static int start(struct listing *l, unsigned i)
{
	struct dir *d = &l->dirs[i];

	d->name = l->todo.v[--l->todo.n];
	d->ended = false;
	d->flying = 1;
	buf_reset(&d->handle);
	return sftp_ask(&l->v, FXP_OPENDIR, d->name, i);
}

static int start_some(struct listing *l)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < DIRS && l->todo.n; i++)
		if (!l->dirs[i].name)
			ret = start(l, i);
	return ret;
}

static int ask_more(struct listing *l, unsigned i)
{
	struct dir *d = &l->dirs[i];
	int ret = 0;

	while (!ret && !d->ended && d->flying < ASKS) {
		ret = sftp_ask_handle(&l->v, FXP_READDIR, &d->handle, i);
		d->flying += !ret;
	}
	return ret;
}

static void finish(struct listing *l, struct dir *d)
{
	if (!d->ended || d->flying)
		return;
	sftp_tell_close(&l->v, &d->handle);
	buf_reset(&d->handle);
	free(d->name);
	d->name = NULL;
}

static unsigned depth(const char *name)
{
	unsigned n = 1;

	for (; *name; name++)
		n += *name == '/';
	return n;
}

static int take_entry(struct listing *l, struct dir *d, const char *name,
		      const struct fxp_attrs *attrs)
{
	char *path;
	int ret = 0;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (!*name || strchr(name, '/') || !attrs->has_mode)
		return fail(FAIL_NET, "the server of '%s' lists an entry '%s' "
			    "that makes no sense", quoted(l->v.s->b.url),
			    quoted(name));
	path = *d->name ? xstrfmt("%s/%s", d->name, name) : xstrdup(name);
	if (!S_ISDIR(attrs->mode))
		ret = l->each(l->data, path, attrs->has_size ? attrs->size :
			      UINT64_MAX);
	else if (l->todo.n >= TODO_MAX || depth(path) > DEPTH_MAX)
		ret = fail(FAIL_NET, "'%s' in '%s' is no silo's directory",
			   quoted(path), quoted(l->v.s->b.url));
	else
		strs_add(&l->todo, path);
	free(path);
	return ret;
}

static int take_names(struct listing *l, struct dir *d, struct sftp_msg *msg)
{
	uint32_t n = fxp_get_u32(&msg->in);
	int ret = 0;

	for (uint32_t i = 0; !ret && i < n; i++) {
		struct fxp_attrs attrs;
		const unsigned char *p;
		size_t len, long_len;
		char *name;

		p = fxp_get_str(&msg->in, &len);
		fxp_get_str(&msg->in, &long_len);
		fxp_get_attrs(&msg->in, &attrs);
		if (msg->in.bad || memchr(p, 0, len))
			return fail(FAIL_NET, "the server of '%s' gives a list "
				    "that makes no sense",
				    quoted(l->v.s->b.url));
		name = xmemdup(p, len);
		ret = take_entry(l, d, name, &attrs);
		free(name);
	}
	return ret;
}

static int take_reply(struct listing *l, struct sftp_msg *msg)
{
	unsigned i = (unsigned)msg->tag;
	struct dir *d = &l->dirs[i];
	int ret;

	d->flying--;
	if (msg->type == FXP_HANDLE && !d->handle.len) {
		ret = sftp_handle(msg, &d->handle);
	} else if (msg->type == FXP_NAME && d->handle.len) {
		ret = take_names(l, d, msg);
	} else {
		ret = sftp_status(msg);
		d->ended = true;
		/* Gone meanwhile, or never there: then it has no files. */
		if (ret == FX_EOF || (ret == FX_NO_SUCH_FILE && !d->handle.len))
			ret = 0;
		else
			ret = sftp_fail(l->v.queue.conn, ret, "list", d->name);
	}
	if (!ret)
		ret = ask_more(l, i);
	if (!ret)
		finish(l, d);
	return ret;
}

int sftp_list(struct backend *b, const char *prefix,
	      int (*each)(void *data, const char *name, uint64_t size),
	      void *data)
{
	struct listing l = { .each = each, .data = data };
	struct sftp_msg *msg;
	size_t len = strlen(prefix);
	int ret = sftp_begin(&l.v, sftp_of(b), false);

	for (size_t i = 0; i < DIRS; i++)
		l.dirs[i].handle = (struct buf)BUF_INIT;
	while (len && prefix[len - 1] == '/')
		len--;
	strs_addn(&l.todo, prefix, len);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
		l.todo.n = 0;
		free(l.todo.v[0]);
	}
	if (!ret)
		ret = start_some(&l);
	while (!ret && l.v.queue.conn && l.v.queue.flying) {
		ret = sftp_next(&l.v.queue, &msg);
		if (!ret)
			ret = take_reply(&l, msg);
		sftp_msg_free(msg);
		if (!ret)
			ret = start_some(&l);
	}
	for (size_t i = 0; i < DIRS; i++) {
		sftp_tell_close(&l.v, &l.dirs[i].handle);
		buf_release(&l.dirs[i].handle);
		free(l.dirs[i].name);
	}
	strs_release(&l.todo);
	sftp_end(&l.v, ret);
	return ret;
}

/* A file; or, as in a folder, a directory with all that is in it. */
static int gather(void *data, const char *name, uint64_t size UNUSED)
{
	strs_add(data, name);
	return 0;
}

static int remove_one(struct sftp_verb *v, enum fxp_type type,
		      const char *name)
{
	int ret = sftp_ask(v, type, name, 0);

	if (!ret)
		ret = sftp_wait_status(v);
	if (ret <= 0 || ret == FX_NO_SUCH_FILE)
		return MIN(ret, 0);
	return ret;
}

static int remove_dir(struct sftp_verb *v, const char *name)
{
	struct strs files = STRS_INIT;
	size_t len = strlen(name);
	int ret = sftp_list(&v->s->b, name, gather, &files);

	for (size_t i = 0; !ret && i < files.n; i++) {
		char *slash;

		ret = remove_one(v, FXP_REMOVE, files.v[i]);
		/* Directories that are not empty yet stay till later. */
		while (!ret && (slash = strrchr(files.v[i], '/')) &&
		       (size_t)(slash - files.v[i]) > len) {
			*slash = '\0';
			sftp_tell(v, FXP_RMDIR, files.v[i]);
		}
	}
	if (!ret)
		ret = remove_one(v, FXP_RMDIR, name);
	strs_release(&files);
	return ret;
}

int sftp_remove(struct backend *b, const char *name)
{
	struct sftp_verb v = { .tries = 0 };
	struct fxp_attrs attrs;
	int ret = sftp_begin(&v, sftp_of(b), false), looked;

	if (!ret)
		ret = remove_one(&v, FXP_REMOVE, name);
	if (ret > 0) {
		looked = sftp_ask(&v, FXP_LSTAT, name, 0);
		if (!looked)
			looked = sftp_wait_attrs(&v, &attrs);
		if (looked < 0)
			ret = looked;
		else if (!looked && S_ISDIR(attrs.mode))
			ret = remove_dir(&v, name);
	}
	if (ret > 0)
		ret = sftp_fail(v.queue.conn, ret, "remove", name);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	sftp_end(&v, ret);
	return ret;
}
