/* Any bytes: each element that opens closes, in order; or refused. */
#include "base/base.h"
#include "base/fail.h"
#include "codec/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct depth {
	struct strs open;
	unsigned left;		/* a callback fails when it is 0 */
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static int on_open(void *data, const char *name)
{
	struct depth *d = data;

	check(d->left);
	strs_add(&d->open, name);
	check(d->open.n <= 32);
	return --d->left ? 0 : fail(FAIL_CORRUPT, "enough");
}

static int on_close(void *data, const char *name, const char *text, size_t len)
{
	struct depth *d = data;

	check(d->left && strlen(text) == len);
	check(d->open.n && !strcmp(d->open.v[d->open.n - 1], name));
	free(d->open.v[--d->open.n]);
	return --d->left ? 0 : fail(FAIL_CORRUPT, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct depth d = { .open = STRS_INIT, .left = len ? data[0] + 1u : 99 };
	struct xml xml = { on_open, on_close, &d };
	int ret = xml_read(&xml, data, len);

	check(ret ? *fail_text() : !d.open.n);
	check(d.left || ret == FAIL_CORRUPT);
	fail_clear();
	strs_release(&d.open);
	return 0;
}
