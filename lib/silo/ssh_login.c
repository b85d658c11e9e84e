#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/ssh_lib.h"

#include <pwd.h>

static const char *const key_files[] = {
	"id_ed25519", "id_ecdsa", "id_rsa",
};

/* 1 let in, 0 not with these, or a failure of the connection. */
static int by_agent(struct ssh_session *s, const char *user)
{
	LIBSSH2_AGENT *agent = libssh2_agent_init(s->session);
	struct libssh2_agent_publickey *key = NULL;
	int ret = 0, rc;

	if (!agent)
		return 0;
	if (libssh2_agent_connect(agent) || libssh2_agent_list_identities(agent))
		goto out;
	while (!ret && !libssh2_agent_get_identity(agent, &key, key)) {
		SSH_DRIVE(s, ret, rc,
			  libssh2_agent_userauth(agent, user, key));
		if (!ret && !rc)
			ret = 1;
	}
out:
	libssh2_agent_disconnect(agent);
	libssh2_agent_free(agent);
	return ret;
}

static int by_file(struct ssh_session *s, const char *user, const char *path)
{
	int ret, rc;

	if (access(path, R_OK))
		return 0;
	/* No passphrase: one that has one is the agent's business. */
	SSH_DRIVE(s, ret, rc, libssh2_userauth_publickey_fromfile(s->session,
							       user, NULL,
							       path, ""));
	return ret ? ret : !rc;
}

/*
 * Offers stop when the server has had enough of them; it then cuts the
 * connection, and the next offer fails.
 */
static int by_keys(struct ssh_session *s, const char *user)
{
	const char *home = getenv("HOME");
	int ret = by_agent(s, user);

	for (size_t i = 0; !ret && home && i < ARRAY_SIZE(key_files); i++) {
		char *path = xstrfmt("%s/.ssh/%s", home, key_files[i]);

		ret = by_file(s, user, path);
		free(path);
	}
	return ret;
}

static char *own_name(void)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (!getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) &&
	    found)
		return xstrdup(found->pw_name);
	return xstrdup("nobody");
}

int ssh_login(struct ssh_session *s)
{
	char *user = s->place->user ? xstrdup(s->place->user) : own_name();
	const char *offered;
	int ret = 0;

	/* Asking for the methods is a try without any: it may be enough. */
	do
		offered = libssh2_userauth_list(s->session, user,
						(unsigned)strlen(user));
	while (!offered && libssh2_session_last_errno(s->session) ==
	       LIBSSH2_ERROR_EAGAIN && !(ret = ssh_session_wait(s)));
	if (!ret && offered)
		ret = by_keys(s, user);
	else if (!ret)
		ret = libssh2_userauth_authenticated(s->session) ? 1 :
		      ssh_session_fail(s, "cannot log in");
	if (!ret)
		ret = fail(FAIL_DENIED, "'%s' lets nobody in as '%s' with a key "
			   "of the agent, or with ~/.ssh/id_ed25519, id_ecdsa "
			   "or id_rsa without a passphrase",
			   quoted(s->place->url), quoted(user));
	free(user);
	return MIN(ret, 0);
}
