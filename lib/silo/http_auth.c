#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/http_int.h"

/* The passwords in the log of a proxy are worth more than a round trip. */
static unsigned long choose(unsigned long methods, const char *origin)
{
	bool tls = starts_with(origin, "https:");

	if (!tls && methods & CURLAUTH_DIGEST)
		return CURLAUTH_DIGEST;
	if (methods & CURLAUTH_BASIC)
		return CURLAUTH_BASIC;
	return methods & CURLAUTH_DIGEST ? CURLAUTH_DIGEST : methods;
}

/* Known once, it is sent with the first try and not after a 401. */
static void learn_methods(struct http *http, CURL *easy)
{
	long avail = 0;

	curl_easy_getinfo(easy, CURLINFO_HTTPAUTH_AVAIL, &avail);
	if (avail)
		http->methods = choose((unsigned long)avail, http->origin);
}

void auth_apply(struct sending *s)
{
	struct http *http = s->http;

	if (s->foreign || !http->opts.credentials)
		return;
	pthread_mutex_lock(&http->auth_lock);
	curl_easy_setopt(s->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(s->easy, CURLOPT_HTTPAUTH, http->methods);
	if (http->cred.password) {
		curl_easy_setopt(s->easy, CURLOPT_USERNAME, http->cred.username);
		curl_easy_setopt(s->easy, CURLOPT_PASSWORD, http->cred.password);
	}
	s->gen = http->gen;
	pthread_mutex_unlock(&http->auth_lock);
}

/* One question a process: the next request is told what the first one was. */
static int refuse(struct http *http, int ret)
{
	http->refused = xstrdup(fail_text());
	return ret;
}

static int ask(struct http *http)
{
	int ret;

	if (http->refused)
		return fail(FAIL_DENIED, "%s", http->refused);
	if (http->cred.password) {
		credential_reject(&http->cred);
		credential_forget(&http->cred);
		ret = fail(FAIL_DENIED, "'%s' did not take the password of "
			   "'%s'; git credential was told to forget it",
			   quoted(http->url), quoted(http->cred.username));
		return refuse(http, ret);
	}
	ret = credential_fill(&http->cred);
	if (ret)
		return refuse(http, fail_in(ret, "'%s' wants a password",
					    quoted(http->url)));
	http->gen++;
	http->approved = false;
	return 0;
}

int auth_ask(struct sending *s)
{
	struct http *http = s->http;
	int ret = 0;

	pthread_mutex_lock(&http->auth_lock);
	learn_methods(http, s->easy);
	/* Another thread may have asked while this one was under way. */
	if (http->gen == s->gen || !http->cred.password)
		ret = ask(http);
	pthread_mutex_unlock(&http->auth_lock);
	return ret;
}

void auth_worked(struct sending *s)
{
	struct http *http = s->http;

	if (s->foreign || !http->opts.credentials)
		return;
	pthread_mutex_lock(&http->auth_lock);
	learn_methods(http, s->easy);
	if (s->gen && s->gen == http->gen && !http->approved &&
	    s->status != 403 && s->status < 500) {
		credential_approve(&http->cred);
		http->approved = true;
	}
	pthread_mutex_unlock(&http->auth_lock);
}
