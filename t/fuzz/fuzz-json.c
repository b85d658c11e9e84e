/* Any bytes: read or refused; what is read survives being written again. */
#include "base/base.h"
#include "base/fail.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* What was decoded, written and read again is the same. */
static void check_string(const char *s)
{
	struct buf out = BUF_INIT;
	struct json *json = NULL;
	const char *again;

	buf_adds(&out, "{\"k\":");
	json_add_string(&out, s);
	buf_adds(&out, "}");
	check(!json_parse(&json, out.ptr, out.len, NULL));
	check(json_take_str(json, "k", &again) == 1 && !strcmp(s, again));
	json_free(json);
	buf_release(&out);
}

static void walk(const struct json *json)
{
	for (size_t i = 0; i < json_count(json); i++) {
		const char *key = json_key_at(json, i), *s;
		const struct json *child = json_at(json, i);
		struct seal seal;
		struct id id;
		uint64_t n;
		bool yes;

		check(!key == (json_type(json) == JSON_ARRAY));
		walk(child);
		if (!key)
			continue;
		check(json_get(json, key) == child);
		check_string(key);
		if (json_take_str(json, key, &s) == 1)
			check_string(s);
		if (json_take_u64(json, key, &n) == 1)
			check(n < UINT64_C(1) << 53);
		check(json_take_bool(json, key, &yes) != 0);
		check(json_take_id(json, key, &id) != 0);
		check(json_take_seal(json, key, &seal) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct json *json = NULL;

	if (json_parse(&json, (const char *)data, len, "'x'")) {
		check(starts_with(fail_text(), "'x': line "));
		return 0;
	}
	walk(json);
	json_add_pretty(&once, json, 0);
	json_free(json);

	check(!json_parse(&json, once.ptr, once.len, NULL));
	json_add_pretty(&twice, json, 0);
	check(once.len == twice.len &&
	      !memcmp(once.ptr, twice.ptr, once.len));
	json_free(json);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
