#ifndef HTTP_H
#define HTTP_H

#include "base/block.h"
#include "base/buf.h"

/*
 * Requests over http(s), by libcurl, in the manner of git: http.* settings
 * (per URL) from `git config`, passwords from netrc and `git credential`, never
 * carried to another origin (scheme, host, port); redirects followed here, by
 * hand.  Connections are kept and used again.  The only module that touches
 * libcurl.  Any thread may send, several at once; each has its connection.
 */
struct http;

struct http_opts {
	/* May the socket be connected to a private or loopback address? */
	bool any_address;
	bool credentials;	/* git's and netrc's; S3 signs instead */
};

/* `url`: of the place; settings and passwords are for it and all below. */
int http_open(struct http **out, const char *url,
	      const struct http_opts *opts) MUST_CHECK;
void http_close(struct http *http);	/* NULL is fine */

struct http_request {
	const char *method;	/* GET HEAD PUT POST DELETE MKCOL MOVE PROPFIND */
	const char *url;	/* whole, percent-encoded */
	const char *const *headers;	/* "Name: value", NULL at its end; or NULL */
	/* Asked of the answer; from 0 to UINT64_MAX: no Range header. */
	uint64_t from;
	uint64_t to;
	const char *if_range;	/* strong ETag, with `from`; or NULL */
	const struct source *body;	/* sent with its length; or NULL */
	/* Gets the body of 200 and 206 (bytes `from` on, nothing before). */
	const struct sink *sink;
	/*
	 * Called before each try, for headers that depend on the time, or NULL:
	 * appends to `headers`.
	 */
	int (*sign)(void *data, const struct http_request *req,
		    struct strs *headers);
	void *sign_data;
	/* Retrying it changes nothing: also after a connection that was lost. */
	bool idempotent;
	/* Any answer counts, also one that says to come back later. */
	bool once;
	bool any_page;	/* HTML is what the user wants, not a sign of trouble */
	/* Cleans up: it goes out where the user said stop, too; for 10 s. */
	bool last;
	/*
	 * A body that no sink gets is wanted in answer->text (lists, errors),
	 * so much of it; the rest is cut off.
	 */
	size_t text_max;
};

#define HTTP_REQUEST_INIT { .method = "GET", .to = UINT64_MAX, \
			    .idempotent = true }

struct http_answer {
	int status;
	uint64_t total;		/* of the whole file; UINT64_MAX: unknown */
	int64_t date;		/* the server's clock; 0: none */
	char *etag;		/* strong ones only, with the quotes; or NULL */
	char *type;		/* Content-Type, or NULL */
	char *server;		/* what it says that it is, or NULL */
	struct buf text;
};

#define HTTP_ANSWER_INIT { .total = UINT64_MAX, .text = BUF_INIT }

/*
 * 0: there is an answer, of any status.  Done before it counts as one: five
 * tries with growing waits after 429, 500, 502, 503, 504 and lost connections
 * (0.1, 0.4, 1.6, 6.4 s, half by chance; Retry-After up to 60 s, for more it is
 * given up at once), going on at the byte where a body was cut, five
 * redirects, one round of credentials after 401.
 * FAIL_NET: no answer, or one that makes no sense (HTML for a blob, a 206 of
 * other bytes).  FAIL_DENIED: an address or a redirect that is not allowed.
 * FAIL_CORRUPT: what was cut is another file now, by its strong ETag, else by
 * length and date: from the beginning it may be right.
 */
int http_send(struct http *http, const struct http_request *req,
	      struct http_answer *answer) MUST_CHECK;
void http_answer_release(struct http_answer *answer);

/*
 * Which of these places do not answer at all?  All are asked at the same time,
 * each for half of medo.connectTimeout.  `why[i]` becomes a sentence (yours) for
 * those; NULL stays for who said anything.  An https[i] of NULL is passed over.
 * One thread.
 */
int http_knock(struct http *const *https, size_t n, char **why) MUST_CHECK;

/* One line for a status that was not hoped for: FAIL_MISSING, _DENIED, _NET. */
int http_fail(const struct http_request *req, const struct http_answer *answer);

#endif
