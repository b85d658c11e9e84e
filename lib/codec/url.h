#ifndef URL_H
#define URL_H

#include "base/buf.h"

/*
 * URLs of silos, strictly (RFC 3986, as far as silos have them): http, https,
 * s3, ssh, sftp; user, host, port, path.  Refused: a password; a user or host
 * that begins with '-' or has what a shell, ssh or a credential helper would
 * read (design 4); a host in brackets that is no IPv6 address, or that some
 * read as an IPv4 address and some do not (127.1); port 0 or over 65535;
 * query, fragment; "." and ".." as parts of the path; an encoded slash; raw
 * control bytes and backslashes anywhere, encoded ones but in the path of ssh
 * and sftp; %00; what is not UTF-8.  In a path of those two a space may stand
 * as it is, elsewhere only as %20.
 */
struct url {
	char *scheme;		/* lower case */
	char *user;		/* decoded, or NULL */
	char *host;		/* lower case; IPv6 without brackets */
	char *port;		/* digits, or NULL */
	char *path;		/* as it stands, "/..." or "" ; no slash at its end */
};

#define URL_INIT { .scheme = NULL }

/* FAIL_REQUEST: the sentence names what is wrong, never a password. */
int url_parse(struct url *out, const char *text) MUST_CHECK;
void url_release(struct url *url);

/*
 * "scheme://host:port", what credentials and redirects are keyed by, with the
 * scheme's own port where none was given; yours.
 */
char *url_origin(const struct url *url);
/* Percent-decoded; FAIL_REQUEST for %00 and what is no encoding. */
int url_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;
/* Unreserved characters, and '/' if asked, stay; all else becomes %XX. */
void url_encode(const char *text, bool slashes, struct buf *out);

/* A password, or what may be one, before the host?  Of any text. */
bool url_has_password(const char *text);

#endif
