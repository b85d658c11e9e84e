#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/backend.h"
#include "silo/http.h"

#include <strings.h>

static const struct scheme {
	const char *name;
	int (*open)(struct backend **out, const char *url,
		    const struct backend_opts *opts);
} schemes[] = {
	{ "https", backend_web },
	{ "http", backend_web },
	{ "s3", backend_s3 },
	{ "ssh", backend_sftp },
	{ "sftp", backend_sftp },
};

int backend_far(struct backend **out, const char *url,
		const struct backend_opts *opts)
{
	const char *end = strstr(url, "://");
	size_t n = end ? (size_t)(end - url) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strlen(schemes[i].name) == n &&
		    !strncasecmp(url, schemes[i].name, n))
			return schemes[i].open(out, url, opts);
	return fail(FAIL_REQUEST, "cannot open silo '%s': we know http, https, "
		    "s3, ssh, sftp, file, and paths", quoted(url));
}

int backend_knock(struct backend_knock *v, size_t n)
{
	struct backend **places = xcalloc(n, sizeof(*places));
	struct http **https = xcalloc(n, sizeof(*https));
	char **why = xcalloc(n, sizeof(*why));
	int ret;

	for (size_t i = 0; i < n; i++) {
		struct backend_opts opts = { .any_address = v[i].any_address };

		if (backend_far(&places[i], v[i].url, &opts))
			fail_clear();
		else
			https[i] = places[i]->http;
	}
	ret = http_knock(https, n, why);
	for (size_t i = 0; i < n; i++) {
		v[i].why = why[i];
		if (places[i])
			places[i]->ops->close(places[i]);
	}
	free(https);
	free(places);
	free(why);
	return ret;
}
