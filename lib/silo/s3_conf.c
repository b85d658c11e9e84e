#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "silo/s3_int.h"

#include <ctype.h>

/*
 * Where AWS's own programs look, in their order: environment, then the
 * profile's section in the credentials file, then the one in the config file.
 */
#define FILE_MAX ((size_t)1 << 20)

struct profile {
	const char *name;
	bool named;		/* by AWS_PROFILE: then it has to be there */
	bool found;
	struct strs keys;	/* "s3.addressing_style" for what is indented */
	struct strs values;
};

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *get(const struct profile *p, const char *key)
{
	for (size_t i = 0; i < p->keys.n; i++)
		if (!strcmp(p->keys.v[i], key) && *p->values.v[i])
			return p->values.v[i];
	return NULL;
}

static char *trimmed(const char *s, size_t len)
{
	while (len && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	return xmemdup(s, len);
}

/* "[default]", "[profile ci]"; in the credentials file "[ci]". */
static bool is_ours(const struct profile *p, const char *line, bool config)
{
	const char *end = strchr(line, ']');
	char *section = !end ? NULL :
			trimmed(line + 1, (size_t)(end - line - 1));
	const char *name = section;
	bool ours = false;

	if (section) {
		if (config && starts_with(name, "profile ")) {
			name += strlen("profile ");
			name += strspn(name, " \t");
			ours = !strcmp(name, p->name);
		} else {
			ours = !strcmp(name, p->name) &&
			       (!config || !strcmp(name, "default"));
		}
	}
	free(section);
	return ours;
}

static void take_line(struct profile *p, const char *line, char **parent)
{
	const char *eq = strchr(line, '=');
	bool nested = *line == ' ' || *line == '\t';
	char *key;

	if (!eq)
		return;
	key = trimmed(line, (size_t)(eq - line));
	if (nested && *parent)
		strs_take(&p->keys, xstrfmt("%s.%s", *parent, key));
	else
		strs_add(&p->keys, key);
	strs_take(&p->values, trimmed(eq + 1, strlen(eq + 1)));
	if (!nested) {
		free(*parent);
		*parent = key;
		key = NULL;
	}
	free(key);
}

static void parse(struct profile *p, char *text, bool config)
{
	char *parent = NULL, *rest = text, *line;
	bool ours = false;

	while ((line = strsep(&rest, "\n"))) {
		if (*line == '[') {
			ours = is_ours(p, line, config);
			p->found = p->found || ours;
			free(parent);
			parent = NULL;
		} else if (ours && *line != '#' && *line != ';') {
			take_line(p, line, &parent);
		}
	}
	free(parent);
}

static int read_file(struct profile *p, const char *variable,
		     const char *standard, bool config)
{
	const char *home = env("HOME");
	char *path = env(variable) ? xstrdup(env(variable)) :
		     home ? xstrfmt("%s/.aws/%s", home, standard) : NULL;
	struct buf text = BUF_INIT;
	int ret;

	if (!path)
		return 0;
	ret = file_read(path, FILE_MAX, &text);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	} else if (!ret) {
		parse(p, text.ptr, config);
	}
	if (text.len)
		explicit_bzero(text.ptr, text.len);
	buf_release(&text);
	free(path);
	return ret;
}

/* What goes into a header must not be able to end it. */
static int check(const char *value, const char *what)
{
	for (; value && *value; value++)
		if (*value <= ' ' || *value > '~')
			return fail(FAIL_REQUEST, "%s of S3 has a character "
				    "that none can have", what);
	return 0;
}

static int check_all(const struct s3_conf *c)
{
	int ret = check(c->id, "the access key id");

	if (!ret && c->id && strpbrk(c->id, "/,"))
		ret = fail(FAIL_REQUEST, "the access key id of S3 has a '/' "
			   "or ','");
	if (!ret)
		ret = check(c->secret, "the secret access key");
	if (!ret)
		ret = check(c->token, "the session token");
	for (const char *s = c->region; !ret && *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			ret = fail(FAIL_REQUEST, "'%s' is no region of S3",
				   quoted(c->region));
	return ret;
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/* Ways to come by keys that are programs or services of their own. */
static int other_ways(const struct profile *p)
{
	static const char *const ways[] = {
		"credential_process", "sso_session", "sso_start_url",
		"role_arn", "web_identity_token_file",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (get(p, ways[i]))
			return fail(FAIL_DENIED, "profile '%s' has its keys by "
				    "%s, which medo does not speak; run 'aws "
				    "configure export-credentials --format "
				    "env'", quoted(p->name), ways[i]);
	return 0;
}

static int take_keys(struct s3_conf *c, const struct profile *p)
{
	const char *id = env("AWS_ACCESS_KEY_ID");
	const char *secret = env("AWS_SECRET_ACCESS_KEY");
	const char *token = env("AWS_SESSION_TOKEN");

	if (!id && !secret) {
		id = get(p, "aws_access_key_id");
		secret = get(p, "aws_secret_access_key");
		token = get(p, "aws_session_token");
	}
	if (!id && !secret)
		return other_ways(p);
	if (!id || !secret)
		return fail(FAIL_DENIED, "there is %s key for S3 without the "
			    "other; set both AWS_ACCESS_KEY_ID and "
			    "AWS_SECRET_ACCESS_KEY", id ? "an access" :
			    "a secret");
	c->id = xstrdup(id);
	c->secret = xstrdup(secret);
	c->token = copy(token);
	return 0;
}

static void take_rest(struct s3_conf *c, const struct profile *p)
{
	const char *region = env("AWS_REGION");
	const char *endpoint = env("AWS_ENDPOINT_URL_S3");

	if (!region)
		region = env("AWS_DEFAULT_REGION");
	if (!region)
		region = get(p, "region");
	c->region = xstrdup(region ? region : "us-east-1");
	if (!endpoint)
		endpoint = env("AWS_ENDPOINT_URL");
	if (!endpoint)
		endpoint = get(p, "s3.endpoint_url");
	if (!endpoint)
		endpoint = get(p, "endpoint_url");
	c->endpoint = copy(endpoint);
	c->style = copy(get(p, "s3.addressing_style"));
}

int s3_conf_load(struct s3_conf *conf)
{
	struct profile p = {
		.name = env("AWS_PROFILE"), .keys = STRS_INIT,
		.values = STRS_INIT,
	};
	int ret;

	p.named = p.name != NULL;
	if (!p.name)
		p.name = "default";
	ret = read_file(&p, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
			false);
	if (!ret)
		ret = read_file(&p, "AWS_CONFIG_FILE", "config", true);
	if (!ret && p.named && !p.found)
		ret = fail(FAIL_DENIED, "AWS_PROFILE is '%s', and neither "
			   "~/.aws/credentials nor ~/.aws/config has it",
			   quoted(p.name));
	if (!ret)
		ret = take_keys(conf, &p);
	if (!ret) {
		take_rest(conf, &p);
		ret = check_all(conf);
	}
	for (size_t i = 0; i < p.values.n; i++)
		explicit_bzero(p.values.v[i], strlen(p.values.v[i]));
	strs_release(&p.keys);
	strs_release(&p.values);
	return ret;
}

void s3_conf_release(struct s3_conf *conf)
{
	if (conf->secret)
		explicit_bzero(conf->secret, strlen(conf->secret));
	free(conf->endpoint);
	free(conf->region);
	free(conf->id);
	free(conf->secret);
	free(conf->token);
	free(conf->style);
	memset(conf, 0, sizeof(*conf));
}
