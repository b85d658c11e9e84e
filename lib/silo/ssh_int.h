#ifndef SSH_INT_H
#define SSH_INT_H

#include "base/buf.h"
#include "silo/ssh.h"

/* How a stream is made: by a program, or by libssh2. */
struct ssh_ops {
	void (*eof)(struct ssh *ssh);
	void (*kill)(struct ssh *ssh);
	void (*why)(struct ssh *ssh, struct buf *out);
	void (*close)(struct ssh *ssh);
};

struct ssh {
	const struct ssh_ops *ops;
	int from;
	int to;			/* -1 after ssh_eof() */
	struct buf why;
};

/* What the user's settings say. */
struct ssh_settings {
	char *command;		/* for sh -c; or NULL */
	char *program;		/* without a shell */
	char *variant;		/* or NULL */
	bool builtin;
	uint64_t connect_time;	/* seconds */
};

/* The argv that starts it, as git would for the same settings. */
int ssh_argv(struct strs *argv, const struct ssh_settings *settings,
	     const struct ssh_place *place) MUST_CHECK;

int ssh_open_program(struct ssh **out, const struct ssh_settings *settings,
		     const struct ssh_place *place) MUST_CHECK;
int ssh_open_builtin(struct ssh **out, const struct ssh_settings *settings,
		     const struct ssh_place *place) MUST_CHECK;

#endif
