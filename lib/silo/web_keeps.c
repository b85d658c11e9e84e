#include "base/base.h"
#include "base/fail.h"
#include "base/temp.h"
#include "silo/web_int.h"

#include <time.h>

/*
 * What does an upload that is cut leave under a name that was there?  Apache
 * and nginx write aside and rename, so it stays what it was; others write into
 * it as the bytes come.  What a server calls itself does not tell which: it may
 * stand before another.  So one upload is cut, and then looked at.
 */
#define SIZE ((uint64_t)3 << 18)
#define CUT_AT ((uint64_t)1 << 16)
#define LOOK_AFTER_MS 100

static const char old[] = "what was there before\n";

static int give_some(void *data UNUSED, uint64_t off, void *buf, size_t len)
{
	if (off >= CUT_AT)
		return fail(FAIL_STOPPED, "cut");
	memset(buf, 'x', len);
	return 0;
}

/* Sent so far that the server must have begun, and hung up on. */
static int cut(struct web *web, const char *name)
{
	const struct timespec while_ = { 0, LOOK_AFTER_MS * 1000000L };
	struct source src = {
		.read = give_some, .size = SIZE, .name = name,
	};
	int status = web_write(web, name, &src, NULL);

	fail_clear();
	if (stop_asked())
		return stop_check();
	nanosleep(&while_, NULL);
	/* An answer before the end: it does not take what we can judge by. */
	return status < 0;
}

static int same(struct web *web, const char *name)
{
	struct buf text = BUF_INIT;
	int ret = backend_slurp(&web->b, name, sizeof(old), READ_FRESH, &text);

	if (!ret)
		ret = text.len == sizeof(old) - 1 &&
		      !memcmp(text.ptr, old, text.len);
	/* Gone, or longer: that is a no as well. */
	else if (ret == FAIL_MISSING || ret == FAIL_FORMAT)
		ret = 0;
	buf_release(&text);
	return ret;
}

int web_keeps(struct backend *b)
{
	struct memory memory = { old, sizeof(old) - 1 };
	struct source src = source_memory(&memory, "old");
	struct web *web = web_of(b);
	char *name = backend_temp_name();
	int ret = web_write(web, name, &src, NULL);

	if (ret >= 200 && ret < 300) {
		ret = cut(web, name);
		if (ret > 0)
			ret = same(web, name);
		if (web_remove(b, name) < 0)
			fail_clear();
	} else if (ret >= 0) {
		ret = 0;
	}
	if (ret >= 0)
		fail_clear();
	free(name);
	return ret;
}

char *web_server(struct backend *b)
{
	struct web *web = web_of(b);
	char *out;

	pthread_mutex_lock(&web->lock);
	out = xstrfmt("%s %s", web->root, web->server ? web->server : "");
	pthread_mutex_unlock(&web->lock);
	return out;
}
