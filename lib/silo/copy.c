#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/copy.h"

/* What may lie in scratch at a time, by the sizes of files, and by number. */
#define LOT_BYTES ((uint64_t)256 << 20)
#define LOT_BLOBS 16384

struct copier {
	struct silo *from;
	struct silo *to;
	const struct copy_opts *opts;
	struct copy_result *result;
};

static int add(void *data, const struct id *id, uint64_t file_size)
{
	struct copy_list *list = data;

	ALLOC_GROW(list->v, list->n, list->cap);
	list->v[list->n++] = (struct copy_listed){ *id, file_size };
	return stop_check();
}

int copy_list(struct copy_list *list, struct silo *from,
	      const struct idset *only)
{
	int ret = 0;

	if (!only)
		return silo_each(from, add, list);
	for (size_t i = 0; !ret && i < only->n; i++)
		ret = add(list, &only->ids[i], 0);
	return ret;
}

void copy_list_release(struct copy_list *list)
{
	free(list->v);
	*list = (struct copy_list)COPY_LIST_INIT;
}

static int tell(struct copier *c, const struct move_item *item)
{
	c->result->failed++;
	c->result->worst = item->result;
	return c->opts->failed ? c->opts->failed(c->opts->data,
						 &item->expect.id, item->why) : 0;
}

/* Content of a silo on this disk: its size decides how it travels. */
static int size_of(struct silo *near, const struct id *id, uint64_t *size)
{
	struct gz_expect all = { .algo = ID_NONE };
	struct blob blob = BLOB_INIT;
	struct gz_facts facts;
	int ret = silo_blob(near, id, &blob);

	if (!ret && blob_seekable(&blob)) {
		*size = blob_size(&blob);
	} else if (!ret) {
		ret = gz_read(blob.gz, &all, NULL, NULL, NULL, &facts);
		*size = facts.size;
	}
	blob_close(&blob);
	return ret;
}

static int send(struct copier *c, struct silo *near,
		const struct copy_listed *lot, size_t n,
		const struct move_opts *how)
{
	struct move_item *items = xcalloc(n, sizeof(*items));
	uint64_t *sizes = xcalloc(n, sizeof(*sizes));
	size_t ready = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++) {
		struct move_item item = { .expect.id = lot[i].id };

		item.result = size_of(near, &lot[i].id, &sizes[ready]);
		if (item.result && item.result != FAIL_STOPPED) {
			item.why = xstrdup(fail_text());
			ret = tell(c, &item);
			free(item.why);
			continue;
		}
		ret = item.result;
		item.expect.size = &sizes[ready];
		items[ready++] = item;
	}
	if (!ret && ready)
		ret = move_there(&near, 1, c->to, items, ready, how);
	for (size_t i = 0; !ret && i < ready; i++) {
		if (items[i].result < 0)
			ret = tell(c, &items[i]);
		else if (items[i].result)
			c->result->copied++;
		else
			c->result->there++;
	}
	move_release(items, ready);
	free(items);
	free(sizes);
	return ret;
}

/* The blobs of a lot that arrived in scratch are moved to the front. */
static int receive(struct copier *c, struct silo *scratch,
		   struct copy_listed *lot, size_t n, size_t *came)
{
	struct move_item *items = xcalloc(n, sizeof(*items));
	int ret;

	for (size_t i = 0; i < n; i++)
		items[i].expect.id = lot[i].id;
	*came = 0;
	ret = move_here(scratch, c->from, items, n, &c->opts->how);
	for (size_t i = 0; !ret && i < n; i++) {
		if (items[i].result < 0)
			ret = tell(c, &items[i]);
		else
			lot[(*came)++] = lot[i];
	}
	move_release(items, n);
	free(items);
	return ret;
}

static int pass_on(struct copier *c, struct copy_listed *lot, size_t n)
{
	struct move_opts how = c->opts->how;
	struct stage stage = STAGE_INIT;
	struct silo *scratch = NULL;
	size_t came = 0;
	int ret = stage_open(&stage, c->opts->scratch);

	if (!ret)
		ret = silo_open(&scratch, stage_path(&stage),
				silo_algo(c->from), SILO_CREATE);
	if (!ret)
		ret = receive(c, scratch, lot, n, &came);
	/* From disk to disk: these bytes have had their time already. */
	if (silo_backend(c->to)->path)
		how.rate = 0;
	if (!ret && came)
		ret = send(c, scratch, lot, came, &how);
	silo_close(scratch);
	stage_drop(&stage);
	return ret;
}

/* What is at its place already need not pass through here. */
static int skip_there(struct copier *c, struct copy_listed *lot, size_t *n)
{
	size_t left = 0;
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < *n; i++) {
		ret = silo_has(c->to, &lot[i].id);
		if (!ret)
			lot[left++] = lot[i];
		else if (ret > 0)
			c->result->there++;
	}
	*n = left;
	return MIN(ret, 0);
}

static int copy_lot(struct copier *c, struct copy_listed *lot, size_t n)
{
	int ret;

	if (silo_backend(c->from)->path)
		return send(c, c->from, lot, n, &c->opts->how);
	ret = skip_there(c, lot, &n);
	return ret || !n ? ret : pass_on(c, lot, n);
}

int copy_silo(struct silo *from, struct silo *to, struct copy_list *list,
	      const struct copy_opts *opts, struct copy_result *result)
{
	struct copier c = { .from = from, .to = to, .opts = opts,
			    .result = result };
	size_t start = 0;
	int ret = 0;

	while (!ret && start < list->n) {
		uint64_t bytes = 0;
		size_t n = 0;

		while (start + n < list->n && n < LOT_BLOBS &&
		       (!n || bytes + list->v[start + n].file_size < LOT_BYTES))
			bytes += list->v[start + n++].file_size;
		ret = copy_lot(&c, list->v + start, n);
		start += n;
	}
	return ret;
}
