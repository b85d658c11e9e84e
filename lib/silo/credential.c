#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "silo/credential.h"

#define ANSWER_MAX ((size_t)1 << 16)

/* A line of git's protocol; a line feed in it would begin another one. */
static int add_line(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return 0;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return fail(FAIL_DENIED, "a %s with control characters "
				    "is not used", key);
	buf_addf(out, "%s=%s\n", key, value);
	return 0;
}

static int describe(const struct credential *c, struct buf *out)
{
	const char *const keys[] = {
		"protocol", "host", "path", "username", "password"
	};
	const char *const values[] = {
		c->protocol, c->host, c->path, c->username, c->password
	};
	int ret = 0;

	/* Its growth leaves no copy of a password behind. */
	buf_grow(out, ANSWER_MAX);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(keys); i++)
		ret = add_line(out, keys[i], values[i]);
	buf_addc(out, '\n');
	return ret;
}

static void wipe(struct buf *buf)
{
	if (buf->cap)
		explicit_bzero(buf->ptr, buf->cap);
	buf_release(buf);
}

static void wipe_string(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

static int talk(const struct credential *c, const char *verb, bool quiet,
		struct buf *out)
{
	const char *argv[] = { "git", "credential", verb, NULL };
	struct buf in = BUF_INIT;
	struct run run = { .argv = argv, .quiet = quiet };
	int ret = describe(c, &in);

	if (!ret) {
		run.input = in.ptr;
		run.input_len = in.len;
		buf_grow(out, 2 * ANSWER_MAX);
		ret = run_capture(&run, out, ANSWER_MAX);
	}
	wipe(&in);
	return ret;
}

static int take_line(struct credential *c, const char *line, size_t len)
{
	char **to = len > 9 && !memcmp(line, "username=", 9) ? &c->username :
		    len > 9 && !memcmp(line, "password=", 9) ? &c->password :
		    NULL;

	if (!to)
		return 0;
	for (size_t i = 9; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			return fail(FAIL_DENIED, "git credential gave a %.8s "
				    "with control characters for '%s'",
				    line, quoted(c->host));
	wipe_string(to);
	*to = xmemdup(line + 9, len - 9);
	return 0;
}

int credential_fill(struct credential *c)
{
	struct buf out = BUF_INIT;
	int ret = talk(c, "fill", false, &out);

	if (ret > 0)
		ret = fail(FAIL_DENIED, "no password for '%s' from git "
			   "credential", quoted(c->host));
	for (size_t at = 0; !ret && at < out.len; ) {
		size_t n = strcspn(out.ptr + at, "\n");

		ret = take_line(c, out.ptr + at, n);
		at += n + 1;
	}
	if (!ret && (!c->username || !c->password))
		ret = fail(FAIL_DENIED, "git credential gave no password for "
			   "'%s'", quoted(c->host));
	wipe(&out);
	return ret;
}

/* What a helper makes of it is no concern of the transfer's. */
static void tell(const struct credential *c, const char *verb)
{
	struct buf out = BUF_INIT;

	if (c->password && talk(c, verb, true, &out) < 0)
		fail_clear();
	wipe(&out);
}

void credential_approve(const struct credential *c)
{
	tell(c, "approve");
}

void credential_reject(const struct credential *c)
{
	tell(c, "reject");
}

void credential_forget(struct credential *c)
{
	wipe_string(&c->password);
}

void credential_release(struct credential *c)
{
	credential_forget(c);
	free(c->protocol);
	free(c->host);
	free(c->path);
	free(c->username);
	*c = (struct credential)CREDENTIAL_INIT;
}
