#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/sftp_int.h"

#include <sys/stat.h>

enum { OPENS_MAX = 5, TRIES_MAX = 3, PAUSE_MS = 500 };

/*
 * The path of a URL as git reads it: /~/x is below the home, where the server
 * starts; only /~user needs to be asked for.
 */
static int plain_root(struct sftp *s)
{
	struct buf path = BUF_INIT;
	int ret = url_decode(s->place.path, strlen(s->place.path), &path);

	/* "ssh://host/" names one, if not by a word. */
	if (!ret && !path.len && s->at_top)
		buf_addc(&path, '/');
	if (!ret && !path.len)
		ret = fail(FAIL_REQUEST, "'%s' names no folder",
			   quoted(s->b.url));
	if (!ret)
		s->wanted = buf_detach(&path);
	buf_release(&path);
	return ret;
}

static int expand(struct sftp *s, struct sftp_conn *c, const char *path)
{
	struct sftp_verb v = { .s = s, .packet = BUF_INIT };
	struct sftp_msg *msg = NULL;
	const unsigned char *p;
	size_t len;
	int ret;

	if (!(c->can & CAN_EXPAND))
		return fail(FAIL_REQUEST, "the server of '%s' knows no '~user'",
			    quoted(s->b.url));
	sftp_queue_init(&v.queue, c);
	fxp_start(&v.packet, FXP_EXTENDED);
	fxp_strz(&v.packet, "expand-path@openssh.com");
	fxp_strz(&v.packet, path);
	ret = sftp_send(&v.queue, &v.packet, NULL, 0, REPLY_SHORT, 0, true);
	if (!ret)
		ret = sftp_next(&v.queue, &msg);
	if (!ret && msg->type != FXP_NAME) {
		ret = fail(FAIL_NET, "the server of '%s' cannot find '%s'",
			   quoted(s->b.url), quoted(path));
	} else if (!ret) {
		fxp_get_u32(&msg->in);
		p = fxp_get_str(&msg->in, &len);
		if (msg->in.bad || !len || memchr(p, 0, len))
			ret = fail(FAIL_NET, "the server of '%s' gives no "
				   "path for '%s'", quoted(s->b.url),
				   quoted(path));
		else
			s->root = xmemdup(p, len);
	}
	sftp_msg_free(msg);
	buf_release(&v.packet);
	sftp_queue_release(&v.queue);
	return ret;
}

static int find_root(struct sftp *s, struct sftp_conn *c)
{
	const char *path = s->wanted;

	if (s->root)
		return 0;
	if (!starts_with(path, "/~"))
		s->root = xstrdup(path);
	else if (!path[2] || !strcmp(path, "/~/"))
		s->root = xstrdup(".");
	else if (path[2] == '/')
		s->root = xstrdup(path + 3);
	else
		return expand(s, c, path + 1);
	return 0;
}

static int open_conn(struct sftp *s, struct sftp_conn **out)
{
	struct ssh_place place = {
		.url = s->b.url, .user = s->place.user, .host = s->place.host,
		.port = s->place.port, .subsystem = "sftp",
	};
	int ret = sftp_conn_open(out, &place);

	if (!ret) {
		ret = find_root(s, *out);
		if (ret) {
			sftp_conn_close(*out);
			*out = NULL;
		}
	}
	return ret;
}

/* Under the lock. */
static struct sftp_conn *unref(struct sftp_conn *c)
{
	return c && !--c->refs ? c : NULL;
}

/*
 * Under the lock, which is let go meanwhile.  Who is not let in at first is not
 * asked again: a person may have to type something each time.
 */
static int open_for_all(struct sftp *s)
{
	struct sftp_conn *fresh = NULL;
	int ret;

	if (s->never)
		return fail(s->never_code, "%s", s->never);
	if (s->opens >= OPENS_MAX)
		return fail(FAIL_NET, "'%s' was lost %d times; giving up",
			    quoted(s->b.url), OPENS_MAX);
	s->connecting = true;
	s->opens++;
	pthread_mutex_unlock(&s->lock);
	ret = open_conn(s, &fresh);
	pthread_mutex_lock(&s->lock);
	s->connecting = false;
	s->conn = fresh;
	if (fresh)
		fresh->refs = 1;
	if (ret && s->opens == 1) {
		s->never = xstrdup(fail_text());
		s->never_code = ret;
	}
	pthread_cond_broadcast(&s->connected);
	return ret;
}

/*
 * The connection, one thread opening it while others wait.  A dead one is
 * forgotten; who still uses it closes it.
 */
static int get_conn(struct sftp *s, struct sftp_conn **out)
{
	struct sftp_conn *gone = NULL;
	int ret = 0;

	pthread_mutex_lock(&s->lock);
	while (s->connecting)
		pthread_cond_wait(&s->connected, &s->lock);
	if (s->conn && sftp_conn_dead(s->conn)) {
		gone = unref(s->conn);
		s->conn = NULL;
	}
	if (!s->conn)
		ret = open_for_all(s);
	*out = s->conn;
	if (!ret)
		s->conn->refs++;
	pthread_mutex_unlock(&s->lock);
	if (gone)
		sftp_conn_close(gone);
	return ret;
}

/* Somebody's first put into a folder that he named: its last part is made. */
static int need_root(struct sftp_verb *v, bool create)
{
	struct fxp_attrs attrs;
	bool there;
	int ret = 0;

	pthread_mutex_lock(&v->s->lock);
	there = v->s->root_there;
	pthread_mutex_unlock(&v->s->lock);
	if (there)
		return 0;
	if (create) {
		ret = sftp_ask(v, FXP_MKDIR, "", 0);
		if (!ret)
			ret = sftp_wait_status(v);
		if (ret < 0)
			return ret;
	}
	ret = sftp_ask(v, FXP_STAT, "", 0);
	if (!ret)
		ret = sftp_wait_attrs(v, &attrs);
	if (!ret && !S_ISDIR(attrs.mode))
		ret = fail(FAIL_DENIED, "'%s' is no folder",
			   quoted(v->s->b.url));
	if (ret == FX_NO_SUCH_FILE && create)
		ret = fail(FAIL_NET, "there is no folder for the silo '%s', and "
			   "none can be made; on that machine say: "
			   "mkdir -p '%s'", quoted(v->s->b.url), quoted(v->s->root));
	else if (ret == FX_NO_SUCH_FILE)
		ret = fail(FAIL_MISSING, "there is no silo at '%s'",
			   quoted(v->s->b.url));
	else if (ret > 0)
		ret = sftp_fail(v->queue.conn, ret, "enter", v->s->root);
	pthread_mutex_lock(&v->s->lock);
	v->s->root_there = !ret;
	pthread_mutex_unlock(&v->s->lock);
	return ret;
}

int sftp_begin(struct sftp_verb *v, struct sftp *s, bool create)
{
	struct sftp_conn *c;
	int ret = get_conn(s, &c);

	*v = (struct sftp_verb){ .s = s, .packet = BUF_INIT,
				 .tries = v->tries + 1 };
	if (ret)
		return ret;
	sftp_queue_init(&v->queue, c);
	return need_root(v, create);
}

/* A pause before the next try, if there is to be one. */
static bool worth_another(struct sftp_verb *v, struct sftp_conn *c, int ret)
{
	bool told;
	char *kept;

	if (ret != FAIL_NET || !sftp_conn_lost(c) || v->tries >= TRIES_MAX ||
	    stop_asked())
		return false;
	/* Several verbs may have been under way there. */
	pthread_mutex_lock(&v->s->lock);
	told = c->told;
	c->told = true;
	pthread_mutex_unlock(&v->s->lock);
	kept = xstrdup(fail_text());
	if (!told)
		say("warning: ", "%s; trying again", kept);
	free(kept);
	usleep(PAUSE_MS * 1000 * (v->tries - 1));
	return true;
}

bool sftp_end(struct sftp_verb *v, int ret)
{
	struct sftp_conn *c = v->queue.conn, *gone;
	bool again;

	buf_release(&v->packet);
	if (!c)
		return false;
	sftp_queue_release(&v->queue);
	again = worth_another(v, c, ret);
	pthread_mutex_lock(&v->s->lock);
	gone = unref(c);
	if (ret >= 0)
		v->s->opens = 1;
	pthread_mutex_unlock(&v->s->lock);
	if (gone)
		sftp_conn_close(gone);
	return again;
}

static int judge_has(struct sftp_verb *v, int ret, const char *name,
		     const struct fxp_attrs *attrs)
{
	if (ret == FX_NO_SUCH_FILE || ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	if (ret > 0)
		return sftp_fail(v->queue.conn, ret, "look for", name);
	if (!ret && !S_ISREG(attrs->mode))
		return fail(FAIL_DENIED, "'%s' in '%s' is not a regular file",
			    quoted(name), quoted(v->s->b.url));
	return ret ? ret : 1;
}

static int sftp_has(struct backend *b, const char *name, uint64_t *size)
{
	struct sftp_verb v = { .tries = 0 };
	struct fxp_attrs attrs = { .size = 0 };
	int ret;

	do {
		ret = sftp_begin(&v, sftp_of(b), false);
		if (!ret)
			ret = sftp_ask(&v, FXP_LSTAT, name, 0);
		if (!ret)
			ret = sftp_wait_attrs(&v, &attrs);
		ret = judge_has(&v, ret, name, &attrs);
	} while (sftp_end(&v, ret));
	*size = attrs.size;
	return ret;
}

/* SFTP tells no time, but the age of a file that was made just now. */
static int sftp_now(struct backend *b, int64_t *out)
{
	struct sftp_verb v = { .tries = 0 };
	struct sftp_msg *msg = NULL;
	struct fxp_attrs attrs = { .mtime = 0 };
	struct buf handle = BUF_INIT;
	char *temp = backend_temp_name();
	int ret = sftp_begin(&v, sftp_of(b), true);

	if (!ret)
		ret = sftp_ask_open(&v, temp, FXF_WRITE | FXF_CREAT | FXF_EXCL,
				    0);
	if (!ret)
		ret = sftp_next(&v.queue, &msg);
	if (!ret)
		ret = sftp_handle(msg, &handle);
	sftp_msg_free(msg);
	if (!ret)
		ret = sftp_ask_handle(&v, FXP_FSTAT, &handle, 0);
	if (!ret)
		ret = sftp_wait_attrs(&v, &attrs);
	if (handle.len) {
		sftp_tell_close(&v, &handle);
		sftp_tell(&v, FXP_REMOVE, temp);
	}
	if (ret > 0)
		ret = sftp_fail(v.queue.conn, ret, "make", temp);
	else if (!ret && !attrs.has_time)
		ret = fail(FAIL_NET, "the server of '%s' tells no times",
			   quoted(b->url));
	*out = attrs.mtime;
	sftp_end(&v, ret);
	buf_release(&handle);
	free(temp);
	return ret;
}

static void sftp_close(struct backend *b)
{
	struct sftp *s = sftp_of(b);

	if (s->conn)
		sftp_conn_close(s->conn);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->connected);
	strs_release(&s->plain);
	url_release(&s->place);
	free(s->wanted);
	free(s->never);
	free(s->root);
	free(b->url);
	free(s);
}

static const struct backend_ops sftp_ops = {
	.read = sftp_read,
	.put = sftp_put,
	.claim = sftp_claim,
	.replace = sftp_replace,
	.has = sftp_has,
	.list = sftp_list,
	.remove = sftp_remove,
	.now = sftp_now,
	.close = sftp_close,
};

int backend_sftp(struct backend **out, const char *url,
		 const struct backend_opts *opts)
{
	struct sftp *s = xcalloc(1, sizeof(*s));
	size_t len = strlen(url);
	int ret;

	while (len && url[len - 1] == '/')
		len--;
	s->b = (struct backend){ .ops = &sftp_ops, .fd = -1,
				 .durable = opts->durable };
	s->b.url = xmemdup(url, len);
	s->at_top = url[len];
	s->place = (struct url)URL_INIT;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->connected, NULL);
	ret = url_parse(&s->place, url);
	if (!ret)
		ret = plain_root(s);
	if (ret) {
		sftp_close(&s->b);
		return ret;
	}
	*out = &s->b;
	return 0;
}
