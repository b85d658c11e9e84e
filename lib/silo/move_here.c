#include "base/base.h"
#include "base/fail.h"
#include "base/temp.h"
#include "silo/move_int.h"

/* What is here already needs no plan. */
static int drop_there(struct mover *m)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < m->n; i++) {
		ret = silo_has(m->to, &m->items[i].expect.id);
		m->items[i].result = 0;
		m->items[i].why = NULL;
		if (ret < 0)
			ret = mover_done(m, i, ret);
		else if (ret > 0)
			ret = mover_done(m, i, 0);
	}
	return ret;
}

static uint64_t bound(const struct silo_expect *expect)
{
	return pack_bound(expect->size ? *expect->size : PACK_BLOB_MAX);
}

/* Where in packs the items of `state` are; what is in none goes to files. */
static int find_spots(struct mover *m, struct table *table, int state,
		      struct spot *v, size_t *n, size_t *absent)
{
	int ret = 0;

	*n = *absent = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct silo_expect *expect = &m->items[i].expect;
		struct table_place place;

		if (m->state[i] != state || !silo_is_small(expect))
			continue;
		ret = table_find(table, &expect->id, &place);
		if (ret < 0)
			return ret;
		*absent += !ret;
		if (ret)
			v[(*n)++] = (struct spot){
				i, place.pack, place.offset,
				MIN(place.end, place.offset + bound(expect)),
			};
	}
	return 0;
}

/*
 * A ledger that is damaged, or newer than we are, hides the packs, not what
 * lies in objects/; that it is so is said of what is not there either.
 */
static int without_packs(struct mover *m, int code)
{
	char *why = xstrdup(fail_text());
	int ret = 0;

	for (size_t i = 0; !ret && i < m->n; i++) {
		if (m->state[i] != ITEM_OPEN ||
		    !silo_is_small(&m->items[i].expect))
			continue;
		fail_adopt(why);
		ret = mover_done(m, i, code);
		m->state[i] = ITEM_FILE;
	}
	free(why);
	fail_clear();
	return ret;
}

static bool is_local(int ret)
{
	return ret == FAIL_STOPPED || ret == FAIL_SYSTEM;
}

/*
 * A table that was read a while ago may lack what was pushed since: one
 * request tells.
 */
static int plan_packs(struct mover *m, int state, bool again)
{
	struct spot *v = xcalloc(m->n + 1, sizeof(*v));
	size_t n = 0, absent = 0;
	struct table *table;
	int ret = silo_table(m->from, &table);
	bool fresh = again || (!ret && !table_loaded(table));

	if (!ret && again) {
		table_let_go(table);
		ret = table_again(table);
	}
	if (!ret)
		ret = find_spots(m, table, state, v, &n, &absent);
	if (!ret && absent && !fresh) {
		ret = table_again(table);
		if (!ret)
			ret = find_spots(m, table, state, v, &n, &absent);
	}
	if (!ret)
		chunk_plan(m, v, n);
	else
		free(v);
	return ret;
}

static void plan_files(struct mover *m)
{
	bool *spotted = xcalloc(m->n + 1, sizeof(*spotted));
	size_t first = m->ntasks;

	for (size_t i = 0; i < m->nspots; i++)
		spotted[m->spots[i].item] = true;
	for (size_t i = 0; i < m->n; i++)
		if (m->state[i] == ITEM_OPEN && !spotted[i])
			mover_task(m, file_run, i, i + 1);
	mover_sort(m, first);
	free(spotted);
}

static int plan_near(struct mover *m)
{
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < m->n; i++) {
		if (m->state[i] != ITEM_OPEN)
			continue;
		ret = silo_packed(m->from, &m->items[i].expect.id);
		if (ret >= 0)
			mover_task(m, ret ? small_run : file_run, i, i + 1);
	}
	return MIN(ret, 0);
}

static bool any(const struct mover *m, int state)
{
	return memchr(m->state, state, m->n);
}

/* Once more, past all caches, where the ledger says now; then objects/. */
static int second_round(struct mover *m)
{
	int ret = 0;

	m->how = READ_FRESH;
	if (!m->from->b->path && any(m, ITEM_AGAIN)) {
		ret = plan_packs(m, ITEM_AGAIN, true);
		if (!ret)
			ret = mover_run(m);
	}
	for (size_t i = 0; !ret && i < m->n; i++)
		if (m->state[i] == ITEM_AGAIN || m->state[i] == ITEM_FILE)
			mover_task(m, file_run, i, i + 1);
	return ret ? ret : mover_run(m);
}

/* What came stays, whatever else has happened. */
static int finish(struct mover *m, int ret)
{
	char *why = ret ? xstrdup(fail_text()) : NULL;
	int end = m->packer ? packer_finish(m->packer) : 0;

	if (why) {
		fail_adopt(why);
		free(why);
	}
	return ret ? ret : end;
}

int move_here(struct silo *to, struct silo *from, struct move_item *items,
	      size_t n, const struct move_opts *opts)
{
	struct mover m;
	int ret = silo_need_folder(to);

	if (ret)
		return ret;
	mover_init(&m, items, n, opts);
	m.to = to;
	m.from = from;
	ret = drop_there(&m);
	if (!ret && any(&m, ITEM_OPEN)) {
		ret = from->b->path ? plan_near(&m) :
		      plan_packs(&m, ITEM_OPEN, false);
		if (ret && ret != FAIL_NET && !is_local(ret))
			ret = without_packs(&m, ret);
		if (!ret && !from->b->path)
			plan_files(&m);
		if (!ret)
			ret = mover_run(&m);
		if (!ret)
			ret = second_round(&m);
		if (ret && !is_local(ret))
			ret = mover_fail_rest(&m, ret, false);
	}
	ret = finish(&m, ret);
	mover_release(&m);
	return ret;
}
