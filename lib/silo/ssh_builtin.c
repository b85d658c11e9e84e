#include "base/base.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/ssh_lib.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/*
 * ssh inside this process.  libssh2's session belongs to one thread, which
 * carries bytes between it and a socket pair: who uses the stream sees two
 * descriptors, as with a program.
 */
enum {
	TICK_MS = 250,
	PATIENCE_MS = 30000,
	ROOM = 131072,
	WINDOW = 2 << 20,
	PACKET = 32768,
};

struct load {
	unsigned char bytes[ROOM];
	size_t len;
	size_t done;
};

struct builtin {
	struct ssh ssh;
	struct ssh_place place;
	struct ssh_session s;
	int inner;		/* the thread's end of the pair */
	struct pool *pool;
	struct job job;
	bool running;
	char *why;
	bool up_ended;		/* who uses the stream has said his last */
	struct load up;
	struct load down;
};

static struct builtin *of(struct ssh *ssh)
{
	return (struct builtin *)(void *)ssh;
}

int ssh_session_fail(struct ssh_session *s, const char *what)
{
	char *text = NULL;

	libssh2_session_last_error(s->session, &text, NULL, 0);
	return fail(FAIL_NET, "%s of '%s': %s", what, quoted(s->place->url),
		    text && *text ? quoted(text) : "unknown reason");
}

static short wanted(LIBSSH2_SESSION *session)
{
	int dirs = libssh2_session_block_directions(session);

	return (short)((dirs & LIBSSH2_SESSION_BLOCK_OUTBOUND ? POLLOUT : 0) |
		       (dirs & LIBSSH2_SESSION_BLOCK_INBOUND || !dirs ?
			POLLIN : 0));
}

static int wait_socket(int sock, short events, int limit, const char *url)
{
	for (int waited = 0; waited < limit; waited += TICK_MS) {
		struct pollfd fd = { .fd = sock, .events = events };
		int n = poll(&fd, 1, TICK_MS), ret = stop_check();

		if (ret)
			return ret;
		if (n > 0)
			return 0;
	}
	return fail(FAIL_NET, "'%s' does not answer", quoted(url));
}

int ssh_session_wait(struct ssh_session *s)
{
	return wait_socket(s->sock, wanted(s->session), s->patience_ms,
			   s->place->url);
}

static int connect_one(struct ssh_session *s, const struct addrinfo *ai)
{
	int err = 0, one = 1, ret;
	socklen_t len = sizeof(err);

	s->sock = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
			 SOCK_NONBLOCK, 0);
	if (s->sock < 0)
		return fail(FAIL_NET, "cannot reach '%s': %s",
			    quoted(s->place->url), strerror(errno));
	if (connect(s->sock, ai->ai_addr, ai->ai_addrlen)) {
		err = errno;
		if (err == EINPROGRESS) {
			ret = wait_socket(s->sock, POLLOUT, s->patience_ms,
					  s->place->url);
			if (ret)
				return ret;
			getsockopt(s->sock, SOL_SOCKET, SO_ERROR, &err, &len);
		}
	}
	setsockopt(s->sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(s->sock, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return err ? fail(FAIL_NET, "cannot reach '%s': %s",
			  quoted(s->place->url), strerror(err)) : 0;
}

static int connect_any(struct ssh_session *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	const char *port = s->place->port ? s->place->port : "22";
	int err = getaddrinfo(s->place->host, port, &hints, &list);
	int ret = FAIL_NET;

	if (err)
		return fail(FAIL_NET, "cannot find host '%s': %s",
			    quoted(s->place->host), gai_strerror(err));
	for (struct addrinfo *ai = list; ai && ret && ret != FAIL_STOPPED;
	     ai = ai->ai_next) {
		if (s->sock >= 0)
			close(s->sock);
		ret = connect_one(s, ai);
	}
	freeaddrinfo(list);
	return ret;
}

static int open_channel(struct ssh_session *s)
{
	static const char kind[] = "session";
	int ret = 0, rc;

	do
		s->channel = libssh2_channel_open_ex(s->session, kind,
						     sizeof(kind) - 1, WINDOW,
						     PACKET, NULL, 0);
	while (!s->channel && libssh2_session_last_errno(s->session) ==
	       LIBSSH2_ERROR_EAGAIN && !(ret = ssh_session_wait(s)));
	if (!ret && !s->channel)
		ret = ssh_session_fail(s, "cannot open a session");
	if (ret)
		return ret;
	/* What the server's shell has to say is not ours to show. */
	libssh2_channel_handle_extended_data(s->channel,
			LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	SSH_DRIVE(s, ret, rc, libssh2_channel_subsystem(s->channel,
						     s->place->subsystem));
	return ret || !rc ? ret : ssh_session_fail(s, "cannot start sftp");
}

static pthread_once_t library = PTHREAD_ONCE_INIT;

static void start_library(void)
{
	/* Its count of users is not for threads: once, and never ended. */
	if (libssh2_init(0))
		fail(FAIL_SYSTEM, "cannot start libssh2");
}

static int open_session(struct ssh_session *s)
{
	int ret, rc;

	pthread_once(&library, start_library);
	s->session = libssh2_session_init();
	if (!s->session)
		return fail(FAIL_SYSTEM, "cannot start libssh2");
	libssh2_session_set_blocking(s->session, 0);
	ret = ssh_known_prefer(s);
	if (!ret)
		ret = connect_any(s);
	if (ret)
		return ret;
	SSH_DRIVE(s, ret, rc, libssh2_session_handshake(s->session, s->sock));
	if (!ret && rc)
		ret = ssh_session_fail(s, "cannot agree with the ssh server");
	s->patience_ms = PATIENCE_MS;
	if (!ret)
		ret = ssh_known_check(s);
	if (!ret)
		ret = ssh_login(s);
	return ret ? ret : open_channel(s);
}

/* From the pair to the channel: 1 moved, 0 it would block, or the end. */
static int carry_up(struct builtin *b)
{
	struct load *l = &b->up;
	ssize_t n;

	if (l->done == l->len && !b->up_ended) {
		n = read(b->inner, l->bytes, sizeof(l->bytes));
		if (!n) {
			b->up_ended = true;
			libssh2_channel_send_eof(b->s.channel);
		}
		l->done = 0;
		l->len = n > 0 ? (size_t)n : 0;
	}
	if (l->done == l->len)
		return 0;
	n = libssh2_channel_write(b->s.channel, (char *)l->bytes + l->done,
				  l->len - l->done);
	if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		return ssh_session_fail(&b->s, "lost the connection");
	l->done += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* From the channel to the pair; FAIL_MISSING: the other side has ended it. */
static int carry_down(struct builtin *b)
{
	struct load *l = &b->down;
	ssize_t n;

	if (l->done == l->len) {
		n = libssh2_channel_read(b->s.channel, (char *)l->bytes,
					 sizeof(l->bytes));
		if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
			return ssh_session_fail(&b->s, "lost the connection");
		if (n <= 0 && libssh2_channel_eof(b->s.channel))
			return fail(FAIL_MISSING, "the server has ended it");
		l->done = 0;
		l->len = n > 0 ? (size_t)n : 0;
	}
	if (l->done == l->len)
		return 0;
	n = send(b->inner, l->bytes + l->done, l->len - l->done, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail(FAIL_STOPPED, "closed");
	l->done += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool must_send(struct builtin *b)
{
	return libssh2_session_block_directions(b->s.session) &
	       LIBSSH2_SESSION_BLOCK_OUTBOUND;
}

/* Wait for either side; 1, or 0 where the stream was killed. */
static int wait_both(struct builtin *b, bool stuck)
{
	struct pollfd fds[2] = {
		{ .fd = b->s.sock, .events = POLLIN },
		{ .fd = b->inner },
	};

	if (stuck)
		fds[0].events = POLLOUT;
	else if (b->up.done < b->up.len)
		fds[0].events |= must_send(b) ? POLLOUT : 0;
	if (b->up.done == b->up.len && !b->up_ended)
		fds[1].events |= POLLIN;
	if (b->down.done < b->down.len)
		fds[1].events |= POLLOUT;
	poll(fds, 2, TICK_MS);
	return !(fds[1].revents & POLLHUP);
}

/*
 * libssh2 keeps a packet that the socket took only half of, and then wants
 * the very call that made it again before any other.
 */
static int carry(struct job *job)
{
	struct builtin *b = (struct builtin *)(void *)
		((char *)job - offsetof(struct builtin, job));
	int up = 0, down = 0;
	bool up_stuck = false, down_stuck = false;

	while (up >= 0 && down >= 0) {
		up = down = 0;
		if (!down_stuck) {
			up = carry_up(b);
			up_stuck = !up && b->up.done < b->up.len &&
				   must_send(b);
		}
		if (up >= 0 && !up_stuck) {
			down = carry_down(b);
			down_stuck = !down && b->down.done == b->down.len &&
				     must_send(b);
		}
		if (!up && !down &&
		    !wait_both(b, up_stuck || down_stuck))
			break;
	}
	if (up < 0 || down < 0)
		b->why = xstrdup(fail_text());
	shutdown(b->inner, SHUT_RDWR);
	return 0;
}

static void builtin_eof(struct ssh *ssh)
{
	if (ssh->to >= 0)
		shutdown(ssh->to, SHUT_WR);
	ssh->to = -1;
}

static void builtin_kill(struct ssh *ssh)
{
	if (ssh->from >= 0)
		shutdown(ssh->from, SHUT_RDWR);
}

static void end_it(struct builtin *b)
{
	if (b->running && job_join(b->pool, &b->job))
		fail_clear();
	b->running = false;
}

static void builtin_why(struct ssh *ssh, struct buf *out)
{
	struct builtin *b = of(ssh);

	builtin_kill(ssh);
	end_it(b);
	buf_adds(out, b->why ? b->why : "the other side has ended it");
}

static void builtin_close(struct ssh *ssh)
{
	struct builtin *b = of(ssh);

	builtin_kill(ssh);
	end_it(b);
	pool_free(b->pool);
	if (b->s.session) {
		libssh2_session_disconnect(b->s.session, "done");
		/* It frees nothing while it would block. */
		if (b->s.sock >= 0)
			shutdown(b->s.sock, SHUT_RDWR);
		libssh2_session_set_blocking(b->s.session, 1);
		libssh2_session_set_timeout(b->s.session, PATIENCE_MS / 10);
		libssh2_session_free(b->s.session);
	}
	if (b->s.sock >= 0)
		close(b->s.sock);
	if (b->inner >= 0)
		close(b->inner);
	if (ssh->from >= 0)
		close(ssh->from);
	free(b->why);
	free(b);
}

static const struct ssh_ops builtin_ops = {
	builtin_eof, builtin_kill, builtin_why, builtin_close,
};

static int start_thread(struct builtin *b)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair))
		return fail_errno("cannot make a pair of sockets");
	b->ssh.from = b->ssh.to = pair[0];
	b->inner = pair[1];
	b->pool = pool_new(2);
	if (pool_threads(b->pool) < 2)
		return fail(FAIL_SYSTEM, "cannot start a thread for '%s'",
			    quoted(b->s.place->url));
	b->job = (struct job)JOB_INIT(carry);
	b->running = true;
	job_submit(b->pool, &b->job);
	return 0;
}

int ssh_open_builtin(struct ssh **out, const struct ssh_settings *settings,
		     const struct ssh_place *place)
{
	struct builtin *b = xcalloc(1, sizeof(*b));
	int ret;

	b->ssh = (struct ssh){ .ops = &builtin_ops, .from = -1, .to = -1,
			       .why = BUF_INIT };
	b->place = *place;
	b->s.place = &b->place;
	b->s.sock = b->inner = -1;
	b->s.patience_ms = (int)settings->connect_time * 1000;
	ret = open_session(&b->s);
	if (!ret)
		ret = start_thread(b);
	if (ret) {
		builtin_close(&b->ssh);
		b = NULL;
	}
	*out = b ? &b->ssh : NULL;
	return ret;
}
