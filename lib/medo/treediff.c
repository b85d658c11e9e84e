#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "codec/stream.h"
#include "medo/fetch.h"
#include "medo/treediff.h"

static int begin(void *data, const struct entry *e)
{
	struct tree_list *l = data;
	char head[64];
	/* What expand makes of a mode is all that can differ. */
	unsigned mode = e->type == ENTRY_FILE ? !!(e->mode & 0100) : 0;
	int n = snprintf(head, sizeof(head), "%d %u", (int)e->type, mode);

	ALLOC_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct tree_item){
		.path = xstrdup(e->path), .size = e->size, .type = e->type,
	};
	hash_init(&l->hash, ID_SHA256);
	hash_add(&l->hash, head, (size_t)n + 1);
	if (e->link)
		hash_add(&l->hash, e->link, strlen(e->link));
	return 0;
}

static int content(void *data, struct block *block, size_t off, size_t len)
{
	struct tree_list *l = data;

	hash_add(&l->hash, block->data + off, len);
	return 0;
}

static int end(void *data)
{
	struct tree_list *l = data;
	struct id sum;

	hash_final(&l->hash, &sum);
	memcpy(l->v[l->n - 1].digest, sum.raw, DIGEST_SIZE);
	return 0;
}

struct entry_handler tree_list_handler(struct tree_list *list)
{
	return (struct entry_handler){ begin, content, end, list };
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_item *)a)->path,
		      ((const struct tree_item *)b)->path);
}

void tree_list_sort(struct tree_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_path);
}

void tree_list_release(struct tree_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].path);
	free(list->v);
	*list = (struct tree_list)TREE_LIST_INIT;
}

const struct tree_item *tree_list_find(const struct tree_list *list,
				       const char *path)
{
	struct tree_item key = { .path = (char *)path };

	return list->n ? bsearch(&key, list->v, list->n, sizeof(key),
				 by_path) : NULL;
}

bool tree_item_same(const struct tree_item *a, const struct tree_item *b)
{
	if (!a || !b)
		return a == b;
	return !memcmp(a->digest, b->digest, DIGEST_SIZE);
}

uint64_t tree_list_compare(const struct tree_list *a,
			   const struct tree_list *b,
			   void (*each)(void *data,
					const struct tree_item *old,
					const struct tree_item *new),
			   void *data)
{
	size_t i = 0, k = 0;
	uint64_t changes = 0;

	while (i < a->n || k < b->n) {
		int cmp = i == a->n ? 1 : k == b->n ? -1 :
			  strcmp(a->v[i].path, b->v[k].path);
		const struct tree_item *old = cmp <= 0 ? &a->v[i] : NULL;
		const struct tree_item *new = cmp >= 0 ? &b->v[k] : NULL;

		if (!tree_item_same(old, new)) {
			each(data, old, new);
			changes++;
		}
		i += old != NULL;
		k += new != NULL;
	}
	return changes;
}

/* A filtered file's pointer never says what it is: its first bytes do. */
static int format_of(struct blob *blob, const struct treeptr *ptr,
		     const char **format)
{
	size_t len = (size_t)MIN(ptr->size, STREAM_SNIFF_SIZE);
	char *head = xmalloc(len + 1);
	int ret = gz_pread(blob->gz, ptr->has_seal ? &ptr->seal : NULL, 0,
			   head, len);

	*format = ret ? NULL : stream_sniff(head, len);
	free(head);
	return ret;
}

int tree_list_near(struct tree_list *list, struct medo *medo, const char *path,
		   const struct treeptr *ptr)
{
	struct entry_handler handler = tree_list_handler(list);
	struct blob blob = BLOB_INIT;
	struct treeptr as = *ptr;
	struct content c = {
		.blob = &blob, .ptr = &as, .name = file_basename(path),
		.handler = &handler, .proven = true,
	};
	int ret = fetch_near(medo, &ptr->id);

	if (ret <= 0)
		return ret;
	ret = fetch_open(medo, path, ptr, &blob);
	if (!ret && !ptr->format) {
		const char *format;

		ret = format_of(&blob, ptr, &format);
		as.format = (char *)format;
	}
	if (!ret)
		ret = content_read(medo, &c);
	tree_list_sort(list);
	blob_close(&blob);
	return ret ? ret : 1;
}
