#include "base/base.h"
#include "base/fail.h"
#include "medo/dirtar_int.h"

/*
 * The id that git would give the directory.  In git's order, where a
 * directory sorts as if its name ended in a slash, all that is below one
 * follows it at once; so one pass with a stack of open trees is enough.
 */
struct level {
	const struct node *dir;	/* NULL: the root */
	size_t len;		/* of its path */
	struct buf tree;
};

struct trees {
	struct dirtar *d;
	enum id_algo algo;
	struct level *levels;
	size_t n;
	size_t cap;
	char *piece;		/* PIECE_SIZE bytes */
};

static int by_git_order(const void *x, const void *y)
{
	const struct node *a = *(const struct node *const *)x;
	const struct node *b = *(const struct node *const *)y;
	const unsigned char *s = (const unsigned char *)a->path;
	const unsigned char *t = (const unsigned char *)b->path;
	unsigned char c, e;

	while (*s && *s == *t) {
		s++;
		t++;
	}
	c = *s ? *s : a->type == ENTRY_DIR ? '/' : '\0';
	e = *t ? *t : b->type == ENTRY_DIR ? '/' : '\0';
	if (c != e)
		return c < e ? -1 : 1;
	return *s ? 1 : *t ? -1 : 0;
}

static void push(struct trees *trees, const struct node *dir)
{
	ALLOC_GROW(trees->levels, trees->n, trees->cap);
	trees->levels[trees->n++] = (struct level){
		.dir = dir, .len = dir ? strlen(dir->path) : 0,
		.tree = BUF_INIT,
	};
}

static void add(struct trees *trees, const char *mode, const struct node *node,
		const struct id *id)
{
	struct level *top = &trees->levels[trees->n - 1];
	const char *name = node->path + top->len + (top->len > 0);

	buf_addf(&top->tree, "%s %s", mode, name);
	buf_addc(&top->tree, '\0');
	buf_add(&top->tree, id->raw, id_raw_size(trees->algo));
}

/* Close the level on top; its id goes into the one below, or is the result. */
static void pop(struct trees *trees, struct id *out)
{
	struct level top = trees->levels[--trees->n];
	struct hash hash;

	hash_init_object(&hash, trees->algo, "tree", top.tree.len);
	hash_add(&hash, top.tree.ptr, top.tree.len);
	hash_final(&hash, out);
	buf_release(&top.tree);
	if (top.dir)
		add(trees, "40000", top.dir, out);
}

static bool is_below(const struct node *node, const struct level *level)
{
	return !level->dir || (!strncmp(node->path, level->dir->path,
					level->len) &&
			       node->path[level->len] == '/');
}

static int hash_file(struct trees *trees, const struct node *node,
		     struct id *out)
{
	struct dirtar *d = trees->d;
	size_t i = (size_t)(node - d->nodes), n;
	size_t raw = id_raw_size(trees->algo);
	struct hash hash;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (d->ids && d->opts.tree == trees->algo &&
	    __atomic_load_n(&d->id_state[i], __ATOMIC_ACQUIRE) == 2) {
		memcpy(out->raw, d->ids + i * raw, raw);
		return 0;
	}
	hash_init_object(&hash, trees->algo, "blob", node->stamp.size);
	for (uint64_t off = 0; off < node->stamp.size && !ret; off += n) {
		n = (size_t)MIN(node->stamp.size - off, PIECE_SIZE);
		ret = dirtar_read_file(d, node, off, trees->piece, n);
		hash_add(&hash, trees->piece, n);
	}
	hash_final(&hash, out);
	return ret;
}

static int add_node(struct trees *trees, const struct node *node)
{
	struct hash hash;
	struct id id;
	int ret;

	while (!is_below(node, &trees->levels[trees->n - 1]))
		pop(trees, &id);
	switch ((enum entry_type)node->type) {
	case ENTRY_DIR:
		push(trees, node);
		return 0;
	case ENTRY_SYMLINK:
		hash_init_object(&hash, trees->algo, "blob",
				 strlen(node->target));
		hash_add(&hash, node->target, strlen(node->target));
		hash_final(&hash, &id);
		add(trees, "120000", node, &id);
		return 0;
	default:
		ret = hash_file(trees, node, &id);
		add(trees, node->mode & 0100 ? "100755" : "100644", node, &id);
		return ret;
	}
}

int dirtar_tree_id(struct dirtar *d, enum id_algo algo, struct id *out)
{
	struct trees trees = { .d = d, .algo = algo };
	const struct node **order;
	int ret = 0;

	if (d->no_tree)
		return 0;
	order = xmalloc((d->n + 1) * sizeof(*order));
	for (size_t i = 0; i < d->n; i++)
		order[i] = &d->nodes[i];
	qsort(order, d->n, sizeof(*order), by_git_order);
	trees.piece = xmalloc(PIECE_SIZE);

	push(&trees, NULL);
	for (size_t i = 0; i < d->n && !ret; i++)
		ret = add_node(&trees, order[i]);
	while (trees.n)
		pop(&trees, out);

	free(trees.piece);
	free(trees.levels);
	free(order);
	return ret < 0 ? ret : 1;
}
