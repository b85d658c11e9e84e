/*
 * git medo diff: what changed from one tree to another.
 */
#include "git-medo/cmd.h"
#include "git-medo/operand.h"

static const char *const usage[] = {
	"git medo diff [<options>] <treeptr> [<treeptr>]",
	NULL
};

/* What one entry is, in few bytes: equal digests, equal entries. */
struct item {
	char *path;
	uint64_t size;
	unsigned char digest[DIGEST_SIZE];
};

struct listing {
	struct item *v;
	size_t n;
	size_t cap;
	struct hash hash;
	struct operand o;
};

#define LISTING_INIT { .o = OPERAND_INIT }

static int begin(void *data, const struct entry *e)
{
	struct listing *l = data;
	char head[64];
	/* What expand makes of a mode is all that can differ. */
	unsigned mode = e->type == ENTRY_FILE ? !!(e->mode & 0100) : 0;
	int n = snprintf(head, sizeof(head), "%d %u", (int)e->type, mode);

	ALLOC_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct item){
		.path = xstrdup(e->path), .size = e->size,
	};
	hash_init(&l->hash, ID_SHA256);
	hash_add(&l->hash, head, (size_t)n + 1);
	if (e->link)
		hash_add(&l->hash, e->link, strlen(e->link));
	return 0;
}

static int content(void *data, struct block *block, size_t off, size_t len)
{
	struct listing *l = data;

	hash_add(&l->hash, block->data + off, len);
	return 0;
}

static int end(void *data)
{
	struct listing *l = data;
	struct id sum;

	hash_final(&l->hash, &sum);
	memcpy(l->v[l->n - 1].digest, sum.raw, DIGEST_SIZE);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->path,
		      ((const struct item *)b)->path);
}

static int load(struct listing *l, struct medo *medo, const char *arg)
{
	struct entry_handler handler = { begin, content, end, l };
	int ret = operand_open_rev(&l->o, medo, arg);

	if (!ret)
		ret = operand_read(&l->o, medo, &handler);
	if (!ret && l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_path);
	return ret;
}

static void listing_release(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	operand_release(&l->o);
}

static void print(struct rows *rows, const char *what, const struct item *old,
		  const struct item *new)
{
	rows_str(rows, "change", what);
	if (old)
		rows_u64(rows, "old", old->size);
	else
		rows_null(rows, "old");
	if (new)
		rows_u64(rows, "new", new->size);
	else
		rows_null(rows, "new");
	rows_str(rows, "path", old ? old->path : new->path);
	rows_end(rows);
}

static int compare(const struct listing *a, const struct listing *b,
		   struct rows *rows)
{
	size_t i = 0, k = 0;
	int changes = 0;

	while (i < a->n || k < b->n) {
		int cmp = i == a->n ? 1 : k == b->n ? -1 :
			  strcmp(a->v[i].path, b->v[k].path);

		if (cmp < 0)
			print(rows, "D", &a->v[i], NULL);
		else if (cmp > 0)
			print(rows, "A", NULL, &b->v[k]);
		else if (memcmp(a->v[i].digest, b->v[k].digest, DIGEST_SIZE))
			print(rows, "M", &a->v[i], &b->v[k]);
		else
			changes--;
		changes++;
		i += cmp <= 0;
		k += cmp >= 0;
	}
	return changes ? 1 : 0;
}

int cmd_diff(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct listing a = LISTING_INIT, b = LISTING_INIT;
	struct rows rows = { 0, 0, 0 };
	const struct opt opts[] = {
		ROWS_OPTS(&rows),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;
	char *committed = NULL, *below = NULL;

	if (n < 1 || n > 2)
		opt_usage(usage, opts, "diff takes one or two <treeptr>");
	ret = medo_open(&medo, n == 1 ? MEDO_WORK_TREE : MEDO_ANYWHERE);
	/* One operand: what HEAD has against what lies here. */
	if (!ret && n == 1)
		ret = gitdir_below_top(&medo.git, argv[0], &below);
	if (!ret && n == 1)
		committed = xstrfmt("HEAD:%s", below);
	if (!ret)
		ret = load(&a, &medo, n == 1 ? committed : argv[0]);
	if (!ret)
		ret = load(&b, &medo, argv[n - 1]);
	if (!ret)
		ret = compare(&a, &b, &rows);
	free(committed);
	free(below);
	listing_release(&a);
	listing_release(&b);
	medo_release(&medo);
	return ret;
}
