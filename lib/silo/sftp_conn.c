#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/sftp_int.h"

#include <poll.h>
#include <time.h>

enum {
	TICK_MS = 250,			/* how often somebody may say stop */
	SILENT_S = 300,			/* an answer is late */
	STOP_TICKS = 20,		/* 5 s to finish a packet */
};

static int64_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Wait until the stream has something, or its end. */
static int wait_readable(struct sftp_conn *c)
{
	struct pollfd fd = { .fd = ssh_from(c->ssh), .events = POLLIN };
	int n = poll(&fd, 1, TICK_MS);

	if (n < 0 && errno != EINTR)
		return fail(FAIL_NET, "cannot wait for '%s': %s",
			    quoted(c->url), strerror(errno));
	return n > 0;
}

/* Is it time to give up waiting? */
static int lost_patience(struct sftp_conn *c)
{
	bool quit, late;

	pthread_mutex_lock(&c->lock);
	quit = c->quit;
	late = c->flying && seconds() - c->heard > SILENT_S;
	pthread_mutex_unlock(&c->lock);
	if (quit)
		return fail(FAIL_STOPPED, "closed");
	if (late)
		return fail(FAIL_NET, "'%s' has been silent for %d seconds",
			    quoted(c->url), SILENT_S);
	return 0;
}

static int stage_more(struct sftp_conn *c, bool patient)
{
	ssize_t n = -1;
	int ret;

	do {
		ret = wait_readable(c);
		if (!ret)
			ret = patient ? stop_check() : lost_patience(c);
		else if (ret > 0)
			n = read(ssh_from(c->ssh), c->stage, sizeof(c->stage));
	} while (!ret || (ret > 0 && n < 0 &&
			  (errno == EINTR || errno == EAGAIN)));
	if (ret < 0)
		return ret;
	if (n < 0)
		return fail(FAIL_NET, "lost the connection to '%s': %s",
			    quoted(c->url), strerror(errno));
	c->staged = (size_t)n;
	c->taken = 0;
	return n > 0;
}

/* 1 all of it, 0 the stream has ended. */
int sftp_take(struct sftp_conn *c, void *to, size_t len, bool patient)
{
	unsigned char *out = to;

	while (len) {
		size_t n = MIN(len, c->staged - c->taken);
		int ret;

		memcpy(out, c->stage + c->taken, n);
		c->taken += n;
		out += n;
		len -= n;
		if (!len)
			break;
		ret = stage_more(c, patient);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* The stream has ended: ask ssh why, which nobody may write to meanwhile. */
int sftp_say_ended(struct sftp_conn *c, const char *what)
{
	int ret;

	pthread_mutex_lock(&c->send);
	ret = fail(FAIL_NET, "%s '%s': %s", what, quoted(c->url),
		   ssh_why(c->ssh));
	pthread_mutex_unlock(&c->send);
	return ret;
}

void sftp_msg_free(struct sftp_msg *msg)
{
	if (msg)
		free(msg->body);
	free(msg);
}

/* Under the lock: to whom it belongs, or to nobody. */
static void deliver(struct sftp_msg *msg)
{
	struct sftp_queue *q = msg->queue;

	msg->next = NULL;
	if (!q) {
		sftp_msg_free(msg);
		return;
	}
	*q->tail = msg;
	q->tail = &msg->next;
	pthread_cond_signal(&q->cond);
}

static struct sftp_msg **find(struct sftp_conn *c, uint32_t id)
{
	struct sftp_msg **p = &c->table[id % SFTP_TABLE];

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

static struct sftp_msg *unlink_msg(struct sftp_conn *c, struct sftp_msg **p)
{
	struct sftp_msg *msg = *p;

	*p = msg->next;
	if (!--c->flying)
		pthread_cond_broadcast(&c->idle);
	return msg;
}

static int nonsense(struct sftp_conn *c, const char *what)
{
	pthread_mutex_lock(&c->lock);
	c->lies = true;
	pthread_mutex_unlock(&c->lock);
	return fail(FAIL_NET, "'%s' makes no sense: %s; is it an sftp server?",
		    quoted(c->url), what);
}

static int dead_now(struct sftp_conn *c)
{
	int ret;

	pthread_mutex_lock(&c->lock);
	ret = c->dead ? fail(c->dead, "%s", c->why) : 0;
	pthread_mutex_unlock(&c->lock);
	return ret;
}

/*
 * One reply: 1, or 0 at the end of the stream between two of them.  Who could
 * not write has emptied the table, at any moment.
 */
static int read_reply(struct sftp_conn *c)
{
	unsigned char head[9], *body = NULL;
	struct sftp_msg *msg, **place;
	bool known;
	size_t len;
	int ret = sftp_take(c, head, sizeof(head), false);

	if (ret <= 0)
		return ret;
	len = get_be32(head);
	if (len < 5 || len > FXP_PACKET_MAX + 1024)
		return nonsense(c, "a packet of no sane length");
	len -= 5;
	pthread_mutex_lock(&c->lock);
	msg = *find(c, get_be32(head + 5));
	known = msg && len <= msg->max;
	pthread_mutex_unlock(&c->lock);
	if (!known) {
		ret = dead_now(c);
		return ret ? ret : nonsense(c, msg ?
				"a reply longer than what was asked for" :
				"a reply that nobody asked for");
	}
	body = xmalloc(len ? len : 1);
	ret = sftp_take(c, body, len, false);
	if (ret <= 0) {
		free(body);
		return ret;
	}
	pthread_mutex_lock(&c->lock);
	place = find(c, get_be32(head + 5));
	if (!*place) {
		pthread_mutex_unlock(&c->lock);
		free(body);
		return dead_now(c);
	}
	msg = unlink_msg(c, place);
	msg->type = head[4];
	msg->body = body;
	msg->in = (struct fxp){ .p = body, .end = body + len };
	c->heard = seconds();
	deliver(msg);
	pthread_mutex_unlock(&c->lock);
	return 1;
}

static void die(struct sftp_conn *c, int code)
{
	pthread_mutex_lock(&c->lock);
	if (!c->dead) {
		c->dead = code;
		c->why = xstrdup(fail_text());
	}
	for (size_t i = 0; i < SFTP_TABLE; i++)
		while (c->table[i])
			deliver(unlink_msg(c, &c->table[i]));
	pthread_mutex_unlock(&c->lock);
}

int sftp_run_reader(struct job *job)
{
	struct sftp_conn *c = (struct sftp_conn *)(void *)
		((char *)job - offsetof(struct sftp_conn, reader));
	int ret;

	while ((ret = read_reply(c)) > 0)
		;
	if (!ret)
		ret = sftp_say_ended(c, "lost the connection to");
	die(c, ret);
	pthread_mutex_lock(&c->lock);
	c->reader_ended = true;
	pthread_cond_broadcast(&c->idle);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

bool sftp_conn_dead(struct sftp_conn *c)
{
	bool dead;

	pthread_mutex_lock(&c->lock);
	dead = c->dead;
	pthread_mutex_unlock(&c->lock);
	return dead;
}

bool sftp_conn_lost(struct sftp_conn *c)
{
	bool lost;

	pthread_mutex_lock(&c->lock);
	lost = c->dead == FAIL_NET && !c->lies;
	pthread_mutex_unlock(&c->lock);
	return lost;
}

/*
 * Under `send`: all of it.  Half a packet would end the connection, and with it
 * the chance to remove a temp: so a stop gets a while to come through.
 */
static int write_all(struct sftp_conn *c, const void *data, size_t len)
{
	const char *p = data;
	int ticks = 0;

	while (len) {
		struct pollfd fd = { .fd = ssh_to(c->ssh), .events = POLLOUT };
		ssize_t n = fd.fd < 0 ? 0 : write(fd.fd, p, len);

		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR) ||
		    sftp_conn_dead(c))
			return fail(FAIL_NET, "lost the connection to '%s'",
				    quoted(c->url));
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		poll(&fd, 1, TICK_MS);
		ticks += stop_asked() != 0;
		if (ticks > STOP_TICKS)
			return stop_check();
	}
	return 0;
}

int sftp_send(struct sftp_queue *q, struct buf *packet, const void *data,
	      size_t len, size_t max, uint64_t tag, bool wait)
{
	struct sftp_conn *c = q->conn;
	struct sftp_msg *msg = xcalloc(1, sizeof(*msg)), **p;
	int ret;

	msg->max = max;
	msg->tag = tag;
	msg->queue = wait ? q : NULL;
	pthread_mutex_lock(&c->lock);
	if (c->dead) {
		ret = fail(c->dead, "%s", c->why);
		pthread_mutex_unlock(&c->lock);
		free(msg);
		return ret;
	}
	if (!c->flying++)
		c->heard = seconds();
	do
		msg->id = ++c->last_id;
	while (*(p = find(c, msg->id)));
	*p = msg;
	q->flying += wait;
	fxp_finish(packet, msg->id, len);
	pthread_mutex_unlock(&c->lock);

	pthread_mutex_lock(&c->send);
	ret = write_all(c, packet->ptr, packet->len);
	if (!ret && len)
		ret = write_all(c, data, len);
	/* Half a packet may be on the wire: nothing can follow it. */
	if (ret)
		ssh_kill(c->ssh);
	pthread_mutex_unlock(&c->send);
	if (ret)
		die(c, ret);
	return ret;
}

void sftp_queue_init(struct sftp_queue *q, struct sftp_conn *conn)
{
	*q = (struct sftp_queue){ .conn = conn };
	q->tail = &q->done;
	pthread_cond_init(&q->cond, NULL);
}

void sftp_queue_release(struct sftp_queue *q)
{
	struct sftp_conn *c = q->conn;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; q->flying && i < SFTP_TABLE; i++)
		for (struct sftp_msg *m = c->table[i]; m; m = m->next)
			if (m->queue == q)
				m->queue = NULL;
	pthread_mutex_unlock(&c->lock);
	while (q->done) {
		struct sftp_msg *m = q->done;

		q->done = m->next;
		sftp_msg_free(m);
	}
	pthread_cond_destroy(&q->cond);
	q->conn = NULL;
}

static struct sftp_msg *pop(struct sftp_queue *q)
{
	struct sftp_msg *msg = q->done;

	if (!msg)
		return NULL;
	q->done = msg->next;
	if (!q->done)
		q->tail = &q->done;
	q->flying--;
	return msg;
}

static int hand_out(struct sftp_queue *q, struct sftp_msg *msg,
		    struct sftp_msg **out)
{
	*out = msg;
	if (!msg || msg->type)
		return 0;
	sftp_msg_free(msg);
	*out = NULL;
	return dead_now(q->conn);
}

int sftp_poll(struct sftp_queue *q, struct sftp_msg **out)
{
	struct sftp_msg *msg;

	pthread_mutex_lock(&q->conn->lock);
	msg = pop(q);
	pthread_mutex_unlock(&q->conn->lock);
	return hand_out(q, msg, out);
}

int sftp_next(struct sftp_queue *q, struct sftp_msg **out)
{
	struct sftp_conn *c = q->conn;
	struct sftp_msg *msg = NULL;
	int ret = 0;

	*out = NULL;
	pthread_mutex_lock(&c->lock);
	while (!ret && !(msg = pop(q))) {
		struct timespec at;

		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_nsec += TICK_MS * 1000000L;
		at.tv_sec += at.tv_nsec / 1000000000L;
		at.tv_nsec %= 1000000000L;
		if (!q->flying)
			ret = fail(FAIL_NET, "nothing was asked");
		else if (pthread_cond_timedwait(&q->cond, &c->lock, &at))
			ret = stop_check();
	}
	pthread_mutex_unlock(&c->lock);
	return ret ? ret : hand_out(q, msg, out);
}
