#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "codec/json_int.h"

#define DEPTH_MAX 64

/* Up to here keys are compared each with each; beyond they are sorted. */
#define FEW_KEYS 12

struct scan {
	struct doc *doc;
	const char *start;
	const char *at;
	const char *end;
	struct nodes open;	/* children of containers that are still open */
};

void json_nodes_init(struct nodes *nodes)
{
	nodes->v = nodes->room;
	nodes->n = 0;
	nodes->cap = ARRAY_SIZE(nodes->room);
}

void json_nodes_release(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++) {
		free(nodes->v[i].key);
		free(nodes->v[i].str);
	}
	if (nodes->v != nodes->room)
		free(nodes->v);
	json_nodes_init(nodes);
}

static void nodes_add(struct nodes *nodes, const struct json *v, size_t n)
{
	if (n > nodes->cap - nodes->n) {
		size_t cap = MAX(nodes->n + n, nodes->cap * 2);

		if (nodes->v == nodes->room) {
			nodes->v = xrealloc(NULL, cap, sizeof(*v));
			memcpy(nodes->v, nodes->room, sizeof(nodes->room));
		} else {
			nodes->v = xrealloc(nodes->v, cap, sizeof(*v));
		}
		nodes->cap = cap;
	}
	if (n)
		memcpy(nodes->v + nodes->n, v, n * sizeof(*v));
	nodes->n += n;
}

/* Where `at` is: lines and characters, from 1. */
static int bad_at(const struct scan *s, const char *at, const char *why)
{
	const char *what = s->doc->what;
	size_t line = 1, column = 1;

	for (const char *p = s->start; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if ((*p & 0xc0) != 0x80) {
			column++;
		}
	}
	return fail(FAIL_FORMAT, "%s%sline %zu, column %zu: %s",
		    what ? what : "", what ? ": " : "", line, column, why);
}

static int bad(const struct scan *s, const char *why)
{
	return bad_at(s, s->at, s->at == s->end ? "the text ends too early" :
		      why);
}

/* The next byte; NUL, which is legal nowhere, at the end. */
static char peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : '\0';
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' ||
				  *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

static int hex4(struct scan *s, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		char c = peek(s);
		unsigned v;

		if (c >= '0' && c <= '9')
			v = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = (unsigned)((c | 0x20) - 'a' + 10);
		else
			return bad(s, "not a hexadecimal digit");
		*out = *out << 4 | v;
	}
	return 0;
}

static int scan_escape(struct scan *s, bool *nul)
{
	const char *start = s->at++;
	unsigned unit;
	char c = peek(s);

	if (c != 'u') {
		if (!c || !strchr("\"\\/bfnrt", c))
			return bad(s, "unknown escape in a string");
		s->at++;
		return 0;
	}
	s->at++;
	if (hex4(s, &unit))
		return FAIL_FORMAT;
	if (!unit)
		*nul = true;
	if (unit < 0xd800 || unit > 0xdfff)
		return 0;
	if (unit > 0xdbff || s->end - s->at < 2 || memcmp(s->at, "\\u", 2))
		return bad_at(s, start, "half a surrogate pair");
	s->at += 2;
	if (hex4(s, &unit))
		return FAIL_FORMAT;
	if (unit < 0xdc00 || unit > 0xdfff)
		return bad_at(s, start, "half a surrogate pair");
	return 0;
}

static int scan_string(struct scan *s, bool *escaped, bool *nul)
{
	*escaped = *nul = false;
	for (s->at++;;) {
		unsigned char c;
		uint32_t point;
		size_t n;

		if (s->at == s->end)
			return bad(s, NULL);
		c = (unsigned char)*s->at;
		if (c == '"')
			break;
		if (c == '\\') {
			*escaped = true;
			if (scan_escape(s, nul))
				return FAIL_FORMAT;
		} else if (c < 0x20) {
			return bad(s, "control character in a string");
		} else if (c < 0x80) {
			s->at++;
		} else {
			n = utf8_next(s->at, (size_t)(s->end - s->at), &point);
			if (!n)
				return bad(s, "invalid UTF-8");
			s->at += n;
		}
	}
	s->at++;
	return 0;
}

static bool skip_digits(struct scan *s)
{
	const char *start = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > start;
}

static int scan_number(struct scan *s, struct json *out)
{
	out->type = JSON_NUMBER;
	if (peek(s) == '-') {
		s->at++;
		out->flags |= NOT_INTEGER;
	}
	if (peek(s) == '0')
		s->at++;
	else if (!skip_digits(s))
		return bad(s, "not a number");
	if (peek(s) == '.') {
		s->at++;
		out->flags |= NOT_INTEGER;
		if (!skip_digits(s))
			return bad(s, "a digit is missing");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		out->flags |= NOT_INTEGER;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!skip_digits(s))
			return bad(s, "a digit is missing");
	}
	return 0;
}

static int scan_word(struct scan *s, struct json *out)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = {
		{ "true", JSON_BOOL }, { "false", JSON_BOOL },
		{ "null", JSON_NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i].word);

		if ((size_t)(s->end - s->at) >= n &&
		    !memcmp(s->at, words[i].word, n)) {
			out->type = words[i].type;
			s->at += n;
			return 0;
		}
	}
	return bad(s, "not a value");
}

static int by_key(const void *a, const void *b)
{
	struct json *x = *(struct json *const *)a;
	struct json *y = *(struct json *const *)b;
	const char *k, *l;
	size_t n, m;

	/* Decoded already where needed: neither call can fail. */
	json_key(x, &k, &n);
	json_key(y, &l, &m);
	if (n != m)
		return n < m ? -1 : 1;
	return memcmp(k, l, n);
}

static int duplicate(const struct scan *s, const struct json *a,
		     const struct json *b)
{
	const struct json *second = a->key_text < b->key_text ? b : a;
	char *key = xmemdup(second->key_text + 1, second->key_len - 2);
	char *why = xstrfmt("key '%s' for the second time", quoted(key));
	int ret = bad_at(s, second->key_text, why);

	free(why);
	free(key);
	return ret;
}

/* Compared as they read, not as they are spelled. */
static int check_keys(const struct scan *s, struct json *v, size_t n)
{
	struct json *few[FEW_KEYS], **all = few;
	const char *key;
	size_t len;
	int ret = 0;

	for (size_t i = 0; i < n; i++)
		if (!json_key(&v[i], &key, &len))
			return json_no_memory();
	if (n > FEW_KEYS)
		all = xrealloc(NULL, n, sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		all[i] = &v[i];
		for (size_t k = 0; n <= FEW_KEYS && k < i; k++)
			if (!by_key(&all[k], &all[i]))
				return duplicate(s, all[k], all[i]);
	}
	if (n <= FEW_KEYS)
		return 0;
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 1; !ret && i < n; i++)
		if (!by_key(&all[i - 1], &all[i]))
			ret = duplicate(s, all[i - 1], all[i]);
	free(all);
	return ret;
}

static int scan_value(struct scan *s, struct json *out, int depth);

static int scan_member(struct scan *s, struct json *child)
{
	const char *start = s->at;
	bool escaped, nul;

	if (peek(s) != '"')
		return bad(s, "expected a key in quotes");
	if (scan_string(s, &escaped, &nul))
		return FAIL_FORMAT;
	if (nul)
		return bad_at(s, start, "a key with NUL");
	child->key_text = start;
	child->key_len = (uint32_t)(s->at - start);
	child->flags = escaped ? KEY_ESCAPED : 0;
	skip_space(s);
	if (peek(s) != ':')
		return bad(s, "expected ':'");
	s->at++;
	skip_space(s);
	return 0;
}

static int scan_container(struct scan *s, struct json *out, int depth)
{
	bool object = *s->at == '{';
	char close = object ? '}' : ']';
	size_t base = s->open.n, n;

	if (depth >= DEPTH_MAX)
		return bad(s, "nested deeper than 64 levels");
	out->type = object ? JSON_OBJECT : JSON_ARRAY;
	s->at++;
	skip_space(s);
	if (peek(s) == close)
		s->at++;
	else for (;;) {
		struct json child = { .doc = s->doc };

		if (object && scan_member(s, &child))
			return FAIL_FORMAT;
		if (scan_value(s, &child, depth + 1))
			return FAIL_FORMAT;
		nodes_add(&s->open, &child, 1);
		skip_space(s);
		if (peek(s) == close) {
			s->at++;
			break;
		}
		if (peek(s) != ',')
			return bad(s, object ? "expected ',' or '}'" :
				   "expected ',' or ']'");
		s->at++;
		skip_space(s);
	}

	n = s->open.n - base;
	if (object && n > 1 && check_keys(s, s->open.v + base, n))
		return FAIL_FORMAT;
	out->first = (uint32_t)s->doc->nodes.n;
	out->count = (uint32_t)n;
	nodes_add(&s->doc->nodes, s->open.v + base, n);
	s->open.n = base;
	return 0;
}

static int scan_value(struct scan *s, struct json *out, int depth)
{
	bool escaped, nul;
	char c = peek(s);
	int ret;

	out->text = s->at;
	if (c == '{' || c == '[') {
		ret = scan_container(s, out, depth);
	} else if (c == '"') {
		out->type = JSON_STRING;
		ret = scan_string(s, &escaped, &nul);
		out->flags |= (escaped ? STR_ESCAPED : 0) | (nul ? STR_NUL : 0);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		ret = scan_number(s, out);
	} else {
		ret = scan_word(s, out);
	}
	out->len = (uint32_t)(s->at - out->text);
	return ret;
}

int json_scan(struct doc *doc, const char *text, size_t len)
{
	struct json root = { .doc = doc };
	struct scan s;	/* not cleared: its room is a kilobyte */
	int ret = FAIL_FORMAT;

	s.doc = doc;
	s.start = s.at = text;
	s.end = text + len;
	json_nodes_init(&s.open);
	if (len > UINT32_MAX / 2) {
		bad_at(&s, text, "the text is over 2 GiB");
		goto out;
	}
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		bad_at(&s, text, "starts with a byte order mark");
		goto out;
	}
	skip_space(&s);
	ret = scan_value(&s, &root, 0);
	if (ret)
		goto out;
	skip_space(&s);
	if (s.at < s.end) {
		ret = bad(&s, "something stands behind the value");
		goto out;
	}
	nodes_add(&doc->nodes, &root, 1);
	ret = 0;
out:
	json_nodes_release(&s.open);
	return ret;
}
