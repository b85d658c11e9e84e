#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/move_int.h"

int mover_near(struct mover *m, const struct id *id, struct silo **out)
{
	for (size_t i = 0; i < m->nnear; i++) {
		int ret = silo_has(m->near[i], id);

		*out = m->near[i];
		if (ret)
			return ret;
	}
	return 0;
}

static int open_near(struct mover *m, size_t i, struct silo **near,
		     struct blob *blob)
{
	const struct id *id = &m->items[i].expect.id;
	char hex[ID_HEX_MAX];
	int ret = mover_near(m, id, near);

	if (!ret)
		return fail(FAIL_MISSING, "blob %s is not on this disk",
			    id_hex(id, hex));
	return ret < 0 ? ret : silo_blob(*near, id, blob);
}

struct grow {
	struct buf *out;
	size_t max;
};

static int grow_take(void *data, struct block *block)
{
	struct grow *grow = data;

	if (grow->out->len + block->len > grow->max)
		return fail(FAIL_CORRUPT, "it is larger than it should be");
	buf_add(grow->out, block->data, block->len);
	return 0;
}

/* A small one's content, verified: packer_add() says what id it has. */
static int pack_one(struct mover *m, size_t i, struct packer *packer)
{
	const struct silo_expect *expect = &m->items[i].expect;
	struct blob blob = BLOB_INIT;
	struct buf content = BUF_INIT;
	struct grow grow = { &content, PACK_BLOB_MAX };
	struct sink sink = { grow_take, &grow };
	struct silo *near = NULL;
	struct id id;
	int ret = open_near(m, i, &near, &blob);

	if (ret)
		return ret;
	ret = blob_read(&blob, expect, NULL, &sink, NULL);
	if (!ret)
		ret = silo_check_content(&content, expect);
	if (!ret)
		ret = packer_add(packer, content.ptr, content.len, &id);
	if (ret >= 0 && !id_eq(&id, &expect->id))
		ret = fail(FAIL_CORRUPT, "its content has another id");
	blob_close(&blob);
	buf_release(&content);
	return silo_blame(MIN(ret, 0), near, &expect->id);
}

static int list_packs(const char *dir, struct strs *out)
{
	struct strs names = STRS_INIT;
	char *path = xstrfmt("%s/pack", dir);
	int ret = file_list(path, &names);

	for (size_t i = 0; !ret && i < names.n; i++)
		if (ends_with(names.v[i], ".pack"))
			strs_addn(out, names.v[i],
				  strlen(names.v[i]) - strlen(".pack"));
	strs_release(&names);
	free(path);
	return ret;
}

/* Bytes of packs are less than those of content, so none is told twice. */
struct told {
	struct mover *m;
	uint64_t left;
};

static int pace(void *data, size_t bytes)
{
	struct told *told = data;
	uint64_t n;

	pthread_mutex_lock(&told->m->lock);
	n = MIN(told->left, bytes);
	told->left -= n;
	pthread_mutex_unlock(&told->m->lock);
	atomic_fetch_add(&told->m->moved, n);
	return mover_pace(told->m, bytes);
}

static int send_pack(struct mover *m, const char *dir, uint64_t content)
{
	struct strs names = STRS_INIT;
	struct told told = { m, content };
	struct table *table;
	int ret = silo_table(m->to, &table);

	if (!ret)
		ret = list_packs(dir, &names);
	if (!ret) {
		table_pace(table, pace, &told);
		ret = table_add(table, dir, &names);
		table_pace(table, NULL, NULL);
		atomic_fetch_add(&m->moved, told.left);
	}
	strs_release(&names);
	return ret;
}

/*
 * All that went into the pack has its fate.  What is not small is another
 * worker's.
 */
static int settle(struct mover *m, int ret)
{
	char *why = ret ? xstrdup(fail_text()) : NULL;
	int stop = 0;

	for (size_t i = 0; !stop && i < m->n; i++) {
		if (!silo_is_small(&m->items[i].expect) ||
		    m->state[i] != ITEM_AGAIN)
			continue;
		if (why)
			fail_adopt(why);
		stop = mover_done(m, i, ret ? ret : 1);
		if (ret == FAIL_DENIED)
			m->state[i] = ITEM_FILE;
	}
	if (ret == FAIL_DENIED)
		say("warning: ", "%s; small blobs go there one by one", why);
	free(why);
	return stop;
}

/* All small ones that are still open become one pack. */
int pack_run(struct mover *m, struct task *task UNUSED)
{
	struct stage stage = STAGE_INIT;
	struct packer *packer = NULL;
	uint64_t content = 0;
	size_t packed = 0;
	int ret = stage_open(&stage, m->near[0]->b->path);

	if (!ret)
		ret = packer_open(&packer, stage_path(&stage), m->to->algo, 6,
				  0);
	for (size_t i = 0; !ret && i < m->n; i++) {
		if (!silo_is_small(&m->items[i].expect) ||
		    m->state[i] != ITEM_OPEN)
			continue;
		ret = stop_check();
		if (ret)
			break;
		ret = pack_one(m, i, packer);
		if (ret) {
			ret = mover_done(m, i, ret);
			continue;
		}
		m->state[i] = ITEM_AGAIN;	/* in the pack */
		content += m->items[i].expect.size ?
			   *m->items[i].expect.size : 0;
		packed++;
	}
	if (!ret && packed)
		ret = packer_finish(packer);
	if (!ret && packed)
		ret = settle(m, send_pack(m, stage_path(&stage), content));
	packer_free(packer);
	stage_drop(&stage);
	return ret;
}

/*
 * A pack costs its index, a claim and two hints: as many requests as a few
 * blobs cost by themselves, which then have a URL each.
 */
#define PACK_FROM 4

/*
 * 1 it is there.  The ledger decides about packs, also where we see all of
 * them: one that was uploaded and not announced is no other reader's.
 */
static int small_there(struct mover *m, struct table *table,
		       const struct silo_expect *expect)
{
	char name[SILO_NAME_MAX];
	struct backend *b = m->to->b;
	struct table_place place;
	uint64_t size;
	int ret = table_find(table, &expect->id, &place);

	if (!b->path)
		return ret;
	if (!ret)
		ret = b->ops->has(b, silo_blob_name(&expect->id, name), &size);
	return ret > 0 ? silo_seen(m->to, expect, m->opts->pool) : ret;
}

static int plan_small(struct mover *m, size_t *n)
{
	struct table *table;
	int ret = silo_table(m->to, &table);

	*n = 0;
	if (!ret)
		ret = table_again(table);
	for (size_t i = 0; !ret && i < m->n; i++) {
		const struct silo_expect *expect = &m->items[i].expect;

		if (!silo_is_small(expect))
			continue;
		ret = small_there(m, table, expect);
		*n += !ret;
		if (ret)
			ret = mover_done(m, i, MIN(ret, 0));
	}
	return ret;
}

static bool any_small(const struct mover *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (silo_is_small(&m->items[i].expect))
			return true;
	return false;
}

static int plan(struct mover *m)
{
	size_t first, nsmall = 0;
	int ret = 0;
	bool pack;

	for (size_t i = 0; i < m->n; i++) {
		m->items[i].result = 0;
		m->items[i].why = NULL;
	}
	if (any_small(m))
		ret = plan_small(m, &nsmall);
	/* A ledger that cannot be read keeps back the small ones alone. */
	if (ret == FAIL_CORRUPT || ret == FAIL_FORMAT || ret == FAIL_DENIED)
		ret = mover_fail_rest(m, ret, true);
	pack = nsmall >= PACK_FROM;
	if (!ret && pack)
		mover_task(m, pack_run, 0, 0);
	first = m->ntasks;
	for (size_t i = 0; !ret && i < m->n; i++)
		if (m->state[i] == ITEM_OPEN &&
		    !(pack && silo_is_small(&m->items[i].expect)))
			mover_task(m, send_run, i, i + 1);
	mover_sort(m, first);
	return ret;
}

int move_there(struct silo *const *from, size_t nfrom, struct silo *to,
	       struct move_item *items, size_t n, const struct move_opts *opts)
{
	struct mover m;
	int ret = 0;

	for (size_t i = 0; !ret && i < nfrom; i++)
		ret = silo_need_folder(from[i]);
	if (ret)
		return ret;
	mover_init(&m, items, n, opts);
	m.near = from;
	m.nnear = nfrom;
	m.to = to;
	ret = plan(&m);
	if (!ret)
		ret = mover_run(&m);
	/* No ledger there: each by itself. */
	for (size_t i = 0; !ret && i < n; i++)
		if (m.state[i] == ITEM_FILE)
			mover_task(&m, send_run, i, i + 1);
	if (!ret)
		ret = mover_run(&m);
	if (ret && ret != FAIL_STOPPED && ret != FAIL_SYSTEM)
		ret = mover_fail_rest(&m, ret, false);
	mover_release(&m);
	return ret;
}
