#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "medo/dirtar.h"
#include "medo/extract.h"
#include "medo/fetch.h"
#include "medo/treediff.h"

enum side { BASE, OURS, THEIRS, NSIDES };

struct merge {
	struct medo *medo;
	const char *path;
	const struct treeptr *ptr[NSIDES];
	struct tree_list list[NSIDES];
	void (*clash)(void *data, const char *path);
	void *data;
	uint64_t clashes;
	/* While one side is read: what of it goes into the merged tree. */
	enum side now;
	bool take;
	struct entry_handler to;
};

/* Which side has the entry as it shall be; -1: both changed it. */
static int choose(const struct merge *m, const char *path)
{
	const struct tree_item *it[NSIDES];

	for (int i = 0; i < NSIDES; i++)
		it[i] = tree_list_find(&m->list[i], path);
	if (tree_item_same(it[BASE], it[THEIRS]) ||
	    tree_item_same(it[OURS], it[THEIRS]))
		return OURS;
	return tree_item_same(it[BASE], it[OURS]) ? THEIRS : -1;
}

static void judge(void *data, const struct tree_item *old,
		  const struct tree_item *new)
{
	struct merge *m = data;
	const char *path = old ? old->path : new->path;

	/* Directories are what their files make them. */
	if ((!old || old->type == ENTRY_DIR) &&
	    (!new || new->type == ENTRY_DIR))
		return;
	if (choose(m, path) < 0) {
		m->clashes++;
		m->clash(m->data, path);
	}
}

static int take_begin(void *data, const struct entry *e)
{
	struct merge *m = data;

	m->take = e->type != ENTRY_DIR &&
		  choose(m, e->path) == (int)m->now;
	return m->take ? m->to.begin(m->to.data, e) : 0;
}

static int take_content(void *data, struct block *block, size_t off,
			size_t len)
{
	struct merge *m = data;

	return m->take ? m->to.content(m->to.data, block, off, len) : 0;
}

static int take_end(void *data)
{
	struct merge *m = data;

	return m->take ? m->to.end(m->to.data) : 0;
}

static int take_side(struct merge *m, enum side side)
{
	struct entry_handler handler = {
		take_begin, take_content, take_end, m
	};
	struct blob blob = BLOB_INIT;
	struct content content = {
		.blob = &blob, .ptr = m->ptr[side],
		.name = file_basename(m->path), .handler = &handler,
	};
	int ret = fetch_open(m->medo, m->path, m->ptr[side], &blob);

	m->now = side;
	if (!ret)
		ret = content_read(m->medo, &content);
	blob_close(&blob);
	return ret;
}

/* Ours with what they changed, as files below `dirfd`. */
static int make_tree(struct merge *m, int dirfd)
{
	struct extract_opts how = { .links_out = true };
	struct extract *extract = extract_new(dirfd, medo_pool(m->medo), &how);
	int ret;

	m->to = extract_handler(extract);
	ret = take_side(m, OURS);
	if (!ret)
		ret = take_side(m, THEIRS);
	if (!ret)
		extract_keep_top(extract);
	if (!ret)
		ret = extract_finish(extract);
	extract_free(extract);
	return ret;
}

static int recheck(void *data)
{
	return dirtar_recheck(data);
}

static int store_tree(struct merge *m, const char *dir, struct treeptr *out)
{
	struct dirtar_opts keep = { .tree = medo_algo(m->medo) };
	struct dirtar *dirtar = NULL;
	struct gz_facts facts;
	struct silo *store;
	struct source src;
	int ret = medo_store(m->medo, &store);

	if (!ret)
		ret = dirtar_open(&dirtar, dir, &keep);
	if (ret)
		return ret;
	src = dirtar_source(dirtar);
	ret = silo_add_if(store, &src, 6, medo_pool(m->medo), NULL, recheck,
			  dirtar, &facts);
	if (!ret)
		ret = dirtar_tree_id(dirtar, facts.id.algo, &out->tree);
	dirtar_close(dirtar);
	if (ret < 0)
		return ret;
	out->has_tree = ret > 0;
	out->id = facts.id;
	out->size = facts.size;
	out->seal = facts.seal;
	out->has_seal = true;
	out->format = xstrdup("tar");
	return 0;
}

/* Where it was to be, and of what it was made. */
static void describe(const struct merge *m, struct treeptr *out)
{
	const struct treeptr *ours = m->ptr[OURS];
	char a[ID_HEX_MAX], b[ID_HEX_MAX], base[ID_HEX_MAX];

	if (ours->prefix)
		out->prefix = xstrdup(ours->prefix);
	buf_add(&out->rest, ours->rest.ptr, ours->rest.len);
	out->provenance = xstrfmt("{\n    \"inputs\": [\n      \"%s\",\n"
				  "      \"%s\"\n    ],\n"
				  "    \"base\": \"%s\"\n  }",
				  id_hex(&ours->id, a),
				  id_hex(&m->ptr[THEIRS]->id, b),
				  id_hex(&m->ptr[BASE]->id, base));
}

/* All three, fetched if need be. */
static int read_lists(struct merge *m)
{
	int ret = 0;

	for (int i = 0; !ret && i < NSIDES; i++) {
		ret = fetch_one(m->medo, m->path, m->ptr[i], NULL);
		if (!ret)
			ret = tree_list_near(&m->list[i], m->medo, m->path,
					     m->ptr[i]);
		ret = ret < 0 ? ret : ret ? 0 : FAIL_MISSING;
	}
	return ret;
}

int tree_merge(struct medo *medo, const char *path,
	       const struct treeptr *base, const struct treeptr *ours,
	       const struct treeptr *theirs, struct treeptr *out,
	       void (*clash)(void *data, const char *path), void *data)
{
	struct merge m = {
		.medo = medo, .path = path, .ptr = { base, ours, theirs },
		.clash = clash, .data = data,
	};
	char *dir = xstrfmt("%s/medo/tmp", medo->git.common);
	struct stage stage = STAGE_INIT;
	int ret = read_lists(&m);

	if (!ret)
		tree_list_compare(&m.list[OURS], &m.list[THEIRS], judge, &m);
	if (!ret && !m.clashes) {
		ret = temp_mkdirs(dir, 0);
		if (!ret)
			ret = stage_open(&stage, dir);
		if (!ret)
			ret = make_tree(&m, stage.fd);
		if (!ret)
			ret = store_tree(&m, stage_path(&stage), out);
		if (!ret)
			describe(&m, out);
		ret = ret ? ret : 1;
	}
	for (int i = 0; i < NSIDES; i++)
		tree_list_release(&m.list[i]);
	stage_drop(&stage);
	free(dir);
	return ret;
}
