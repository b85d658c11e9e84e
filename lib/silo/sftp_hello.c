#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_int.h"

#include <time.h>

enum {
	FAREWELL_S = 10,
	CHUNK_MIN = 32768,		/* every server takes that */
	CHUNK_MAX = 131072,
};

/*
 * What comes instead of a greeting where a shell's start files talk: shown, as
 * far as it is one line.
 */
static int not_sftp(struct sftp_conn *c, const unsigned char *head, size_t n)
{
	char line[80];
	size_t len = 0;

	memcpy(line, head, n);
	len = n;
	while (len < sizeof(line) - 1 && c->taken < c->staged)
		line[len++] = (char)c->stage[c->taken++];
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return fail(FAIL_NET, "'%s' answers '%s'; is it an sftp server? (no "
		    "start file of its shell may print anything)",
		    quoted(c->url), quoted(line));
}

static void note_extension(struct sftp_conn *c, const unsigned char *name,
			   size_t len)
{
	static const struct {
		const char *name;
		enum sftp_can can;
	} known[] = {
		{ "hardlink@openssh.com", CAN_LINK },
		{ "posix-rename@openssh.com", CAN_REPLACE },
		{ "fsync@openssh.com", CAN_SYNC },
		{ "limits@openssh.com", CAN_LIMITS },
		{ "expand-path@openssh.com", CAN_EXPAND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len &&
		    !memcmp(known[i].name, name, len))
			c->can |= known[i].can;
}

static int greet(struct sftp_conn *c)
{
	static const unsigned char hello[] = { 0, 0, 0, 5, FXP_INIT,
					       0, 0, 0, 3 };
	unsigned char head[9], *body = NULL;
	struct fxp in;
	size_t len;
	int ret = 1;

	/* Too short to wait; a stream that is gone says so below. */
	if (write(ssh_to(c->ssh), hello, sizeof(hello)) != sizeof(hello))
		ret = 0;
	if (ret > 0)
		ret = sftp_take(c, head, sizeof(head), true);
	if (!ret)
		return sftp_say_ended(c, "cannot reach");
	if (ret < 0)
		return ret;
	len = get_be32(head);
	if (len < 5 || len > FXP_PACKET_MAX || head[4] != FXP_VERSION)
		return not_sftp(c, head, sizeof(head));
	len -= 5;
	body = xmalloc(len ? len : 1);
	ret = sftp_take(c, body, len, true);
	if (!ret)
		ret = sftp_say_ended(c, "cannot reach");
	in = (struct fxp){ .p = body, .end = body + len };
	if (ret > 0 && get_be32(head + 5) != 3)
		ret = fail(FAIL_NET, "'%s' speaks version %" PRIu32 " of sftp, "
			   "not 3", quoted(c->url), get_be32(head + 5));
	while (ret > 0 && in.p < in.end && !in.bad) {
		size_t name_len, data_len;
		const unsigned char *name = fxp_get_str(&in, &name_len);

		fxp_get_str(&in, &data_len);
		if (!in.bad)
			note_extension(c, name, name_len);
	}
	free(body);
	return MIN(ret, 0);
}

/* How much one READ or WRITE may carry. */
static int ask_limits(struct sftp_conn *c)
{
	struct sftp_queue q;
	struct sftp_msg *msg = NULL;
	struct buf packet = BUF_INIT;
	uint64_t reads, writes;
	int ret;

	c->chunk = CHUNK_MIN;
	if (!(c->can & CAN_LIMITS))
		return 0;
	sftp_queue_init(&q, c);
	fxp_start(&packet, FXP_EXTENDED);
	fxp_strz(&packet, "limits@openssh.com");
	ret = sftp_send(&q, &packet, NULL, 0, REPLY_SHORT, 0, true);
	if (!ret)
		ret = sftp_next(&q, &msg);
	if (!ret && msg->type == FXP_EXTENDED_REPLY) {
		fxp_get_u64(&msg->in);
		reads = fxp_get_u64(&msg->in);
		writes = fxp_get_u64(&msg->in);
		if (!msg->in.bad && reads >= CHUNK_MAX && writes >= CHUNK_MAX)
			c->chunk = CHUNK_MAX;
	}
	sftp_msg_free(msg);
	buf_release(&packet);
	sftp_queue_release(&q);
	return ret;
}

static int start_reader(struct sftp_conn *c)
{
	c->pool = pool_new(2);
	if (pool_threads(c->pool) < 2)
		return fail(FAIL_SYSTEM, "cannot start a thread for '%s'",
			    quoted(c->url));
	c->reader = (struct job)JOB_INIT(sftp_run_reader);
	job_submit(c->pool, &c->reader);
	return 0;
}

int sftp_conn_open(struct sftp_conn **out, const struct ssh_place *place)
{
	struct sftp_conn *c = xcalloc(1, sizeof(*c));
	int ret;

	c->url = xstrdup(place->url);
	pthread_mutex_init(&c->send, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->idle, NULL);
	ret = ssh_open(&c->ssh, place);
	if (!ret)
		ret = greet(c);
	if (!ret)
		ret = start_reader(c);
	if (!ret)
		ret = ask_limits(c);
	if (ret) {
		/* The reader may be about to ask why, which ends it, too. */
		pthread_mutex_lock(&c->send);
		if (c->ssh)
			ssh_kill(c->ssh);
		pthread_mutex_unlock(&c->send);
		sftp_conn_close(c);
		c = NULL;
	}
	*out = c;
	return ret;
}

/*
 * What was told without waiting still gets there, if it is quick.  The replies
 * are waited for: OpenSSH's server forgets what it has not done yet when its
 * input ends.
 */
static void farewell(struct sftp_conn *c)
{
	struct timespec until;
	int late = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FAREWELL_S;
	pthread_mutex_lock(&c->lock);
	while (!late && c->flying && !c->reader_ended)
		late = pthread_cond_timedwait(&c->idle, &c->lock, &until);
	pthread_mutex_unlock(&c->lock);

	pthread_mutex_lock(&c->send);
	ssh_eof(c->ssh);
	pthread_mutex_unlock(&c->send);

	pthread_mutex_lock(&c->lock);
	while (!late && !c->reader_ended)
		late = pthread_cond_timedwait(&c->idle, &c->lock, &until);
	c->quit = true;
	pthread_mutex_unlock(&c->lock);
}

void sftp_conn_close(struct sftp_conn *c)
{
	char *kept = xstrdup(fail_text());
	int ret;

	if (c->pool && pool_threads(c->pool) > 1) {
		farewell(c);
		ret = job_join(c->pool, &c->reader);
		if (ret)
			fail_clear();
	}
	pool_free(c->pool);
	ssh_close(c->ssh);
	fail_adopt(kept);
	free(kept);
	pthread_cond_destroy(&c->idle);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->send);
	free(c->why);
	free(c->url);
	free(c);
}
