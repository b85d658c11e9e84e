/*
 * .gitattributes: our lines in it, and the spelling of patterns.
 */
#include "git-medo/attributes.h"
#include "base/file.h"

#include <sys/stat.h>

#define BLANKS " \t\r\v\f"
#define SPACE "[[:space:]]"

static void add_escaped(struct buf *out, const char *typed, bool literal)
{
	for (const char *p = typed; *p; p++) {
		if (strchr(BLANKS, *p)) {
			buf_adds(out, SPACE);
			continue;
		}
		/* At the start these mean something to git. */
		if (p == typed && *p == '"') {
			buf_adds(out, "[\"]");
			continue;
		}
		if ((p == typed && (*p == '#' ||
				    starts_with(p, "[attr]"))) ||
		    (literal && strchr("*?[]\\", *p)))
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

int attributes_pattern(const char *typed, bool literal, struct buf *out)
{
	size_t start = out->len;

	while (starts_with(typed, "./"))
		typed += 2;
	if (!*typed)
		return fail(FAIL_REQUEST, "an empty pattern matches nothing");
	if (strchr(typed, '\n'))
		return fail(FAIL_REQUEST, "'%s': no line of .gitattributes can "
			    "name that", quoted(typed));
	if (*typed == '!' && !literal)
		return fail(FAIL_REQUEST, "'%s': git knows no negative "
			    "patterns in .gitattributes", quoted(typed));
	if (ends_with(typed, "/"))
		return fail(FAIL_REQUEST, "'%s' matches nothing: attributes are "
			    "of files; say '%s**'", quoted(typed),
			    quoted(typed));
	/* A name without a slash would be that of files at any depth. */
	if (literal && !strchr(typed, '/'))
		buf_addc(out, '/');
	if (literal && *typed == '!' && out->len == start)
		buf_addc(out, '\\');
	add_escaped(out, typed, literal);
	if (out->len - start + sizeof(" " MEDO_ATTRIBUTES) >=
	    ATTRIBUTES_LINE_MAX)
		return fail(FAIL_REQUEST, "'%s' is longer than git reads lines "
			    "of .gitattributes", quoted(typed));
	return 0;
}

void attributes_shown(const char *pattern, struct buf *out)
{
	for (const char *p = pattern; *p; p++) {
		if (starts_with(p, SPACE)) {
			buf_addc(out, ' ');
			p += strlen(SPACE) - 1;
		} else {
			buf_addc(out, *p);
		}
	}
}

int attributes_read(const char *path, struct buf *text)
{
	struct stat st;
	int ret;

	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return fail(FAIL_REQUEST, "'%s' is no plain file, so git does "
			    "not read it", quoted(path));
	ret = file_read(path, ATTRIBUTES_MAX, text);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

static bool is_ours(const char *word, size_t len)
{
	static const char *const words[] = {
		"filter=medo", "diff=medo", "merge=medo", "-text",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], word, len))
			return true;
	return false;
}

/* The pattern of a line, and whether filter=medo is among what follows. */
static bool split_line(const char *line, size_t len, const char **pattern,
		       size_t *n, const char **rest)
{
	const char *end = line + len, *p = line;
	bool ours = false;

	while (p < end && strchr(BLANKS, *p))
		p++;
	*pattern = p;
	if (p == end || *p == '#')
		return false;
	/* "a \" pattern" */
	if (*p == '"')
		for (p++; p < end && *p != '"'; p++)
			p += *p == '\\' && p + 1 < end;
	while (p < end && !strchr(BLANKS, *p))
		p++;
	*n = (size_t)(p - *pattern);
	*rest = p;
	while (p < end) {
		const char *word;

		while (p < end && strchr(BLANKS, *p))
			p++;
		for (word = p; p < end && !strchr(BLANKS, *p); p++)
			;
		if (p - word == 11 && !memcmp(word, "filter=medo", 11))
			ours = true;
	}
	return ours;
}

static size_t line_len(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? (size_t)(nl - p) : (size_t)(end - p);
}

void attributes_each(const struct buf *text,
		     void (*each)(void *data, const char *pattern),
		     void *data)
{
	const char *p = text->ptr, *end = p + text->len, *pattern, *rest;
	size_t len, n;

	for (; p < end; p += len + 1) {
		len = line_len(p, end);
		if (split_line(p, len, &pattern, &n, &rest)) {
			char *copy = xmemdup(pattern, n);

			each(data, copy);
			free(copy);
		}
	}
}

bool attributes_has(const struct buf *text, const char *pattern)
{
	const char *p = text->ptr, *end = p + text->len, *have, *rest;
	size_t len, n;

	for (; p < end; p += len + 1) {
		len = line_len(p, end);
		if (split_line(p, len, &have, &n, &rest) &&
		    n == strlen(pattern) && !memcmp(have, pattern, n))
			return true;
	}
	return false;
}

/* What else the line says of the pattern stays. */
static void strip(struct buf *out, const char *line, const char *rest,
		  const char *end)
{
	size_t start = out->len;
	bool any = false;

	buf_add(out, line, (size_t)(rest - line));
	while (rest < end) {
		const char *word;

		while (rest < end && strchr(BLANKS, *rest))
			rest++;
		for (word = rest; rest < end && !strchr(BLANKS, *rest); rest++)
			;
		if (rest == word || is_ours(word, (size_t)(rest - word)))
			continue;
		buf_addf(out, " %.*s", (int)(rest - word), word);
		any = true;
	}
	buf_addc(out, '\n');
	if (!any)
		buf_setlen(out, start);
}

int attributes_remove(const struct buf *text, const char *pattern,
		      struct buf *out)
{
	const char *p = text->ptr, *end = p + text->len, *have, *rest;
	size_t len, n;
	int changed = 0;

	for (; p < end; p += len + 1) {
		len = line_len(p, end);
		if (split_line(p, len, &have, &n, &rest) &&
		    n == strlen(pattern) && !memcmp(have, pattern, n)) {
			strip(out, p, rest, p + len);
			changed = 1;
		} else {
			buf_add(out, p, MIN(len + 1, (size_t)(end - p)));
		}
	}
	return changed;
}
