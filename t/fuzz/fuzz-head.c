/* Any lines as the head of an answer: a range that is one, or none. */
#include "base/base.h"
#include "base/fail.h"
#include "silo/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *p = (const char *)data, *end = p + len;
	struct head head = { .location = NULL };
	int ret = 0;

	head_reset(&head);
	while (!ret && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl ? (size_t)(nl + 1 - p) : (size_t)(end - p);
		char *line = xmemdup(p, n);

		ret = head_take(&head, line, n);
		free(line);
		p += n;
	}
	check(!ret || *fail_text());
	check(!head.ranged || head.last == UINT64_MAX ||
	      (head.first <= head.last && head.last < head.total));
	check(head.date >= 0 && head.retry_after >= -1);
	check(!head.etag || (*head.etag == '"' && strlen(head.etag) > 2 &&
			     !strpbrk(head.etag, "\r\n ")));
	check(!head.location || !strchr(head.location, '\n'));
	head_reset(&head);
	return 0;
}
