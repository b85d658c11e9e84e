#include "base/base.h"
#include "base/fail.h"

static _Thread_local char text[4096];

static void vset(const char *fmt, va_list ap)
{
	vsnprintf(text, sizeof(text), fmt, ap);
}

int fail(enum fail_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vset(fmt, ap);
	va_end(ap);
	return code;
}

static void append(const char *what)
{
	size_t n = strlen(text);

	snprintf(text + n, sizeof(text) - n, ": %s", what);
}

int fail_errno(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vset(fmt, ap);
	va_end(ap);
	append(strerror(saved));
	errno = saved;
	return FAIL_SYSTEM;
}

int fail_in(int code, const char *fmt, ...)
{
	char inner[sizeof(text)];
	va_list ap;

	memcpy(inner, text, sizeof(text));
	va_start(ap, fmt);
	vset(fmt, ap);
	va_end(ap);
	append(inner);
	return code;
}

const char *fail_text(void)
{
	return text;
}

void fail_clear(void)
{
	text[0] = '\0';
}

void fail_adopt(const char *sentence)
{
	snprintf(text, sizeof(text), "%s", sentence);
}

int fail_exit_code(int code)
{
	switch (code) {
	case FAIL_MISSING:
	case FAIL_CORRUPT:
	case FAIL_FORMAT:
		return 1;
	case FAIL_NET:
		return 3;
	case FAIL_DENIED:
		return 4;
	default:
		return 128;
	}
}
