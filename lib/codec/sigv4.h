#ifndef SIGV4_H
#define SIGV4_H

#include "base/block.h"
#include "base/buf.h"

/*
 * AWS Signature Version 4 for S3 ("Authenticating Requests", Amazon S3 API
 * Reference): the path is encoded once and not normalised, the query is
 * sorted, x-amz-content-sha256 is always there and signed.
 */
struct sigv4_key {
	const char *id;
	const char *secret;
	const char *token;	/* of a session, or NULL */
	const char *region;
};

#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"	/* where TLS guards the body */
#define SIGV4_EMPTY \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_HEX_MAX 65

struct sigv4 {
	const char *method;
	const char *url;	/* as sent: scheme://host[:port]/path?query */
	/* "Name: value", NULL at its end, or NULL; each of them is signed. */
	const char *const *headers;
	const char *payload;	/* the body's SHA-256, or SIGV4_UNSIGNED */
	int64_t time;		/* seconds since 1970 */
};

/*
 * Appends x-amz-content-sha256, x-amz-date, x-amz-security-token if there is
 * one, and Authorization.  Port 80 of http and 443 of https are no part of the
 * host that is signed, as they are none of the Host that is sent.
 */
void sigv4_sign(const struct sigv4 *req, const struct sigv4_key *key,
		struct strs *headers);

/* SHA-256 of `len` bytes of a source from `off` on, in hex. */
int sigv4_payload(const struct source *src, uint64_t off, uint64_t len,
		  char out[SIGV4_HEX_MAX]) MUST_CHECK;

/* What is hashed, for tests and for a server that disagrees; yours. */
char *sigv4_canonical(const struct sigv4 *req, const struct strs *headers);

#endif
