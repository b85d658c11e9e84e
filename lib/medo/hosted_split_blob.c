#include "base/base.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/quote.h"
#include "codec/zlib.h"
#include "medo/hosted_take.h"
#include "silo/move.h"

/*
 * What no pack of the repository has may be a blob of the silo around it, in a
 * file or in a pack.  All of them come to this disk first, by one plan, each
 * verified by its id: a pack begins with how many objects it has, and what a
 * place has spoilt must not cost git the others.  Then they are one pack.
 */
#define BLOB_MAX ((uint64_t)1 << 40)	/* more inflates for a day */
#define HEAD_MAX 10

struct part {
	struct id id;
	uint64_t size;
};

struct gift {
	struct take *t;
	struct pool *pool;
	struct silo *around;
	struct silo *scratch;	/* NULL: `around` is on this disk */
	struct part *v;
	size_t n;
	size_t cap;
	size_t bad;		/* are there, and cannot be had */
	/* On the way. */
	struct feed feed;
	struct hash hash;
	struct zlib_flow *z;
};

/* A few words for all: ten thousand that cannot be had may have one reason. */
static int not_this(struct gift *g, int code, const char *why)
{
	if (code == FAIL_STOPPED)
		return code;
	if (code != FAIL_MISSING && !g->bad++)
		say("warning: ", "%s", why);
	return 0;
}

static struct silo *near(const struct gift *g)
{
	return g->scratch ? g->scratch : g->around;
}

/* How long is it?  What does not tell is read, and so is what is unproved. */
static int measure(struct gift *g, const struct id *id, uint64_t *size)
{
	struct gz_expect expect = { .id = id, .algo = id->algo,
				    .max_size = BLOB_MAX };
	struct blob blob = BLOB_INIT;
	struct gz_facts facts;
	char hex[ID_HEX_MAX];
	int ret = silo_blob(near(g), id, &blob);

	if (!ret && (blob.packed || (g->scratch && blob_seekable(&blob)))) {
		*size = blob_size(&blob);
	} else if (!ret) {
		ret = gz_read(blob.gz, &expect, g->pool, NULL, NULL, &facts);
		*size = facts.size;
		if (ret && ret != FAIL_STOPPED)
			fail_in(ret, "blob %s in silo '%s'", id_hex(id, hex),
				quoted(silo_url(g->around)));
	}
	blob_close(&blob);
	return ret;
}

static int look_at(struct gift *g, const struct id *id)
{
	struct part part = { .id = *id };
	int ret = stop_check();

	if (!ret)
		ret = measure(g, id, &part.size);
	if (ret) {
		ret = not_this(g, ret, fail_text());
		if (!ret)
			fail_clear();
		return ret;
	}
	ALLOC_GROW(g->v, g->n, g->cap);
	g->v[g->n++] = part;
	return 0;
}

/* Its stage is git's object store for now; there this disturbs nobody. */
static int bring_here(struct gift *g, const struct idset *ids)
{
	char *path = xstrfmt("%s/silo", stage_path(&g->t->stage));
	struct move_item *items = xcalloc(ids->n + 1, sizeof(*items));
	struct move_opts how = { .pool = g->pool };
	int ret = silo_open(&g->scratch, path, ids->ids[0].algo, SILO_CREATE);

	for (size_t i = 0; i < ids->n; i++)
		items[i].expect = (struct silo_expect){
			.id = ids->ids[i], .max_size = BLOB_MAX,
		};
	if (!ret)
		ret = move_here(g->scratch, g->around, items, ids->n, &how);
	for (size_t i = 0; !ret && i < ids->n; i++)
		ret = items[i].result < 0 ?
		      not_this(g, items[i].result, items[i].why) :
		      look_at(g, &ids->ids[i]);
	move_release(items, ids->n);
	free(items);
	free(path);
	return ret;
}

static int gather(struct gift *g, const struct idset *ids)
{
	int ret = 0;

	if (!silo_backend(g->around)->path)
		return bring_here(g, ids);
	for (size_t i = 0; !ret && i < ids->n; i++)
		ret = look_at(g, &ids->ids[i]);
	return ret;
}

static int send(void *data, const void *bytes, size_t len)
{
	struct gift *g = data;

	hash_add(&g->hash, bytes, len);
	return take_feed(&g->feed, bytes, len);
}

static int take_content(void *data, struct block *block)
{
	struct gift *g = data;

	return zlib_flow_add(g->z, block->data, block->len, false, send, g);
}

/* Its kind and size as packs write them, then the content. */
static int send_part(struct gift *g, const struct part *part)
{
	struct silo_expect expect = { .id = part->id, .size = &part->size,
				      .max_size = BLOB_MAX };
	struct sink sink = { take_content, g };
	unsigned char head[HEAD_MAX] = { 0 };
	uint64_t more = part->size >> 4;
	size_t n = 1;
	int ret;

	head[0] = (unsigned char)(3 << 4 | (part->size & 15));
	for (; more; more >>= 7) {
		head[n - 1] |= 0x80;
		head[n++] = more & 0x7f;
	}
	ret = send(g, head, n);
	if (!ret)
		ret = zlib_flow_open(&g->z);
	if (!ret)
		ret = silo_read(near(g), &expect, g->pool, &sink, NULL);
	if (!ret)
		ret = zlib_flow_add(g->z, "", 0, true, send, g);
	zlib_flow_close(g->z);
	g->z = NULL;
	return ret;
}

static int send_pack(struct gift *g)
{
	enum id_algo algo = g->t->h->state.algo;
	unsigned char head[12] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };
	char hex[ID_HEX_MAX], *name = NULL;
	struct id id;
	int ret;

	put_be32(head + 8, (uint32_t)g->n);
	g->feed = (struct feed){ .child = CHILD_INIT,
				 .max = sizeof(head) + ID_RAW_MAX,
				 .name = "what git asked for" };
	for (size_t i = 0; i < g->n; i++)
		g->feed.max += HEAD_MAX + zlib_bound(g->v[i].size);
	hash_init(&g->hash, algo);
	ret = take_begin(g->t, &g->feed);
	if (ret)
		return ret;
	ret = send(g, head, sizeof(head));
	for (size_t i = 0; !ret && i < g->n; i++)
		ret = send_part(g, &g->v[i]);
	hash_final(&g->hash, &id);
	if (!ret)
		ret = take_feed(&g->feed, id.raw, id_raw_size(algo));
	name = xstrfmt("pack-%s", id_hex(&id, hex));
	ret = take_end(g->t, &g->feed, name, ret);
	free(name);
	return ret;
}

/* 1: there is a silo; a strange or damaged one has nothing for us. */
static int open_around(struct gift *g)
{
	const char *url;
	int ret = hosted_silo(g->t->h, &url);

	if (ret <= 0)
		return ret;
	ret = silo_open(&g->around, url, g->t->h->state.algo,
			SILO_ANY_ADDRESS);
	if (ret != FAIL_DENIED && ret != FAIL_FORMAT && ret != FAIL_CORRUPT)
		return ret ? ret : 1;
	say("warning: ", "%s", fail_text());
	fail_clear();
	return 0;
}

int take_blobs(struct take *t, const struct strs *hex)
{
	struct gift g = { .t = t };
	struct idset ids = IDSET_INIT;
	struct id id;
	int ret = open_around(&g);

	for (size_t i = 0; i < hex->n; i++)
		if (!id_parse(&id, hex->v[i], strlen(hex->v[i])))
			idset_add(&ids, &id);
	if (ret > 0 && ids.n) {
		g.pool = pool_new(0);
		ret = gather(&g, &ids);
		if (!ret && g.n)
			ret = send_pack(&g);
		pool_free(g.pool);
	}
	silo_close(g.scratch);
	silo_close(g.around);
	idset_release(&ids);
	free(g.v);
	return MIN(ret, 0);
}
