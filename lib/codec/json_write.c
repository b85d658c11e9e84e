#include "base/base.h"
#include "base/utf8.h"
#include "codec/json_int.h"

static void add_control(struct buf *out, char c)
{
	static const char names[] = "\bb\ff\nn\rr\tt";
	const char *name = c ? strchr(names, c) : NULL;

	if (name)
		buf_addf(out, "\\%c", name[1]);
	else
		buf_addf(out, "\\u%04x", (unsigned)c);
}

void json_add_stringn(struct buf *out, const char *s, size_t len)
{
	const char *end = s + len;

	buf_addc(out, '"');
	while (s < end) {
		const char *plain = s;
		uint32_t point;
		size_t n = 0;

		while (s < end && *s != '"' && *s != '\\' &&
		       (unsigned char)*s >= 0x20 &&
		       (n = utf8_next(s, (size_t)(end - s), &point)))
			s += n;
		buf_add(out, plain, (size_t)(s - plain));
		if (s == end)
			break;
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			add_control(out, *s);
		else
			buf_adds(out, "\\ufffd");
		s++;
	}
	buf_addc(out, '"');
}

void json_add_string(struct buf *out, const char *s)
{
	json_add_stringn(out, s, strlen(s));
}

static void new_line(struct buf *out, int depth)
{
	buf_addc(out, '\n');
	while (depth-- > 0)
		buf_add(out, "  ", 2);
}

void json_add_pretty(struct buf *out, const struct json *json, int depth)
{
	bool object = json->type == JSON_OBJECT;

	if ((!object && json->type != JSON_ARRAY) || !json->count) {
		if (object || json->type == JSON_ARRAY)
			buf_adds(out, object ? "{}" : "[]");
		else
			buf_add(out, json->text, json->len);
		return;
	}
	for (size_t i = 0; i < json->count; i++) {
		buf_addc(out, i ? ',' : object ? '{' : '[');
		new_line(out, depth + 1);
		if (object)
			json_add_member(out, json, i, depth + 1);
		else
			json_add_pretty(out, json_at(json, i), depth + 1);
	}
	new_line(out, depth);
	buf_addc(out, object ? '}' : ']');
}

void json_add_member(struct buf *out, const struct json *json, size_t i,
		     int depth)
{
	const struct json *member = json_at(json, i);

	buf_add(out, member->key_text, member->key_len);
	buf_add(out, ": ", 2);
	json_add_pretty(out, member, depth);
}
