#ifndef SSH_LIB_H
#define SSH_LIB_H

#include "silo/ssh_int.h"

#include <libssh2.h>

/*
 * A session of libssh2 that does not block; only one thread at a time may
 * touch it: first who opens it, then its own.
 */
struct ssh_session {
	const struct ssh_place *place;
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel;
	int sock;
	int patience_ms;	/* less before the server's first words */
};

/* Wait until the socket moves as the session wants; FAIL_NET after a while. */
int ssh_session_wait(struct ssh_session *s) MUST_CHECK;
/* A sentence with what libssh2 says of its last failure. */
int ssh_session_fail(struct ssh_session *s, const char *what);

/* Repeat `call` until it is done: its result into `rc`, FAIL_NET in `ret`. */
#define SSH_DRIVE(s, ret, rc, call) do { \
	(ret) = 0; \
	while (((rc) = (call)) == LIBSSH2_ERROR_EAGAIN && !(ret)) \
		(ret) = ssh_session_wait(s); \
} while (0)

/* Before the handshake: prefer the kinds of host key that we know. */
int ssh_known_prefer(struct ssh_session *s) MUST_CHECK;
/* After it: FAIL_DENIED where the key is not the known one. */
int ssh_known_check(struct ssh_session *s) MUST_CHECK;
/* The agent's keys, then ~/.ssh/id_*. */
int ssh_login(struct ssh_session *s) MUST_CHECK;

#endif
