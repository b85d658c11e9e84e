/*
 * git medo cat: a file out of a tree, or the whole blob, to stdout.
 */
#include "git-medo/cmd.h"
#include "git-medo/operand.h"

static const char *const usage[] = {
	"git medo cat <treeptr>[:<path>]",
	NULL
};

struct cat {
	const char *file;	/* of the treeptr */
	char *wanted;
	char *elsewhere;	/* the first name of a hard link */
	bool writing;
	bool found;
};

static int begin(void *data, const struct entry *e)
{
	struct cat *c = data;

	c->writing = false;
	if (strcmp(e->path, c->wanted))
		return 0;
	switch (e->type) {
	case ENTRY_FILE:
		c->writing = c->found = true;
		return 0;
	case ENTRY_HARDLINK:
		free(c->elsewhere);
		c->elsewhere = xstrdup(e->link);
		return 0;
	case ENTRY_SYMLINK:
		return fail(FAIL_REQUEST, "'%s:%s' is a symlink to '%s'",
			    quoted(c->file), quoted(e->path), quoted(e->link));
	case ENTRY_DIR:
		return fail(FAIL_REQUEST, "'%s:%s' is a directory; see git "
			    "medo ls", quoted(c->file), quoted(e->path));
	}
	return 0;
}

static int write_out(const void *data, size_t len)
{
	errno = 0;
	return fwrite(data, 1, len, stdout) == len ? 0 :
	       fail_errno("cannot write to standard output");
}

static int content(void *data, struct block *block, size_t off, size_t len)
{
	struct cat *c = data;

	return c->writing ? write_out(block->data + off, len) : 0;
}

static int whole(void *data UNUSED, struct block *block)
{
	return write_out(block->data, block->len);
}

static int cat_whole(struct medo *medo, struct operand *o)
{
	struct silo_expect expect = medo_expect(&o->ptr);
	struct sink sink = { whole, NULL };
	int ret = 0;

	/* A foreign gzip proves itself only at its end: read it twice. */
	if (!expect.seal || !blob_seekable(&o->blob))
		ret = blob_read(&o->blob, &expect, medo_pool(medo), NULL, NULL);
	return ret ? ret : blob_read(&o->blob, &expect, medo_pool(medo), &sink,
				     NULL);
}

static int cat_file(struct medo *medo, struct operand *o)
{
	struct cat c = { .file = o->file, .wanted = xstrdup(o->inside) };
	struct entry_handler handler = { begin, content, NULL, &c };
	int ret = operand_read(o, medo, &handler);

	/* A link's bytes came before it. */
	if (!ret && !c.found && c.elsewhere) {
		SWAP(c.wanted, c.elsewhere);
		ret = operand_read(o, medo, &handler);
	}
	if (!ret && !c.found)
		ret = fail(FAIL_MISSING, "'%s' has no file '%s'",
			   quoted(o->file), quoted(o->inside));
	free(c.wanted);
	free(c.elsewhere);
	return ret;
}

int cmd_cat(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct operand o = OPERAND_INIT;
	const struct opt opts[] = { OPT_END };
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "cat takes one <treeptr>");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	if (!ret)
		ret = operand_open(&o, &medo, argv[0]);
	if (!ret)
		ret = o.inside ? cat_file(&medo, &o) : cat_whole(&medo, &o);
	operand_release(&o);
	medo_release(&medo);
	return ret;
}
