#include "base/base.h"
#include "base/fail.h"
#include "silo/http_int.h"

#include <time.h>

#define VALUE_MAX 4096

void head_reset(struct head *head)
{
	free(head->location);
	free(head->etag);
	free(head->modified);
	free(head->type);
	free(head->server);
	*head = (struct head){ .retry_after = -1, .total = UINT64_MAX,
			       .len = head->len };
}

static bool take_number(const char **s, uint64_t *out)
{
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	errno = 0;
	*out = strtoull(*s, &end, 10);
	*s = end;
	return !errno && *out < UINT64_MAX;
}

/* "bytes 0-4/10", "bytes 0-4/" + "*", and of a 416 "bytes * /10". */
static void take_range(struct head *head, const char *s)
{
	uint64_t first = 0, last = UINT64_MAX, total = UINT64_MAX;

	if (strncasecmp(s, "bytes", 5) || (s[5] != ' ' && s[5] != '='))
		return;
	s += 6;
	while (*s == ' ')
		s++;
	if (*s == '*')
		s++;
	else if (!take_number(&s, &first) || *s++ != '-' ||
		 !take_number(&s, &last) || last < first)
		return;
	if (*s++ != '/')
		return;
	if (*s == '*')
		s++;
	else if (!take_number(&s, &total))
		return;
	if (*s || (last != UINT64_MAX && total <= last))
		return;
	head->ranged = true;
	head->first = first;
	head->last = last;
	head->total = total;
}

/* Seconds, or a date; what is neither was not said. */
static void take_retry(struct head *head, const char *s)
{
	uint64_t n;
	time_t when;

	if (take_number(&s, &n) && !*s) {
		head->retry_after = (int64_t)MIN(n, (uint64_t)INT32_MAX);
		return;
	}
	when = curl_getdate(s, NULL);
	if (when > 0) {
		time_t now = head->date ? (time_t)head->date : time(NULL);

		head->retry_after = MAX(when - now, 0);
	}
}

/* A weak one says that the bytes may differ. */
static bool is_strong(const char *etag)
{
	size_t n = strlen(etag);

	if (n < 3 || n > 256 || etag[0] != '"' || etag[n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < n; i++)
		if ((unsigned char)etag[i] <= ' ' || etag[i] == '"' ||
		    (unsigned char)etag[i] >= 127)
			return false;
	return true;
}

static void keep(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

static void take_field(struct head *head, const char *name, const char *value)
{
	if (!strcasecmp(name, "Location")) {
		keep(&head->location, value);
	} else if (!strcasecmp(name, "ETag")) {
		if (is_strong(value))
			keep(&head->etag, value);
	} else if (!strcasecmp(name, "Last-Modified")) {
		keep(&head->modified, value);
	} else if (!strcasecmp(name, "Content-Type")) {
		keep(&head->type, value);
	} else if (!strcasecmp(name, "Server")) {
		keep(&head->server, value);
	} else if (!strcasecmp(name, "Date")) {
		head->date = MAX(curl_getdate(value, NULL), 0);
	} else if (!strcasecmp(name, "Retry-After")) {
		take_retry(head, value);
	} else if (!strcasecmp(name, "Content-Range")) {
		take_range(head, value);
	}
}

int head_take(struct head *head, const char *line, size_t len)
{
	char copy[VALUE_MAX], *colon, *value, *end;

	head->len += len;
	if (head->len > HTTP_HEAD_MAX)
		return fail(FAIL_NET, "an answer with over %zu bytes of "
			    "headers", HTTP_HEAD_MAX);
	if (len > 5 && !memcmp(line, "HTTP/", 5)) {
		head_reset(head);
		return 0;
	}
	head->done = *line == '\r' || *line == '\n';
	/* None of those that we read is that long. */
	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, line, len);
	copy[len] = '\0';
	colon = strchr(copy, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	end = value + strlen(value);
	while (end > value && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	take_field(head, copy, value);
	return 0;
}
