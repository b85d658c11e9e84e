#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "silo/ssh_lib.h"

/*
 * Which key the host must have, out of OpenSSH's files.  Nobody is asked and
 * nothing is learnt: an unknown host is refused, and who connects once with
 * ssh knows it.  Lines are read one by one, for libssh2 gives a whole file
 * up at the first that it does not understand.
 */
enum { KNOWN_FILE_MAX = 16 << 20 };

static const struct {
	int host;		/* of libssh2_session_hostkey() */
	int known;		/* of a line in known_hosts */
	const char *methods;
} kinds[] = {
	{ LIBSSH2_HOSTKEY_TYPE_ED25519, LIBSSH2_KNOWNHOST_KEY_ED25519,
	  "ssh-ed25519" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_256, LIBSSH2_KNOWNHOST_KEY_ECDSA_256,
	  "ecdsa-sha2-nistp256" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_384, LIBSSH2_KNOWNHOST_KEY_ECDSA_384,
	  "ecdsa-sha2-nistp384" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_521, LIBSSH2_KNOWNHOST_KEY_ECDSA_521,
	  "ecdsa-sha2-nistp521" },
	{ LIBSSH2_HOSTKEY_TYPE_RSA, LIBSSH2_KNOWNHOST_KEY_SSHRSA,
	  "ssh-rsa" },
};

struct known {
	LIBSSH2_KNOWNHOSTS *hosts;
	struct strs revoked;	/* keys in base64 */
};

static void take_line(struct known *k, char *line)
{
	char *field, *rest = line;

	if (*line != '@') {
		/* What it does not understand it does not know. */
		libssh2_knownhost_readline(k->hosts, line, strlen(line),
					   LIBSSH2_KNOWNHOST_FILE_OPENSSH);
		return;
	}
	/* @revoked HOSTS TYPE KEY: for whatever host. */
	if (!starts_with(line, "@revoked"))
		return;
	for (int i = 0; i < 4 && (field = strtok_r(rest, " \t\r", &rest)); i++)
		if (i == 3)
			strs_add(&k->revoked, field);
}

static int take_file(struct known *k, const char *path)
{
	struct buf text = BUF_INIT;
	int ret = file_read(path, KNOWN_FILE_MAX, &text);

	/* libssh2 looks at what stands behind its line, so that is a NUL. */
	for (size_t at = 0; !ret && at < text.len;) {
		size_t len = strcspn(text.ptr + at, "\n");

		text.ptr[at + len] = '\0';
		take_line(k, text.ptr + at);
		at += len + 1;
	}
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	buf_release(&text);
	return ret;
}

static void known_release(struct known *k)
{
	if (k->hosts)
		libssh2_knownhost_free(k->hosts);
	strs_release(&k->revoked);
}

static int known_open(struct known *k, struct ssh_session *s)
{
	static const char *const files[] = { "known_hosts", "known_hosts2" };
	const char *home = getenv("HOME");
	int ret = 0;

	*k = (struct known){ .revoked = STRS_INIT };
	k->hosts = libssh2_knownhost_init(s->session);
	if (!k->hosts)
		return ssh_session_fail(s, "cannot read known_hosts");
	for (size_t i = 0; !ret && home && i < ARRAY_SIZE(files); i++) {
		char *path = xstrfmt("%s/.ssh/%s", home, files[i]);

		ret = take_file(k, path);
		free(path);
	}
	return ret ? ret : take_file(k, "/etc/ssh/ssh_known_hosts");
}

static int port_of(const struct ssh_place *place)
{
	return place->port ? atoi(place->port) : 22;
}

static int look_up(struct known *k, struct ssh_session *s, const char *key,
		   size_t len, int kind)
{
	struct libssh2_knownhost *entry;

	return libssh2_knownhost_checkp(k->hosts, s->place->host,
					port_of(s->place), key, len,
					LIBSSH2_KNOWNHOST_TYPE_PLAIN |
					LIBSSH2_KNOWNHOST_KEYENC_RAW | kind,
					&entry);
}

/*
 * A host has several keys, and shows the kind that we like best: so like best
 * what we know.  A key of one byte matches none, which tells whether there is
 * one of its kind.
 */
int ssh_known_prefer(struct ssh_session *s)
{
	struct known k;
	struct buf methods = BUF_INIT;
	int ret = known_open(&k, s);

	for (size_t i = 0; !ret && i < ARRAY_SIZE(kinds); i++)
		if (look_up(&k, s, "?", 1, kinds[i].known) ==
		    LIBSSH2_KNOWNHOST_CHECK_MISMATCH)
			buf_addf(&methods, "%s%s", methods.len ? "," : "",
				 kinds[i].methods);
	if (!ret && methods.len &&
	    libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY,
					methods.ptr))
		ret = ssh_session_fail(s, "cannot ask for the known host key");
	buf_release(&methods);
	known_release(&k);
	return ret;
}

static bool is_revoked(struct known *k, const unsigned char *key, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf text = BUF_INIT;
	bool yes;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)key[i] << 16;

		v |= i + 1 < len ? (uint32_t)key[i + 1] << 8 : 0;
		v |= i + 2 < len ? key[i + 2] : 0;
		buf_addc(&text, digits[v >> 18]);
		buf_addc(&text, digits[v >> 12 & 63]);
		buf_addc(&text, i + 1 < len ? digits[v >> 6 & 63] : '=');
		buf_addc(&text, i + 2 < len ? digits[v & 63] : '=');
	}
	yes = strs_has(&k->revoked, text.ptr);
	buf_release(&text);
	return yes;
}

static int judge(struct ssh_session *s, int found, bool revoked)
{
	const struct ssh_place *p = s->place;

	if (revoked)
		return fail(FAIL_DENIED, "the key of host '%s' is revoked in "
			    "known_hosts", quoted(p->host));
	if (found == LIBSSH2_KNOWNHOST_CHECK_MATCH)
		return 0;
	if (found == LIBSSH2_KNOWNHOST_CHECK_MISMATCH)
		return fail(FAIL_DENIED, "host '%s' has another key than "
			    "known_hosts says: somebody may be in between; if "
			    "it was changed, say 'ssh-keygen -R %s%s%s%s' and "
			    "connect once with ssh", quoted(p->host),
			    p->port ? "[" : "", quoted(p->host),
			    p->port ? "]:" : "", p->port ? p->port : "");
	return fail(FAIL_DENIED, "host '%s' is not in known_hosts; connect once "
		    "with 'ssh%s%s %s', or see ssh-keyscan(1)", quoted(p->host),
		    p->port ? " -p " : "", p->port ? p->port : "",
		    quoted(p->host));
}

int ssh_known_check(struct ssh_session *s)
{
	struct known k;
	size_t len = 0;
	int type = LIBSSH2_HOSTKEY_TYPE_UNKNOWN, kind = -1;
	const char *key = libssh2_session_hostkey(s->session, &len, &type);
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].host == type)
			kind = kinds[i].known;
	if (!key || !len || kind < 0)
		return fail(FAIL_DENIED, "host '%s' has a key of a kind that "
			    "libssh2 does not know", quoted(s->place->host));
	ret = known_open(&k, s);
	if (!ret)
		ret = judge(s, look_up(&k, s, key, len, kind),
			    is_revoked(&k, (const unsigned char *)key, len));
	known_release(&k);
	return ret;
}
