#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/gitdir.h"
#include "silo/ssh_int.h"

#define CONNECT_TIME 10

static char *not_empty(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

static bool on_path(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path && !found) {
		size_t len = strcspn(path, ":");
		char *full = xstrfmt("%.*s/%s", (int)len, path, program);

		found = !access(full, X_OK);
		free(full);
		path = path[len] ? path + len + 1 : NULL;
	}
	return found;
}

/* The order is git's: GIT_SSH_COMMAND, core.sshCommand, GIT_SSH, ssh. */
static int read_settings(struct ssh_settings *s)
{
	struct gitdir git = GITDIR_INIT;
	const char *how = NULL;
	int ret = gitdir_open(&git, true);

	if (ret)
		goto out;
	s->command = not_empty(getenv("GIT_SSH_COMMAND"));
	if (!s->command)
		s->command = not_empty(gitdir_get(&git, "core.sshcommand"));
	s->variant = not_empty(getenv("GIT_SSH_VARIANT"));
	if (!s->variant)
		s->variant = not_empty(gitdir_get(&git, "ssh.variant"));
	s->program = not_empty(getenv("GIT_SSH"));
	how = gitdir_get(&git, "medo.ssh");
	if (how && !strcmp(how, "builtin"))
		s->builtin = true;
	else if (how && strcmp(how, "program"))
		ret = fail(FAIL_REQUEST, "medo.ssh is '%s'; it can be builtin "
			   "or program", quoted(how));
	else if (!how && !s->command && !s->program)
		s->builtin = !on_path("ssh");
	if (!s->program)
		s->program = xstrdup("ssh");
	if (!ret)
		ret = gitdir_get_u64(&git, "medo.connecttimeout", CONNECT_TIME,
				     &s->connect_time);
	if (!ret && (!s->connect_time || s->connect_time > 86400))
		ret = fail(FAIL_REQUEST, "git config medo.connectTimeout: 1 to "
			   "86400 seconds, not %" PRIu64, s->connect_time);
out:
	gitdir_release(&git);
	return ret;
}

int ssh_open(struct ssh **out, const struct ssh_place *place)
{
	struct ssh_settings s = { .command = NULL };
	int ret = read_settings(&s);

	*out = NULL;
	if (!ret && s.builtin)
		ret = ssh_open_builtin(out, &s, place);
	else if (!ret)
		ret = ssh_open_program(out, &s, place);
	free(s.command);
	free(s.program);
	free(s.variant);
	return ret;
}

int ssh_from(const struct ssh *ssh)
{
	return ssh->from;
}

int ssh_to(const struct ssh *ssh)
{
	return ssh->to;
}

void ssh_eof(struct ssh *ssh)
{
	ssh->ops->eof(ssh);
}

void ssh_kill(struct ssh *ssh)
{
	ssh->ops->kill(ssh);
}

const char *ssh_why(struct ssh *ssh)
{
	if (!ssh->why.len)
		ssh->ops->why(ssh, &ssh->why);
	return ssh->why.ptr;
}

void ssh_close(struct ssh *ssh)
{
	if (!ssh)
		return;
	buf_release(&ssh->why);
	ssh->ops->close(ssh);
}
