#ifndef URL_H
#define URL_H

#include "base/buf.h"

/*
 * URLs of silos, strictly (RFC 3986, as far as silos have them): scheme in
 * lower case, host, port, path; http, https, s3, ssh, sftp.  Refused: control
 * bytes and spaces, encoded or not, in any part but the path of ssh; a password;
 * empty host, a host or user that begins with '-' or has what a shell or
 * ssh would read (design 4); port 0 or over 65535; query, fragment; "..";
 * backslashes.
 */
struct url {
	char *scheme;
	char *user;		/* decoded, or NULL */
	char *host;		/* decoded, lower case; IPv6 without brackets */
	char *port;		/* digits, or NULL */
	char *path;		/* as it stands, "/..." or "" ; no slash at its end */
};

#define URL_INIT { .scheme = NULL }

/* FAIL_REQUEST: the sentence names what is wrong, never a password. */
int url_parse(struct url *out, const char *text) MUST_CHECK;
void url_release(struct url *url);

/* "scheme://host:port", what credentials and redirects are keyed by; yours. */
char *url_origin(const struct url *url);
/* Percent-decoded; FAIL_REQUEST for %00 and what is no encoding. */
int url_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;
/* Unreserved characters, and '/' if asked, stay; all else becomes %XX. */
void url_encode(const char *text, bool slashes, struct buf *out);

#endif
