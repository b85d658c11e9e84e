#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack.h"
#include "silo/table_int.h"

#include <fcntl.h>

/*
 * Packs do not pile up (design 2.9): the smallest are put together until each
 * pack has at least twice the bytes of the next smaller one, as git repack
 * --geometric=2 does it.  A blob is thus written again a few times, not once
 * for each push.
 */
#define SMALL_PACK ((uint64_t)32 << 20)
/* What one push may have to carry for the others, there and back. */
#define FOLD_MAX ((uint64_t)64 << 20)
#define MANY 16
#define TRIES 5
#define BLOB_MAX ((size_t)1 << 20)

struct folder {
	struct table *t;
	struct stage stage;
	char *in;		/* DIR/in/pack: packs as they are */
	char *out;		/* DIR/out/pack: what they become */
	struct strs old;	/* packs that are folded */
	struct idset ids;	/* what came out of them */
	struct live *v;		/* the new ones */
	size_t n;
};

static int by_size(const void *a, const void *b)
{
	const struct live *const *x = a, *const *y = b;

	return (*x)->size < (*y)->size ? -1 : (*x)->size > (*y)->size;
}

/* How many of the smallest of `v`, which is sorted. */
static size_t choose(struct live **v, size_t n)
{
	uint64_t sum = 0;
	size_t i, k = n;

	while (k > 1 && v[k - 1]->size / 2 >= v[k - 2]->size)
		k--;
	if (k <= 1)
		return 0;
	for (i = 0; i < n && (i < k || v[i]->size / 2 < sum); i++) {
		sum += v[i]->size;
		if (sum > FOLD_MAX && i)
			break;
	}
	return i > 1 ? i : 0;
}

static void plan(struct folder *f)
{
	struct table *t = f->t;
	struct live **v = xcalloc(t->nlive + 1, sizeof(struct live *));
	size_t n = 0, take;

	for (size_t i = 0; i < t->nlive; i++)
		if (t->v[i].size < SMALL_PACK)
			v[n++] = &t->v[i];
	qsort(v, n, sizeof(*v), by_size);
	take = n < MANY ? 0 : choose(v, n);
	for (size_t i = 0; i < take; i++)
		strs_add(&f->old, v[i]->name);
	free(v);
}

static size_t uncovered(const struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nlive; i++)
		n += !t->v[i].in_midx;
	return n;
}

struct download {
	struct job job;
	struct folder *f;
	char *name;
	uint64_t max;
	int fd;
	uint64_t off;
};

static int take(void *data, struct block *block)
{
	struct download *d = data;
	struct table *t = d->f->t;
	int ret = t->pace ? t->pace(t->pace_data, block->len) : stop_check();

	if (!ret && block->len > d->max - d->off)
		ret = fail(FAIL_CORRUPT, "'%s' is larger than announced",
			   d->name);
	if (!ret)
		ret = file_pwrite(d->fd, d->off, block->data, block->len);
	d->off += block->len;
	return ret;
}

static int download(struct job *job)
{
	struct download *d = (struct download *)job;
	struct backend *b = d->f->t->b;
	struct sink sink = { take, d };
	struct temp temp = TEMP_INIT;
	char *path = xstrfmt("%s/%s", d->f->in, d->name);
	char *name = xstrfmt("pack/%s", d->name);
	uint64_t total;
	int ret = temp_open(&temp, d->f->in);

	d->fd = temp.fd;
	if (!ret)
		ret = b->ops->read(b, name, 0, UINT64_MAX, 0, &sink, &total);
	if (!ret)
		ret = temp_commit(&temp, path, 0);
	temp_drop(&temp);
	free(path);
	free(name);
	return ret;
}

static int download_all(struct folder *f)
{
	struct download *v = xcalloc(2 * f->old.n, sizeof(*v));
	struct pool *pool = pool_new(TABLE_JOBS);
	int ret = 0;

	for (size_t i = 0; i < 2 * f->old.n; i++) {
		const char *name = f->old.v[i / 2];
		struct live *live = &f->t->v[table_pack(f->t, name)];

		v[i].job = (struct job)JOB_INIT(download);
		v[i].f = f;
		v[i].name = xstrfmt("%s.%s", name, i % 2 ? "idx" : "pack");
		v[i].max = i % 2 ? SMALL_PACK : live->size;
		job_submit(pool, &v[i].job);
	}
	for (size_t i = 0; i < 2 * f->old.n; i++) {
		int one = job_join(pool, &v[i].job);

		ret = ret ? ret : one;
		free(v[i].name);
	}
	pool_free(pool);
	free(v);
	return ret;
}

static int collect(void *data, const struct pack_item *item)
{
	idset_add(data, &item->id);
	return 0;
}

/* All blobs, each verified by its id, once. */
static int repack(struct folder *f, const char *in, const char *out)
{
	int fd = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct packs *packs = packs_open(fd, f->t->algo);
	struct idset all = IDSET_INIT;
	struct packer *packer = NULL;
	struct buf content = BUF_INIT;
	struct id id;
	int ret = packer_open(&packer, out, f->t->algo, 6, 0);

	if (!ret)
		ret = packs_each(packs, collect, &all);
	for (size_t i = 0; ret >= 0 && i < all.n; i++) {
		buf_reset(&content);
		ret = stop_check();
		if (!ret)
			ret = packs_read(packs, &all.ids[i], BLOB_MAX,
					 &content);
		if (!ret)
			ret = packer_add(packer, content.ptr, content.len, &id);
		if (ret >= 0)
			idset_add(&f->ids, &id);
	}
	if (ret >= 0)
		ret = packer_finish(packer);
	packer_free(packer);
	packs_close(packs);
	close(fd);
	idset_release(&all);
	buf_release(&content);
	return ret;
}

struct lookup {
	struct folder *f;
	size_t lost;
};

static int count_lost(void *data, const struct id *id,
		      const struct table_place *place)
{
	struct lookup *l = data;
	const char *name = place->pack + strlen("pack/");
	char *pack = xmemdup(name, strlen(name) - strlen(".pack"));

	if (strs_has(&l->f->old, pack) && idset_find(&l->f->ids, id) < 0)
		l->lost++;
	free(pack);
	return 0;
}

/* A pack whose blobs are not all in the new ones must not be replaced. */
static int check_lost(struct folder *f)
{
	struct lookup l = { f, 0 };
	int ret = table_each_locked(f->t, count_lost, &l);

	return ret ? ret : l.lost ?
	       fail(FAIL_CORRUPT, "%zu blobs of its packs cannot be read",
		    l.lost) : 0;
}

static int upload(struct folder *f, const char *out)
{
	struct strs names = STRS_INIT;
	int ret = file_list(f->out, &names);

	f->v = xcalloc(names.n + 1, sizeof(*f->v));
	for (size_t i = 0; !ret && i < names.n; i++) {
		if (!ends_with(names.v[i], ".pack"))
			continue;
		names.v[i][strlen(names.v[i]) - strlen(".pack")] = '\0';
		ret = table_upload(f->t, out, names.v[i], &f->v[f->n]);
		f->v[f->n++].in_midx = true;
	}
	strs_release(&names);
	return ret;
}

static int fold_packs(struct folder *f)
{
	char *in = xstrfmt("%s/in", stage_path(&f->stage));
	char *out = xstrfmt("%s/out", stage_path(&f->stage));
	int ret;

	f->in = xstrfmt("%s/pack", in);
	f->out = xstrfmt("%s/pack", out);
	ret = temp_mkdirs(f->in, 0);
	if (!ret)
		ret = temp_mkdirs(f->out, 0);
	if (!ret)
		ret = download_all(f);
	if (!ret)
		ret = repack(f, in, out);
	if (!ret)
		ret = check_lost(f);
	if (!ret)
		ret = upload(f, out);
	free(in);
	free(out);
	return ret;
}

/* One table over all packs but those that are replaced. */
static int make_midx(struct folder *f, char name[PACK_NAME_MAX])
{
	struct table *t = f->t;
	const struct midx **v = xcalloc(f->n + t->nlive + 1,
					sizeof(const struct midx *));
	unsigned char digest[DIGEST_SIZE];
	char hex[SEAL_HEX_MAX], path[PACK_NAME_MAX];
	struct buf bytes = BUF_INIT;
	struct strs gone = STRS_INIT;
	struct memory memory;
	struct source src;
	struct seal seal;
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < f->n; i++)
		v[n++] = f->v[i].idx;
	for (size_t i = t->nlive; i-- > 0;)
		if (t->v[i].idx)
			v[n++] = t->v[i].idx;
	if (t->midx)
		v[n++] = t->midx;
	for (size_t i = 0; i < f->old.n; i++)
		strs_add(&gone, f->old.v[i]);
	for (size_t i = 0; t->midx && i < midx_packs(t->midx); i++)
		if (t->midx_live[i] == SIZE_MAX)
			strs_add(&gone, midx_pack(t->midx, i));
	ret = midx_merge(&bytes, t->algo, v, n, &gone);
	digest_of(bytes.ptr, bytes.len, digest);
	memcpy(seal.raw, digest, DIGEST_SIZE);
	snprintf(name, PACK_NAME_MAX, "index-%s", seal_hex(&seal, hex));
	snprintf(path, PACK_NAME_MAX, "pack/%.75s.midx", name);
	memory = (struct memory){ bytes.ptr, bytes.len };
	src = source_memory(&memory, path);
	if (!ret)
		ret = backend_put_exact(t->b, path, &src);
	strs_release(&gone);
	buf_release(&bytes);
	free(v);
	return ret;
}

/* Somebody folded them first: then there is nothing to do. */
static bool still_live(const struct folder *f)
{
	for (size_t i = 0; i < f->old.n; i++)
		if (table_pack(f->t, f->old.v[i]) < 0)
			return false;
	return true;
}

static int announce(struct folder *f)
{
	struct buf members = BUF_INIT;
	char name[PACK_NAME_MAX];
	int ret = make_midx(f, name);

	if (!ret) {
		table_format_packs(&members, f->v, f->n);
		buf_addf(&members, ",\n  \"midx\": \"%s\"", name);
		buf_adds(&members, ",\n  \"replaced\": [");
		for (size_t i = 0; i < f->old.n; i++)
			buf_addf(&members, "%s\n    \"%s\"", i ? "," : "",
				 f->old.v[i]);
		buf_adds(&members, f->old.n ? "\n  ]" : "]");
		ret = table_claim(f->t, members.ptr);
	}
	buf_release(&members);
	return ret;
}

int table_fold(struct table *t, const char *dir)
{
	struct folder f = { .t = t, .stage = STAGE_INIT };
	int ret = 0;

	plan(&f);
	if (!f.old.n && uncovered(t) < MANY)
		return 0;
	if (f.old.n) {
		ret = stage_open(&f.stage, dir);
		if (!ret)
			ret = fold_packs(&f);
	}
	for (int try = 0; !ret && try < TRIES && still_live(&f); try++)
		ret = announce(&f);
	if (ret > 0)
		ret = table_complete(t);
	stage_drop(&f.stage);
	for (size_t i = 0; i < f.n; i++)
		live_release(&f.v[i]);
	free(f.v);
	free(f.in);
	free(f.out);
	strs_release(&f.old);
	idset_release(&f.ids);
	return ret;
}
