#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "codec/json.h"
#include "test-tool.h"

#include <time.h>

#define TEXT_MAX ((size_t)256 << 20)

static int failed(int code)
{
	say("error: ", "%s", fail_text());
	return fail_exit_code(code);
}

static int do_parse(const struct json *json, const char *key UNUSED)
{
	static const char *const names[] = {
		"null", "bool", "number", "string", "array", "object"
	};

	printf("%s\n", names[json_type(json)]);
	return 0;
}

static int do_pretty(const struct json *json, const char *key UNUSED)
{
	struct buf out = BUF_INIT;

	json_add_pretty(&out, json, 0);
	printf("%s\n", out.ptr);
	buf_release(&out);
	return 0;
}

static int do_keys(const struct json *json, const char *key UNUSED)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < json_count(json); i++) {
		json_add_string(&out, json_key_at(json, i));
		buf_addc(&out, '\n');
	}
	fputs(out.ptr, stdout);
	buf_release(&out);
	return 0;
}

static int do_raw(const struct json *json, const char *key)
{
	const struct json *member = json_get(json, key);
	const char *text;
	size_t len;

	if (!member)
		return fail(FAIL_MISSING, "no '%s'", key);
	text = json_raw(member, &len);
	fwrite(text, 1, len, stdout);
	putchar('\n');
	return 0;
}

/* All ways to take it; the answer, or why not. */
static int do_take(const struct json *json, const char *key)
{
	char id_text[ID_HEX_MAX], seal_text[SEAL_HEX_MAX];
	const char *s;
	struct seal seal;
	struct id id;
	uint64_t n;
	bool yes;
	int ret;

#define TAKE(type, out, fmt, ...) do { \
	ret = json_take_##type(json, key, out); \
	if (ret > 0) \
		printf(#type ": " fmt "\n", __VA_ARGS__); \
	else \
		printf(#type ": %s\n", ret ? fail_text() : "not there"); \
} while (0)
	TAKE(str, &s, "yes, %s", s);
	TAKE(u64, &n, "yes, %" PRIu64, n);
	TAKE(bool, &yes, "yes, %d", yes);
	TAKE(id, &id, "yes, %s", id_hex(&id, id_text));
	TAKE(seal, &seal, "yes, %s", seal_hex(&seal, seal_text));
#undef TAKE
	return 0;
}

static int unhex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* %XX is that byte, so that a line can hold any text. */
static void unescape(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%' && i + 2 < len && unhex(s[i + 1]) >= 0 &&
		    unhex(s[i + 2]) >= 0) {
			buf_addc(out, (char)(unhex(s[i + 1]) << 4 |
					     unhex(s[i + 2])));
			i += 2;
		} else {
			buf_addc(out, s[i]);
		}
	}
}

/*
 * One text a line.  It is parsed from memory that ends where it ends, so that
 * a read past the end is seen by a sanitizer.
 */
static int do_table(const char *path)
{
	struct buf table = BUF_INIT, text = BUF_INIT;
	struct json *json;
	int ret = file_read(path, TEXT_MAX, &table);
	char *line = table.ptr, *lf, *exact;

	for (; !ret && (lf = strchr(line, '\n')); line = lf + 1) {
		if (*line == '#' || line == lf)
			continue;
		buf_reset(&text);
		unescape(&text, line, (size_t)(lf - line));
		exact = malloc(text.len);
		memcpy(exact, text.ptr, text.len);
		json = NULL;
		if (json_parse(&json, exact, text.len, NULL))
			printf("no %.*s\t%s\n", (int)(lf - line), line,
			       fail_text());
		else
			printf("ok %.*s\n", (int)(lf - line), line);
		json_free(json);
		free(exact);
	}
	buf_release(&table);
	buf_release(&text);
	return ret ? failed(ret) : 0;
}

static int do_string(const char *path)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	int ret = file_read(path, TEXT_MAX, &in);

	json_add_stringn(&out, in.ptr, in.len);
	printf("%s\n", out.ptr);
	buf_release(&in);
	buf_release(&out);
	return ret ? failed(ret) : 0;
}

static int do_bench(const char *path, long n)
{
	struct buf text = BUF_INIT;
	struct json *json;
	int ret = file_read(path, TEXT_MAX, &text);
	clock_t start = clock();

	for (long i = 0; !ret && i < n; i++) {
		ret = json_parse(&json, text.ptr, text.len, NULL);
		if (!ret)
			json_free(json);
	}
	if (!ret)
		printf("%.3f us a text of %zu bytes\n",
		       (double)(clock() - start) / CLOCKS_PER_SEC * 1e6 /
		       (double)n, text.len);
	buf_release(&text);
	return ret ? failed(ret) : 0;
}

static const struct {
	const char *name;
	int (*fn)(const struct json *json, const char *key);
} verbs[] = {
	{ "keys", do_keys },
	{ "parse", do_parse },
	{ "pretty", do_pretty },
	{ "raw", do_raw },
	{ "take", do_take },
};

int test_json(int argc, const char **argv)
{
	struct buf text = BUF_INIT;
	struct json *json = NULL;
	size_t verb = 0;
	int ret;

	if (argc == 3 && !strcmp(argv[1], "table"))
		return do_table(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "string"))
		return do_string(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "bench"))
		return do_bench(argv[2], atol(argv[3]));
	while (argc >= 3 && verb < ARRAY_SIZE(verbs) &&
	       strcmp(argv[1], verbs[verb].name))
		verb++;
	if (argc < 3 || verb == ARRAY_SIZE(verbs)) {
		fprintf(stderr, "usage: test-tool json <verb> FILE [KEY]\n");
		return 129;
	}
	ret = file_read(argv[2], TEXT_MAX, &text);
	if (!ret)
		ret = json_parse(&json, text.ptr, text.len, "'the text'");
	if (!ret)
		ret = verbs[verb].fn(json, argc > 3 ? argv[3] : "");
	json_free(json);
	buf_release(&text);
	return ret ? failed(ret) : 0;
}
