#include "base/fail.h"
#include "base/quote.h"
#include "codec/url.h"
#include "silo/http_int.h"
#include "test-tool.h"

/*
 * test-tool url parse URL	scheme, user, host, port, path, origin
 * test-tool url decode TEXT
 * test-tool url encode TEXT
 * test-tool url private ADDRESS...	which of them nobody has in public
 * test-tool url table		lines "yes|no URL" on stdin, \xNN in the URL;
 *				what is not as it says; the number of lines
 */
static int show(const char *text)
{
	struct url url = URL_INIT;
	int ret = url_parse(&url, text);
	char *origin;

	if (ret)
		return ret;
	origin = url_origin(&url);
	printf("scheme %s\nuser %s\nhost %s\nport %s\npath %s\norigin %s\n",
	       url.scheme, url.user ? url.user : "-", url.host,
	       url.port ? url.port : "-", url.path, origin);
	free(origin);
	url_release(&url);
	return 0;
}

/* Has a part of ours, as libcurl sees the same text? */
static bool same(CURLU *u, CURLUPart part, const char *ours, const char *none)
{
	char *theirs = NULL;
	bool yes;

	if (curl_url_get(u, part, &theirs, part == CURLUPART_USER ?
			 CURLU_URLDECODE : 0))
		theirs = NULL;
	/* Whether a host is in lower case is ours to say. */
	yes = !strcasecmp(theirs ? theirs : none, ours ? ours : none);
	if (!yes)
		printf("libcurl: '%s', not '%s'\n", theirs ? theirs : none,
		       ours ? ours : none);
	curl_free(theirs);
	return yes;
}

/* What we let through libcurl must read as we do. */
static bool agree(const char *text, const struct url *url)
{
	char *host = xstrfmt(strchr(url->host, ':') ? "[%s]" : "%s", url->host);
	char *path = xstrfmt("%s/", url->path);
	CURLU *u = curl_url();
	bool yes = !curl_url_set(u, CURLUPART_URL, text, CURLU_PATH_AS_IS |
				 CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE);
	char *theirs = NULL, *with;

	if (yes && (starts_with(text, "http://") ||
		    starts_with(text, "https://"))) {
		yes = same(u, CURLUPART_HOST, host, "") &&
		      same(u, CURLUPART_PORT, url->port, "") &&
		      same(u, CURLUPART_USER, url->user, "") &&
		      !curl_url_get(u, CURLUPART_PATH, &theirs, 0);
		with = xstrfmt("%s%s", theirs ? theirs : "",
			       theirs && ends_with(theirs, "/") ? "" : "/");
		while (ends_with(with, "//"))
			with[strlen(with) - 1] = '\0';
		yes = yes && !strcmp(with, path);
		free(with);
	}
	curl_free(theirs);
	curl_url_cleanup(u);
	free(path);
	free(host);
	return yes;
}

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] == 'x') {
			char digits[3] = { s[2], s[3], '\0' };

			*to++ = (char)strtol(digits, NULL, 16);
			s += 3;
		} else {
			*to++ = *s;
		}
	*to = '\0';
}

static void check_line(const char *shown, const char *text, bool wanted)
{
	struct url url = URL_INIT;
	bool yes = !url_parse(&url, text);

	if (yes != wanted)
		printf("%s: %s\n", shown, yes ? "let through" : fail_text());
	else if (yes && !agree(text, &url))
		printf("%s: libcurl reads it otherwise\n", shown);
	if (!yes && strstr(fail_text(), "s3cret"))
		printf("%s: the sentence tells the password\n", shown);
	url_release(&url);
}

static int table(void)
{
	char *line = NULL;
	size_t cap = 0, n = 0;

	while (getline(&line, &cap, stdin) > 0) {
		char *shown;

		line[strcspn(line, "\n")] = '\0';
		if (*line == '#' || !*line)
			continue;
		shown = xstrdup(line);
		unescape(line);
		check_line(shown, strchr(line, ' ') + 1,
			   starts_with(line, "yes "));
		free(shown);
		n++;
	}
	printf("%zu URLs\n", n);
	free(line);
	return 0;
}

int test_url(int argc, const char **argv)
{
	struct buf out = BUF_INIT;
	int ret = FAIL_REQUEST;

	if (argc == 2 && !strcmp(argv[1], "table"))
		ret = table();
	else if (argc > 1 && !strcmp(argv[1], "private"))
		for (ret = 0, argv += 2; *argv; argv++)
			printf("%s %s\n", *argv,
			       address_near_text(*argv) ? "private" : "public");
	else if (argc == 3 && !strcmp(argv[1], "parse"))
		ret = show(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "decode"))
		ret = url_decode(argv[2], strlen(argv[2]), &out);
	else if (argc == 3 && !strcmp(argv[1], "encode"))
		url_encode(argv[2], false, &out), ret = 0;
	else
		ret = fail(FAIL_REQUEST, "usage: see t/helper/test-url.c");
	if (out.len)
		printf("%s\n", out.ptr);
	if (ret)
		say("error: ", "%s", fail_text());
	buf_release(&out);
	return ret ? fail_exit_code(ret) : 0;
}
