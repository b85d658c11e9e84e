#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/json.h"
#include "codec/url.h"
#include "model/policy.h"

#define POLICY_MAX ((size_t)1 << 20)
#define SILOS_MAX 1000
#define INCLUDES_MAX 1000

/* JSON is UTF-8, so C1 is 0xc2 and then 0x80 to 0x9f. */
static bool has_control(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p < 0x20 || *p == 0x7f ||
		    (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return true;
	return false;
}

/* "%0a" in user or host becomes a line of its own for a credential helper. */
static bool hides_control(const char *url)
{
	const char *p = strstr(url, "://");
	const char *end = p ? p + 3 + strcspn(p + 3, "/") : url;

	for (; p && (p = memchr(p, '%', (size_t)(end - p))); p++)
		if (p[1] == '0' || p[1] == '1' || !strncasecmp(p, "%7f", 3))
			return true;
	return false;
}

/* A string of `json`, or NULL; never empty, nothing in it for a terminal. */
static int take_text(const struct json *json, const char *key, char **out)
{
	const char *s;
	int ret = json_take_str(json, key, &s);

	if (ret <= 0)
		return ret;
	if (!*s)
		return fail(FAIL_FORMAT, "'%s' is empty", key);
	if (has_control(s))
		return fail(FAIL_FORMAT, "'%s' has a control character: '%s'",
			    key, quoted(s));
	*out = xstrdup(s);
	return 1;
}

static int take_url(const struct json *json, const char *key, char **out)
{
	int ret = take_text(json, key, out);

	if (ret <= 0)
		return ret;
	if (url_has_password(*out))
		return fail(FAIL_DENIED, "'%s' holds a password, which is "
			    "everybody's now; leave it to git credential", key);
	if (**out == '-')
		return fail(FAIL_FORMAT, "'%s' looks like an option: '%s'",
			    key, quoted(*out));
	if (hides_control(*out))
		return fail(FAIL_FORMAT, "'%s' hides a control character: '%s'",
			    key, quoted(*out));
	return 1;
}

static void ref_release(struct silo_ref *ref)
{
	free(ref->name);
	free(ref->url);
	free(ref->push);
}

static int take_silo(struct silo_list *list, const struct json *json)
{
	struct silo_ref ref = { .name = NULL };
	int ret;

	if (json_type(json) != JSON_OBJECT)
		return fail(FAIL_FORMAT, "is not an object");
	if ((ret = take_text(json, "name", &ref.name)) < 0 ||
	    (ret = take_url(json, "push", &ref.push)) < 0 ||
	    (ret = take_url(json, "url", &ref.url)) < 0)
		goto out;
	if (!ret) {
		ret = fail(FAIL_FORMAT, "'url' is missing");
		goto out;
	}
	ALLOC_GROW(list->v, list->n, list->cap);
	list->v[list->n++] = ref;
	return 0;
out:
	ref_release(&ref);
	return ret;
}

/* The root object of a file of ours. */
static int parse_object(struct json **json, const char *text, size_t len)
{
	int ret;

	if (len > POLICY_MAX)
		return fail(FAIL_FORMAT, "over %zu bytes", POLICY_MAX);
	ret = json_parse(json, text, len, NULL);
	if (ret < 0)
		return ret;
	if (json_type(*json) != JSON_OBJECT)
		return fail(FAIL_FORMAT, "not a JSON object");
	return 0;
}

static int parse_silos(struct silo_list *list, const struct json *json)
{
	const struct json *silos = json_get(json, "silos");
	int ret;

	if (!silos)
		return fail(FAIL_FORMAT, "'silos' is missing");
	if (json_type(silos) != JSON_ARRAY)
		return fail(FAIL_FORMAT, "'silos' is not an array");
	if (json_count(silos) > SILOS_MAX)
		return fail(FAIL_FORMAT, "%zu silos; at most %d are read",
			    json_count(silos), SILOS_MAX);
	for (size_t i = 0; i < json_count(silos); i++) {
		ret = take_silo(list, json_at(silos, i));
		if (ret)
			return fail_in(ret, "silo %zu", i + 1);
	}
	return 0;
}

int silo_list_parse(struct silo_list *list, const char *text, size_t len,
		    const char *what)
{
	struct silo_list fresh = SILO_LIST_INIT;
	struct json *json = NULL;
	int ret = parse_object(&json, text, len);

	if (!ret)
		ret = parse_silos(&fresh, json);
	if (!ret)
		SWAP(*list, fresh);
	silo_list_release(&fresh);
	json_free(json);
	return ret ? fail_in(ret, "'%s'", quoted(what)) : 0;
}

void silo_list_add(struct silo_list *list, const char *name, const char *url,
		   const char *push)
{
	ALLOC_GROW(list->v, list->n, list->cap);
	list->v[list->n++] = (struct silo_ref){
		.name = name ? xstrdup(name) : NULL,
		.url = xstrdup(url),
		.push = push ? xstrdup(push) : NULL,
	};
}

static void add_member(struct buf *out, const char *key, const char *value,
		       bool *first)
{
	if (!value)
		return;
	buf_addf(out, "%s\n      \"%s\": ", *first ? "" : ",", key);
	json_add_string(out, value);
	*first = false;
}

void silo_list_format(const struct silo_list *list, struct buf *out)
{
	buf_adds(out, "{\n  \"silos\": [");
	for (size_t i = 0; i < list->n; i++) {
		bool first = true;

		buf_adds(out, i ? ",\n    {" : "\n    {");
		add_member(out, "name", list->v[i].name, &first);
		add_member(out, "url", list->v[i].url, &first);
		add_member(out, "push", list->v[i].push, &first);
		buf_adds(out, "\n    }");
	}
	buf_adds(out, list->n ? "\n  ]\n}\n" : "]\n}\n");
}

void silo_list_release(struct silo_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		ref_release(&list->v[i]);
	free(list->v);
	*list = (struct silo_list)SILO_LIST_INIT;
}

static int take_sync(struct policy *policy, const struct json *json)
{
	const char *sync;
	int ret = json_take_str(json, "sync", &sync);

	if (ret <= 0)
		return ret;
	if (!strcmp(sync, "checkout"))
		policy->sync = SYNC_CHECKOUT;
	else if (strcmp(sync, "manual"))
		return fail(FAIL_FORMAT,
			    "'sync' is '%s', neither manual nor checkout",
			    quoted(sync));
	return 0;
}

static int take_include(struct policy *policy, const struct json *json)
{
	int ret = json_take_strs(json, "include", INCLUDES_MAX,
				 &policy->include);

	for (size_t i = 0; ret > 0 && i < policy->include.n; i++)
		if (!*policy->include.v[i])
			return fail(FAIL_FORMAT,
				    "'include' has an empty pattern");
	return ret;
}

int policy_parse(struct policy *policy, const char *text, size_t len,
		 const char *what)
{
	struct policy fresh = POLICY_INIT;
	struct json *json = NULL;
	int ret = parse_object(&json, text, len);

	if (!ret)
		ret = take_text(json, "mount", &fresh.mount);
	if (ret >= 0)
		ret = take_sync(&fresh, json);
	if (ret >= 0)
		ret = take_include(&fresh, json);
	if (ret >= 0)
		SWAP(*policy, fresh);
	policy_release(&fresh);
	json_free(json);
	return ret < 0 ? fail_in(ret, "'%s'", quoted(what)) : 0;
}

void policy_release(struct policy *policy)
{
	free(policy->mount);
	strs_release(&policy->include);
	*policy = (struct policy)POLICY_INIT;
}
