#ifndef SSH_H
#define SSH_H

#include "base/base.h"

/*
 * A byte stream to a subsystem of another machine's ssh server: by the user's
 * own ssh program, found and called as git does (GIT_SSH_COMMAND,
 * core.sshCommand, GIT_SSH; GIT_SSH_VARIANT, ssh.variant), so that keys, hosts
 * and known_hosts are the same; or inside this process by libssh2, with
 * medo.ssh = builtin and where there is no such program.  The only module that
 * touches libssh2.  No agent and no port is ever forwarded.
 * Writing to a stream whose other end is gone is EPIPE: SIGPIPE is ignored.
 */
struct ssh;

/* Parts of a URL that url_parse() let through; borrowed until ssh_close(). */
struct ssh_place {
	const char *url;	/* for messages */
	const char *user;	/* or NULL */
	const char *host;
	const char *port;	/* or NULL */
	const char *subsystem;
};

/*
 * FAIL_NET where nobody is reached; FAIL_DENIED where the host's key is not
 * the one we know (libssh2) or nobody lets us in; the program says such things
 * itself, to stderr, and the stream just ends.
 */
int ssh_open(struct ssh **out, const struct ssh_place *place) MUST_CHECK;

/* Where to read, where to write; EAGAIN where it would block. */
int ssh_from(const struct ssh *ssh);
int ssh_to(const struct ssh *ssh);

/* Nothing more will be written. */
void ssh_eof(struct ssh *ssh);
/* End it now: who reads gets the end of the stream. */
void ssh_kill(struct ssh *ssh);
/* Why a stream that ended did so, as the end of a sentence; borrowed. */
const char *ssh_why(struct ssh *ssh);
void ssh_close(struct ssh *ssh);	/* NULL is fine */

#endif
