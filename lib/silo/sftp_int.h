#ifndef SFTP_INT_H
#define SFTP_INT_H

#include "base/pool.h"
#include "codec/fxp.h"
#include "codec/url.h"
#include "silo/backend.h"
#include "silo/ssh.h"

#include <pthread.h>

/*
 * One connection serves all threads.  Who has something to ask writes it
 * himself, one at a time; a thread of the connection reads the replies and
 * hands each to the queue of who asked, in whatever order the server answers.
 * Nothing waits for a reply that need not, so that a verb costs as few round
 * trips as it can, and a long one keeps the link full.
 */
struct sftp_queue;

/* A request on its way, and then the reply to it. */
struct sftp_msg {
	struct sftp_msg *next;
	struct sftp_queue *queue;	/* NULL: nobody waits for it */
	uint32_t id;
	uint64_t tag;			/* the asker's own */
	size_t max;			/* no reply to it is longer */
	uint8_t type;			/* of the reply; 0: it never came */
	struct fxp in;			/* the reply behind its id */
	unsigned char *body;
};

/* Of one verb of one thread. */
struct sftp_queue {
	struct sftp_conn *conn;
	pthread_cond_t cond;
	struct sftp_msg *done;
	struct sftp_msg **tail;
	unsigned flying;		/* asked and not taken yet */
};

enum sftp_can {
	CAN_LINK = (1 << 0),		/* hardlink@openssh.com */
	CAN_REPLACE = (1 << 1),		/* posix-rename@openssh.com */
	CAN_SYNC = (1 << 2),		/* fsync@openssh.com */
	CAN_LIMITS = (1 << 3),		/* limits@openssh.com */
	CAN_EXPAND = (1 << 4),		/* expand-path@openssh.com */
};

enum { SFTP_TABLE = 256 };

struct sftp_conn {
	struct ssh *ssh;
	char *url;
	unsigned can;
	size_t chunk;			/* bytes in one READ or WRITE */
	int refs;			/* under the backend's lock */
	bool told;			/* the user, that it is lost; so, too */
	pthread_mutex_t send;		/* who may write to the stream */
	pthread_mutex_t lock;		/* of all below, and of the queues */
	pthread_cond_t idle;		/* nothing flies, or the reader ended */
	struct sftp_msg *table[SFTP_TABLE];
	unsigned flying;
	uint32_t last_id;
	int dead;			/* a failure code, and why */
	char *why;
	bool lies;
	bool quit;
	bool reader_ended;
	int64_t heard;			/* when it last moved */
	struct pool *pool;
	struct job reader;
	unsigned char stage[65536];	/* read, not taken apart yet */
	size_t staged;
	size_t taken;
};

int sftp_conn_open(struct sftp_conn **out, const struct ssh_place *place)
	MUST_CHECK;
void sftp_conn_close(struct sftp_conn *conn);
bool sftp_conn_dead(struct sftp_conn *conn);
/* Dead, and not because the server talked nonsense: another may be better. */
bool sftp_conn_lost(struct sftp_conn *conn);

/* The reader's half, and what the greeting needs of it. */
int sftp_run_reader(struct job *job);
/*
 * 1 all of it, 0 the stream has ended.  With `patient` (a person may be typing
 * a passphrase) only a stop ends the wait.
 */
int sftp_take(struct sftp_conn *conn, void *to, size_t len, bool patient)
	MUST_CHECK;
int sftp_say_ended(struct sftp_conn *conn, const char *what);

void sftp_queue_init(struct sftp_queue *queue, struct sftp_conn *conn);
/* What is still on its way is answered into nothing. */
void sftp_queue_release(struct sftp_queue *queue);

/*
 * Send `packet`, with `len` bytes behind it (the data of a WRITE).  With
 * `wait` the reply comes to `queue` under `tag`; without, nobody hears of it.
 */
int sftp_send(struct sftp_queue *queue, struct buf *packet, const void *data,
	      size_t len, size_t max, uint64_t tag, bool wait) MUST_CHECK;
/* The next reply, yours; or the failure of the connection. */
int sftp_next(struct sftp_queue *queue, struct sftp_msg **out) MUST_CHECK;
/* As sftp_next(), but NULL where none is there yet. */
int sftp_poll(struct sftp_queue *queue, struct sftp_msg **out) MUST_CHECK;
void sftp_msg_free(struct sftp_msg *msg);	/* NULL is fine */

/* A status of the reply, FX_OK to 31; FAIL_NET for what is none. */
int sftp_status(struct sftp_msg *msg) MUST_CHECK;
/* Attributes; the server's status (over 0) where it has none; FAIL_NET. */
int sftp_attrs(struct sftp_msg *msg, struct fxp_attrs *out) MUST_CHECK;
int sftp_handle(struct sftp_msg *msg, struct buf *out) MUST_CHECK;
/* The sentence for a status that was not hoped for. */
int sftp_fail(struct sftp_conn *conn, int status, const char *verb,
	      const char *name);

/* Replies without content are short. */
enum { REPLY_SHORT = 34000 };

/* The backend. */
enum { SFTP_FLIGHT = 64 };	/* requests of one verb on their way */

struct sftp {
	struct backend b;
	struct url place;
	char *wanted;			/* the root as the URL has it */
	bool at_top;			/* "ssh://host/" */
	char *root;			/* as the server wants it */
	pthread_mutex_t lock;
	struct sftp_conn *conn;
	unsigned opens;			/* since a verb last succeeded */
	char *never;			/* why the first one did not work */
	int never_code;
	bool connecting;
	pthread_cond_t connected;
	bool root_there;
	bool no_links;			/* the file system has none */
	bool swept;
	struct strs plain;		/* directories that are no symlinks */
};

/* A verb's hold on the connection, opened or opened again if need be. */
struct sftp_verb {
	struct sftp *s;
	struct sftp_queue queue;
	struct buf packet;
	unsigned tries;
};

int sftp_begin(struct sftp_verb *v, struct sftp *s, bool create) MUST_CHECK;
/* Ends it; true: the connection was lost, and it is worth another try. */
bool sftp_end(struct sftp_verb *v, int ret);

/* Requests by name below the root; `name` "" is the root itself. */
int sftp_ask(struct sftp_verb *v, enum fxp_type type, const char *name,
	     uint64_t tag) MUST_CHECK;
int sftp_ask_open(struct sftp_verb *v, const char *name, unsigned flags,
		  uint64_t tag) MUST_CHECK;
int sftp_ask_two(struct sftp_verb *v, const char *extension, const char *from,
		 const char *to, uint64_t tag) MUST_CHECK;
int sftp_ask_handle(struct sftp_verb *v, enum fxp_type type,
		    const struct buf *handle, uint64_t tag) MUST_CHECK;
int sftp_ask_sync(struct sftp_verb *v, const struct buf *handle, uint64_t tag)
	MUST_CHECK;
/* The same, and nobody waits: cleaning up. */
void sftp_tell(struct sftp_verb *v, enum fxp_type type, const char *name);
void sftp_tell_close(struct sftp_verb *v, const struct buf *handle);

/* One reply and its status: for verbs that ask one thing. */
int sftp_wait_status(struct sftp_verb *v) MUST_CHECK;
int sftp_wait_attrs(struct sftp_verb *v, struct fxp_attrs *out) MUST_CHECK;

/* Once for a backend: remove temps that are days old. */
void sftp_sweep(struct sftp_verb *v);

/*
 * The directory of `name`: no symlink on the way, made if `make`.  Asks
 * without waiting (replies have tags from SFTP_DIR_TAG on), then judges.
 */
#define SFTP_DIR_TAG (UINT64_C(1) << 62)
#define SFTP_DIR_MADE (UINT64_C(1) << 32)
int sftp_dirs_ask(struct sftp_verb *v, const char *name, bool make) MUST_CHECK;
int sftp_dirs_judge(struct sftp_verb *v, struct sftp_msg *msg,
		    const char *name) MUST_CHECK;

int sftp_read(struct backend *b, const char *name, uint64_t from, uint64_t to,
	      unsigned how, const struct sink *sink, uint64_t *total);
int sftp_put(struct backend *b, const char *name, const struct source *src);
int sftp_claim(struct backend *b, const char *name, const void *data,
	       size_t len);
int sftp_replace(struct backend *b, const char *name, const void *data,
		 size_t len);
int sftp_list(struct backend *b, const char *prefix,
	      int (*each)(void *data, const char *name, uint64_t size),
	      void *data);
int sftp_remove(struct backend *b, const char *name);

static inline struct sftp *sftp_of(struct backend *b)
{
	return (struct sftp *)(void *)b;
}

#endif
