#ifndef S3_INT_H
#define S3_INT_H

#include "codec/sigv4.h"
#include "silo/backend.h"
#include "silo/http.h"

#include <stdatomic.h>

/* For s3*.c alone. */

/* What environment and files of AWS say (gitmedo-config(5), section S3). */
struct s3_conf {
	char *endpoint;		/* "https://host[:port][/path]", or NULL */
	char *region;
	char *id;		/* NULL: we are nobody */
	char *secret;
	char *token;
	char *style;		/* "path", "virtual", or NULL */
};

int s3_conf_load(struct s3_conf *conf) MUST_CHECK;
void s3_conf_release(struct s3_conf *conf);

struct s3 {
	struct backend b;
	struct s3_conf conf;
	struct http *http;
	char *bucket;
	char *base;		/* "https://host[:port]/[bucket/]" of keys */
	char *root;		/* "" or "prefix/", a key as it is */
	atomic_llong skew;	/* the server's clock less ours, in seconds */
	atomic_bool no_if;	/* it refuses If-None-Match on PUT */
};

/* s3_where.c: bucket, base, root, conf out of s3://BUCKET/PREFIX. */
int s3_where(struct s3 *s3, const char *text) MUST_CHECK;

/* One request, as S3 sees it. */
struct s3_call {
	const char *method;
	const char *name;	/* in the silo; NULL: of the bucket */
	const char *query;	/* encoded, without '?'; or NULL */
	bool if_none;		/* If-None-Match: * */
	bool last;		/* also where the user said stop */
	const struct source *body;
	uint64_t from;
	uint64_t to;
	const struct sink *sink;
	size_t text_max;	/* 0: an error's length */
};

#define S3_CALL_INIT { .method = "GET", .to = UINT64_MAX }

/*
 * Sent, signed, with the clock put right once.  0: see the status; a failure
 * where there is no answer.
 */
int s3_send(struct s3 *s3, const struct s3_call *call,
	    struct http_answer *answer) MUST_CHECK;

/* One line for an answer that was not hoped for. */
int s3_fail(struct s3 *s3, const struct s3_call *call,
	    const struct http_answer *answer);

/* <Code> of an error, "" where the body is none. */
#define S3_CODE_MAX 64
void s3_code(const struct http_answer *answer, char code[S3_CODE_MAX]);
/* The text of the first element `name` of a body: 1, 0 none, or a failure. */
int s3_element(const struct buf *text, const char *name, struct buf *out)
	MUST_CHECK;

/* s3_list.c */
int s3_list(struct backend *b, const char *prefix,
	    int (*each)(void *data, const char *name, uint64_t size),
	    void *data) MUST_CHECK;

/* s3_put.c: in parts; what is there already is fine. */
int s3_put_parts(struct s3 *s3, const char *name, const struct source *src)
	MUST_CHECK;

#endif
