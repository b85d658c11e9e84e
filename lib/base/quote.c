#include "base/base.h"
#include "base/quote.h"
#include "base/utf8.h"

/*
 * What moves the cursor, reorders a line or hides in it.  C0, DEL, the
 * backslash and noncharacters are handled in line.
 */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{ 0x80, 0x9f },		/* C1: 0x9b alone is ESC [ */
	{ 0x061c, 0x061c },	/* Arabic letter mark */
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200f },	/* zero width, left-to-right marks */
	{ 0x2028, 0x202e },	/* line separators, embeddings, overrides */
	{ 0x2060, 0x206f },	/* word joiner, isolates, deprecated */
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },	/* interlinear annotation */
	{ 0xe0000, 0xe007f },	/* tags: text that no terminal shows */
};

static bool is_unseen(uint32_t c)
{
	if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
		return true;	/* noncharacters */
	for (size_t i = 0; i < ARRAY_SIZE(unseen) && c >= unseen[i].first; i++)
		if (c <= unseen[i].last)
			return true;
	return false;
}

/* Append the first character of `s` in its safe form; how long it was. */
static size_t add_one(struct buf *out, const char *s, size_t len)
{
	uint32_t c;
	size_t n = utf8_next(s, len, &c);

	if (!n)
		buf_addf(out, "\\x%02x", (unsigned char)*s);
	else if (c == '\\')
		buf_adds(out, "\\\\");
	else if (c == '\n')
		buf_adds(out, "\\n");
	else if (c == '\t')
		buf_adds(out, "\\t");
	else if (c < 0x20 || c == 0x7f)
		buf_addf(out, "\\x%02x", (unsigned)c);
	else if (c > 0x7f && is_unseen(c))
		buf_addf(out, "\\u{%04x}", (unsigned)c);
	else
		buf_add(out, s, n);
	return n ? n : 1;
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f;
}

static void add(struct buf *out, const char *s, size_t len, bool backslash)
{
	while (len) {
		size_t n = 0;

		while (n < len && is_plain(s[n]) &&
		       !(backslash && s[n] == '\\'))
			n++;
		if (n)
			buf_add(out, s, n);
		else
			n = add_one(out, s, len);
		s += n;
		len -= n;
	}
}

void quote_add(struct buf *out, const char *s, size_t len)
{
	add(out, s, len, true);
}

/* Back from `at` to where a character may begin. */
static size_t boundary(const char *s, size_t at)
{
	for (int i = 0; i < 3 && at && (s[at] & 0xc0) == 0x80; i++)
		at--;
	return at;
}

/*
 * A name of a megabyte must not push the reason out of the message: the
 * middle of it goes.  A byte becomes four at most ("\xff").
 */
#define SHOWN_MAX 400
#define SHOWN_HEAD 150

const char *quoted(const char *s)
{
	static _Thread_local char ring[8][4 * SHOWN_MAX + 16];
	static _Thread_local unsigned next;
	char *out = ring[next++ % ARRAY_SIZE(ring)];
	struct buf buf = BUF_INIT;
	size_t len, head, tail;

	if (!s)
		s = "(null)";
	len = strlen(s);
	if (len <= SHOWN_MAX) {
		quote_add(&buf, s, len);
	} else {
		head = boundary(s, SHOWN_HEAD);
		tail = boundary(s, len - (SHOWN_MAX - SHOWN_HEAD) + 3);
		quote_add(&buf, s, head);
		buf_adds(&buf, "...");
		quote_add(&buf, s + tail, len - tail);
	}
	snprintf(out, sizeof(ring[0]), "%s", buf.ptr);
	buf_release(&buf);
	return out;
}

/* One line, so that two processes' lines do not mix: one write. */
#define LINE_BYTES ((size_t)1000)

void say(const char *prefix, const char *fmt, ...)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	va_list ap;
	size_t done = 0;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);

	/* Names in it went through quoted(): their backslashes are right. */
	buf_adds(&line, prefix);
	add(&line, text.ptr, MIN(text.len, LINE_BYTES + 8), false);
	if (line.len > LINE_BYTES) {
		buf_setlen(&line, boundary(line.ptr, LINE_BYTES - 3));
		buf_adds(&line, "...");
	}
	buf_addc(&line, '\n');
	while (done < line.len) {
		ssize_t n = write(STDERR_FILENO, line.ptr + done,
				  line.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buf_release(&line);
	buf_release(&text);
}
