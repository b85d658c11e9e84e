#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "model/catfile.h"

static int start(struct catfile *cat)
{
	static const char *const argv[] = { "git", "cat-file", "--batch",
					    NULL };
	struct run run = {
		.argv = argv, .dir = cat->g->top ? cat->g->top : cat->g->dir,
	};

	return cat->child.pid ? 0 : run_start(&cat->child, &run);
}

/* At least `n` bytes in `ahead` behind `pos`. */
static int need(struct catfile *cat, size_t n)
{
	while (cat->ahead.len - cat->pos < n) {
		ssize_t got;

		if (cat->pos) {
			memmove(cat->ahead.ptr, cat->ahead.ptr + cat->pos,
				cat->ahead.len - cat->pos);
			buf_setlen(&cat->ahead, cat->ahead.len - cat->pos);
			cat->pos = 0;
		}
		buf_grow(&cat->ahead, 65536);
		got = read(cat->child.from, cat->ahead.ptr + cat->ahead.len,
			   65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(FAIL_SYSTEM, "git cat-file has gone");
		buf_setlen(&cat->ahead, cat->ahead.len + (size_t)got);
	}
	return 0;
}

/* "OID TYPE SIZE", or "NAME missing"; without its LF, NUL behind. */
static int head_line(struct catfile *cat, char **out)
{
	size_t n = 1;

	for (;;) {
		char *nl;
		int ret = need(cat, n);

		if (ret)
			return ret;
		nl = memchr(cat->ahead.ptr + cat->pos, '\n',
			    cat->ahead.len - cat->pos);
		if (nl) {
			*nl = '\0';
			*out = cat->ahead.ptr + cat->pos;
			cat->pos = (size_t)(nl + 1 - cat->ahead.ptr);
			return 0;
		}
		n = cat->ahead.len - cat->pos + 1;
		if (n > 1 << 20)
			return fail(FAIL_SYSTEM, "git cat-file makes no sense");
	}
}

static int skip(struct catfile *cat, uint64_t n)
{
	while (n) {
		size_t part = (size_t)MIN(n, 65536);
		int ret = need(cat, part);

		if (ret)
			return ret;
		cat->pos += part;
		n -= part;
	}
	return 0;
}

int catfile_get(struct catfile *cat, const char *name, size_t max,
		struct buf *out)
{
	char *line = NULL, *p, *end;
	uint64_t size;
	int ret;

	/* One name a line: such a name cannot be asked for. */
	if (strchr(name, '\n'))
		return 0;
	ret = start(cat);
	if (!ret)
		ret = file_write(cat->child.to, name, strlen(name));
	if (!ret)
		ret = file_write(cat->child.to, "\n", 1);
	if (!ret)
		ret = head_line(cat, &line);
	if (ret)
		return ret;
	p = strrchr(line, ' ');
	if (!p)
		return fail(FAIL_SYSTEM, "git cat-file makes no sense");
	errno = 0;
	size = strtoull(p + 1, &end, 10);
	if (errno || end == p + 1 || *end)
		return 0;
	if (size > max || p - line < 5 || memcmp(p - 5, " blob", 5)) {
		ret = skip(cat, size + 1);
		return ret;
	}
	ret = need(cat, (size_t)size + 1);
	if (ret)
		return ret;
	buf_add(out, cat->ahead.ptr + cat->pos, (size_t)size);
	cat->pos += (size_t)size + 1;
	return 1;
}

void catfile_release(struct catfile *cat)
{
	run_stop(&cat->child);
	buf_release(&cat->ahead);
	cat->pos = 0;
}
