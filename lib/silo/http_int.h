#ifndef HTTP_INT_H
#define HTTP_INT_H

#include "silo/credential.h"
#include "silo/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <sys/socket.h>

#define HTTP_TRIES 5
#define HTTP_HOPS 5
#define HTTP_HEAD_MAX ((size_t)1 << 18)	/* of all answers to one request */

/* What git's http.* settings say for one URL, as text; NULL: nothing. */
enum setting {
	SET_PROXY,
	SET_VERIFY,
	SET_CA_INFO,
	SET_CA_PATH,
	SET_CERT,
	SET_KEY,
	SET_CERT_PASSWORD,
	SET_SSL_VERSION,
	SET_CIPHERS,
	SET_PINNED,
	SET_EXTRA_HEADER,
	SET_USER_AGENT,
	SET_LOW_LIMIT,
	SET_LOW_TIME,
	SET_VERSION,
	SET_COOKIES,
	SET_FOLLOW,
	SET_COUNT
};

struct settings {
	char *v[SET_COUNT];
	struct strs headers;	/* every http.extraHeader */
	bool verify;
	bool follow;
	long low_limit;		/* bytes a second ... */
	long low_time;		/* ... for so many seconds: given up */
	long connect_time;	/* seconds; also for the first answer */
	long version;		/* CURL_HTTP_VERSION_... */
	long ssl_version;
};

int settings_load(struct settings *set, const char *url) MUST_CHECK;
int settings_headers(struct settings *set, const char *url) MUST_CHECK;
void settings_release(struct settings *set);
/* The proxy on the way to a host, "" for none; yours. */
char *settings_proxy(const struct settings *set, const char *scheme,
		     const char *host);

/* How near is an address?  Only public servers have one that is not. */
enum near {
	NEAR_NOT,	/* anywhere */
	NEAR_SITE,	/* 10.0.0.0/8 and the like: this network's */
	NEAR_HERE,	/* loopback */
	NEAR_ELSE,	/* link-local, reserved, multicast, none */
};

enum near address_near(const struct sockaddr *addr);
/* The same of a literal, as in a URL or from libcurl, and of "localhost". */
enum near address_near_text(const char *text);

/* An easy handle with its connections; one thread uses it at a time. */
struct conn {
	CURL *easy;
	struct conn *next;
	char error[CURL_ERROR_SIZE];
};

/* Where requests go: credentials and headers for one origin only. */
enum { HOME, FOREIGN, PLACES };

struct http {
	struct http_opts opts;
	char *url;
	char *origin;
	char *host;
	pthread_mutex_t lock;		/* of all below but credentials */
	bool ready;
	struct settings set;
	struct conn *idle[PLACES];
	bool reached;			/* it has answered before */
	unsigned stalls;		/* requests given up as too slow */
	char *down;			/* why nothing is asked any more */
	CURLSH *share;
	pthread_mutex_t share_lock[CURL_LOCK_DATA_LAST];

	pthread_mutex_t auth_lock;	/* one question at a time */
	struct credential cred;
	unsigned gen;			/* counts passwords; 0: none yet */
	bool approved;
	char *refused;			/* why nobody is asked any more */
	unsigned long methods;		/* CURLAUTH_... that the server knows */
	struct credential cert;		/* of the client's key */
};

/* What an answer's head says. */
struct head {
	size_t len;		/* over all answers of one try */
	bool done;		/* the empty line at its end was there */
	char *location;
	char *etag;		/* strong only */
	char *modified;
	char *type;
	char *server;
	int64_t date;
	int64_t retry_after;	/* seconds; -1: not said */
	bool ranged;		/* a Content-Range that can be read: */
	uint64_t first;
	uint64_t last;		/* UINT64_MAX: of a 416 */
	uint64_t total;		/* UINT64_MAX: "*" */
};

void head_reset(struct head *head);
/* One line; FAIL_NET when they are too many. */
int head_take(struct head *head, const char *line, size_t len) MUST_CHECK;

/* One request, over all its tries and hops. */
struct sending {
	struct http *http;
	const struct http_request *req;
	struct http_answer *answer;
	char *url;		/* where this hop goes */
	unsigned hops;
	bool foreign;		/* no longer where `http` is for */
	bool any_address;
	enum near near;		/* besides what is public */

	/* The body so far, over all tries. */
	uint64_t pos;		/* the next byte that the sink wants */
	uint64_t total;		/* of the file; UINT64_MAX: not known */
	char *etag;		/* of what the sink has got */
	char *modified;
	struct block *block;
	bool fed;		/* from a serial source: no second time */

	/* This try. */
	CURL *easy;
	struct curl_slist *list;
	bool stranger;		/* no answer has come from there so far */
	int64_t asked;		/* when it was connected, in ms; 0: not yet */
	struct head head;
	long status;
	unsigned gen;		/* of the password that was sent */
	uint64_t at;		/* where in the file the next byte in is */
	uint64_t stop;		/* where those that we want end */
	bool begun;		/* the body was looked at ... */
	bool wanted;		/* ... and is for the sink */
	bool enough;		/* we have all, and hung up */
	bool proxied;
	bool denied;		/* an address was refused: */
	char address[INET6_ADDRSTRLEN];
	uint64_t sent;		/* of req->body */
	size_t junk;		/* bytes that nobody wants */
	int ret;		/* a failure inside a callback */
	bool silent;		/* ... it took too long to say a word */
	bool odd;		/* it was the answer's: next time may be better */
};

int http_ready(struct http *http) MUST_CHECK;	/* settings are read */
struct conn *conn_take(struct http *http, int place);	/* NULL: see fail.h */
void conn_give(struct http *http, int place, struct conn *conn);

/* Set up, perform; s->status or s->ret, and what libcurl says of it. */
CURLcode sending_try(struct sending *s, struct conn *conn);
/* The two halves around it; the second one also after a failure. */
CURLcode sending_begin(struct sending *s, struct conn *conn);
void sending_end(struct sending *s, CURLcode code);
/* Nothing that libcurl does in between may end us by SIGPIPE. */
CURLcode sending_guarded(CURLcode (*fn)(void *), void *data);

/* Callbacks for the body, in both directions. */
size_t body_take(char *data, size_t size, size_t n, void *ctx);
size_t body_give(char *data, size_t size, size_t n, void *ctx);
int body_seek(void *ctx, curl_off_t offset, int origin);
/* After a try: what is left goes to the sink. */
int body_end(struct sending *s, bool good) MUST_CHECK;
/* Is all there that the sink wanted? */
bool body_whole(const struct sending *s);

/* "scheme://host:port" of any URL, or NULL; the other two if asked; yours. */
char *http_origin(const char *url, char **scheme, char **host);

bool http_reads(const char *method);	/* it changes nothing there */

/* Options for user and password; auth_lock is taken inside. */
void auth_apply(struct sending *s);
/* After a 401: 0 try again, else the failure. */
int auth_ask(struct sending *s) MUST_CHECK;
/* After anything else. */
void auth_worked(struct sending *s);

#endif
