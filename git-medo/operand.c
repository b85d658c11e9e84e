#include "git-medo/cmd.h"
#include "git-medo/operand.h"
#include "base/file.h"
#include "medo/fetch.h"
#include "medo/gather.h"
#include "medo/tracked.h"
#include "model/repo.h"

/* "a.treeptr:b" names b in a; the first such colon divides. */
static void divide(struct operand *o, const char *arg)
{
	const char *p = strstr(arg, TREEPTR_SUFFIX ":");

	if (p) {
		p += strlen(TREEPTR_SUFFIX);
		o->file = xmemdup(arg, (size_t)(p - arg));
		o->inside = xstrdup(p + 1);
	} else {
		o->file = xstrdup(arg);
	}
	if (o->inside) {
		size_t n = strlen(o->inside);

		while (n && o->inside[n - 1] == '/')
			o->inside[--n] = '\0';
		if (!n) {
			free(o->inside);
			o->inside = NULL;
		}
	}
}

static void set_name(struct operand *o)
{
	const char *base = file_basename(o->file);
	size_t n = strlen(base);

	if (ends_with(base, TREEPTR_SUFFIX))
		n -= strlen(TREEPTR_SUFFIX);
	o->name = xmemdup(base, n);
}

int operand_open(struct operand *o, struct medo *medo, const char *arg)
{
	int ret;

	divide(o, arg);
	set_name(o);
	ret = tracked_pointer(medo, o->file, &o->ptr);
	return ret ? ret : fetch_open(medo, o->file, &o->ptr, &o->blob);
}

/* A file that is there is that file; else git may know REV:PATH. */
int operand_open_rev(struct operand *o, struct medo *medo, const char *arg)
{
	struct buf text = BUF_INIT;
	struct repo *repo = NULL;
	const char *colon = strchr(arg, ':');
	char *up;
	int there = file_exists(arg), ret;

	if (there || !colon)
		return there < 0 ? there : operand_open(o, medo, arg);
	up = gather_way_up(medo);
	o->file = xstrfmt("%s%s", up, colon + 1);
	free(up);
	set_name(o);
	ret = repo_open(&repo, &medo->git);
	if (!ret)
		ret = repo_show(repo, arg, TREEPTR_MAX, &text);
	if (!ret)
		ret = treeptr_parse(&o->ptr, text.ptr, text.len, arg);
	if (!ret)
		ret = fetch_open(medo, o->file, &o->ptr, &o->blob);
	repo_close(repo);
	buf_release(&text);
	return ret;
}

int operand_read(struct operand *o, struct medo *medo,
		 const struct entry_handler *handler)
{
	struct content content = {
		.blob = &o->blob, .ptr = &o->ptr, .name = o->name,
		.handler = handler, .proven = true,
	};
	int ret = content_read(medo, &content);

	/* Two operands, one sentence: which one? */
	if (ret && ret != FAIL_STOPPED && !strstr(fail_text(), quoted(o->file)))
		ret = fail_in(ret, "'%s'", quoted(o->file));
	return ret;
}

void operand_release(struct operand *o)
{
	treeptr_release(&o->ptr);
	blob_close(&o->blob);
	free(o->file);
	free(o->inside);
	free(o->name);
}
