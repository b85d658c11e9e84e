#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "codec/json_int.h"

#include <cjson/cJSON.h>

/* What a double holds exactly, so that any other reader agrees with us. */
#define INTEGER_MAX (UINT64_C(9007199254740991))

int json_no_memory(void)
{
	return fail(FAIL_SYSTEM, "out of memory");
}

char *json_decode(const char *token, size_t len)
{
	cJSON *item = cJSON_ParseWithLengthOpts(token, len, NULL, 0);
	char *s = NULL;

	if (item && cJSON_IsString(item))
		SWAP(s, item->valuestring);
	cJSON_Delete(item);
	return s;
}

int json_parse(struct json **out, const char *text, size_t len,
	       const char *what)
{
	struct doc *doc = xmalloc(sizeof(*doc));
	int ret;

	doc->what = what ? xstrdup(what) : NULL;
	json_nodes_init(&doc->nodes);
	ret = json_scan(doc, text, len);
	if (ret) {
		json_nodes_release(&doc->nodes);
		free(doc->what);
		free(doc);
		return ret;
	}
	*out = &doc->nodes.v[doc->nodes.n - 1];
	return 0;
}

void json_free(struct json *json)
{
	struct doc *doc;

	if (!json)
		return;
	doc = json->doc;
	json_nodes_release(&doc->nodes);
	free(doc->what);
	free(doc);
}

enum json_type json_type(const struct json *json)
{
	return json->type;
}

size_t json_count(const struct json *json)
{
	return json ? json->count : 0;
}

/* The same node, to keep what is decoded on demand. */
static struct json *own(const struct json *json)
{
	struct json *nodes = json->doc->nodes.v;

	return nodes + (json - nodes);
}

static struct json *child(const struct json *json, size_t i)
{
	return &json->doc->nodes.v[json->first + i];
}

const struct json *json_at(const struct json *json, size_t i)
{
	return child(json, i);
}

bool json_key(struct json *json, const char **key, size_t *len)
{
	*key = json->key_text + 1;
	*len = json->key_len - 2;
	if (!(json->flags & KEY_ESCAPED))
		return true;
	if (!json->key)
		json->key = json_decode(json->key_text, json->key_len);
	*key = json->key;
	*len = json->key ? strlen(json->key) : 0;
	return json->key;
}

const char *json_key_at(const struct json *json, size_t i)
{
	struct json *member = child(json, i);

	if (!member->key_text)
		return NULL;
	if (!member->key)
		member->key = xmemdup(member->key_text + 1,
				      member->key_len - 2);
	return member->key;
}

const struct json *json_get(const struct json *json, const char *key)
{
	size_t want = strlen(key), len;
	const char *name;

	if (!json || json->type != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < json->count; i++) {
		struct json *member = child(json, i);

		if (json_key(member, &name, &len) && len == want &&
		    !memcmp(name, key, len))
			return member;
	}
	return NULL;
}

const char *json_raw(const struct json *json, size_t *len)
{
	*len = json->len;
	return json->text;
}

static int refuse(const struct json *json, const char *key, const char *why)
{
	const char *what = json->doc->what;

	return fail(FAIL_FORMAT, "%s%s'%s' %s", what ? what : "",
		    what ? ": " : "", quoted(key), why);
}

/* The bytes of a value that should be a string; not always NUL behind them. */
static int string_bytes(const struct json *value, const char *key,
			const char **out, size_t *len)
{
	struct json *self = own(value);

	if (value->type != JSON_STRING)
		return refuse(value, key, "is not a string");
	if (value->flags & STR_NUL)
		return refuse(value, key, "contains NUL");
	*out = value->text + 1;
	*len = value->len - 2;
	if (value->flags & STR_ESCAPED) {
		if (!self->str)
			self->str = json_decode(value->text, value->len);
		if (!self->str)
			return json_no_memory();
		*out = self->str;
		*len = strlen(self->str);
	}
	return 1;
}

static int take_bytes(const struct json *json, const char *key,
		      const char **out, size_t *len)
{
	const struct json *member = json_get(json, key);

	return member ? string_bytes(member, key, out, len) : 0;
}

int json_take_str(const struct json *json, const char *key, const char **out)
{
	const struct json *member = json_get(json, key);
	const char *bytes;
	size_t len;
	int ret;

	if (!member)
		return 0;
	ret = string_bytes(member, key, &bytes, &len);
	if (ret < 0)
		return ret;
	if (!member->str)
		own(member)->str = xmemdup(bytes, len);
	*out = member->str;
	return 1;
}

int json_take_strs(const struct json *json, const char *key, size_t max,
		   struct strs *out)
{
	const struct json *member = json_get(json, key);
	const char *bytes;
	char why[64];
	size_t len;
	int ret;

	if (!member)
		return 0;
	if (member->type != JSON_ARRAY)
		return refuse(json, key, "is not an array of strings");
	if (member->count > max) {
		snprintf(why, sizeof(why), "has %zu elements; at most %zu are "
			 "read", (size_t)member->count, max);
		return refuse(json, key, why);
	}
	for (size_t i = 0; i < member->count; i++) {
		ret = string_bytes(child(member, i), key, &bytes, &len);
		if (ret < 0)
			return ret;
		strs_addn(out, bytes, len);
	}
	return 1;
}

int json_take_u64(const struct json *json, const char *key, uint64_t *out)
{
	const struct json *member = json_get(json, key);
	uint64_t n = 0;

	if (!member)
		return 0;
	if (member->type != JSON_NUMBER)
		return refuse(json, key, "is not a number");
	if (member->text[0] == '-')
		return refuse(json, key, "is negative");
	if (member->flags & NOT_INTEGER)
		return refuse(json, key, "is not an integer in plain digits");
	for (uint32_t i = 0; i < member->len; i++) {
		n = n * 10 + (uint64_t)(member->text[i] - '0');
		if (n > INTEGER_MAX)
			return refuse(json, key, "is over 9007199254740991");
	}
	*out = n;
	return 1;
}

int json_take_bool(const struct json *json, const char *key, bool *out)
{
	const struct json *member = json_get(json, key);

	if (!member)
		return 0;
	if (member->type != JSON_BOOL)
		return refuse(json, key, "is neither true nor false");
	*out = member->text[0] == 't';
	return 1;
}

/* Say what is wrong with hex digits that should have been an id or seal. */
static int bad_hex(const struct json *json, const char *key, const char *hex,
		   size_t len, bool is_id)
{
	char why[80];

	if (len != 64 && !(is_id && len == 40)) {
		snprintf(why, sizeof(why), "has %zu characters, not %s", len,
			 is_id ? "40 or 64" : "64");
		return refuse(json, key, why);
	}
	for (size_t i = 0; i < len; i++)
		if (hex[i] >= 'A' && hex[i] <= 'F')
			return refuse(json, key, "has upper-case digits");
	return refuse(json, key, "is not hexadecimal");
}

int json_take_id(const struct json *json, const char *key, struct id *out)
{
	const char *hex;
	size_t len;
	int ret = take_bytes(json, key, &hex, &len);

	if (ret <= 0)
		return ret;
	if (id_parse(out, hex, len))
		return bad_hex(json, key, hex, len, true);
	return 1;
}

int json_take_seal(const struct json *json, const char *key, struct seal *out)
{
	const char *hex;
	size_t len;
	int ret = take_bytes(json, key, &hex, &len);

	if (ret <= 0)
		return ret;
	if (seal_parse(out, hex, len))
		return bad_hex(json, key, hex, len, false);
	return 1;
}
