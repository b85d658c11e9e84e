#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/filter_int.h"
#include "silo/flow.h"

#include <sys/stat.h>

/* Old pointers are asked of HEAD only so often: the index knows nearly all. */
#define HEAD_MAX 64

static void read_index(struct filter *f)
{
	const char *env = getenv("GIT_INDEX_FILE");
	char *path;
	int ret;

	if (f->index_read)
		return;
	f->index_read = true;
	path = env && *env ? xstrdup(env) :
	       xstrfmt("%s/index", f->medo.git.dir);
	ret = index_open(&f->index, path, medo_algo(&f->medo));
	if (!ret && f->index.split) {
		index_close(&f->index);
		f->index = (struct index_file)INDEX_FILE_INIT;
		ret = f->medo.git.top ?
		      index_open_split(&f->index, f->medo.git.top,
				       medo_algo(&f->medo)) : 0;
	}
	/* No index, or one that we cannot read: then no old pointers. */
	if (ret)
		f->index = (struct index_file)INDEX_FILE_INIT;
	fail_clear();
	free(path);
}

/* Entries are sorted by path, then by stage. */
static const struct index_entry *find_stage(const struct index_file *index,
					    const char *path, unsigned stage)
{
	size_t from = 0, to = index->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct index_entry *e = &index->v[mid];
		int cmp = e->path ? strcmp(e->path, path) : -1;

		if (!cmp)
			cmp = (e->stage > stage) - (e->stage < stage);
		if (!cmp)
			return e;
		if (cmp < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* Is the old blob a pointer to the same content?  Then it stays. */
static int same_as(struct filter *f, const char *name,
		   const struct treeptr *ptr, struct buf *out)
{
	struct treeptr old = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	int ret = catfile_get(&f->medo.cat, name, TREEPTR_MAX, &text);

	if (ret > 0) {
		ret = 0;
		if (treeptr_likely(text.ptr, text.len) &&
		    !treeptr_parse(&old, text.ptr, text.len, name) &&
		    id_eq(&old.id, &ptr->id) && old.size == ptr->size) {
			buf_add(out, text.ptr, text.len);
			ret = 1;
		}
		fail_clear();
	}
	treeptr_release(&old);
	buf_release(&text);
	return ret;
}

/* git's id of the blob that a text would be. */
static void blob_id(const struct filter *f, const struct buf *text,
		    struct id *out)
{
	struct hash hash;

	hash_init_object(&hash, medo_algo(&f->medo), "blob", text->len);
	hash_add(&hash, text->ptr, text->len);
	hash_final(&hash, out);
}

/*
 * The pointer that git has for this path, if it names the same content: its
 * provenance survives.  Index stage 0, 2, 3, 1, then HEAD.
 */
static int reuse(struct filter *f, const char *path, const struct treeptr *ptr,
		 const struct buf *fresh, struct buf *out)
{
	static const unsigned order[] = { 0, 2, 3, 1 };
	char hex[ID_HEX_MAX];
	struct id id;
	bool any = false;
	int ret = 0;

	read_index(f);
	blob_id(f, fresh, &id);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(order); i++) {
		const struct index_entry *e =
			find_stage(&f->index, path, order[i]);

		if (!e)
			continue;
		any = true;
		if (id_eq(&e->id, &id))
			return 0;
		ret = same_as(f, id_hex(&e->id, hex), ptr, out);
	}
	if (!ret && !any && f->head_asked < HEAD_MAX) {
		char *name = xstrfmt("HEAD:%s", path);

		f->head_asked++;
		ret = same_as(f, name, ptr, out);
		free(name);
	}
	return ret < 0 ? ret : 0;
}

static void make_pointer(const struct gz_facts *facts, struct treeptr *ptr,
			 struct buf *text)
{
	ptr->id = facts->id;
	ptr->size = facts->size;
	ptr->seal = facts->seal;
	ptr->has_seal = true;
	treeptr_format(ptr, text);
}

static int finish(struct filter *f, const char *path,
		  const struct gz_facts *facts, struct buf *out)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf fresh = BUF_INIT;
	int ret;

	make_pointer(facts, &ptr, &fresh);
	ret = reuse(f, path, &ptr, &fresh, out);
	if (!ret && !out->len)
		SWAP(*out, fresh);
	buf_release(&fresh);
	treeptr_release(&ptr);
	return ret;
}

static void seal_of(const void *data, size_t len, struct gz_facts *facts)
{
	unsigned char digest[DIGEST_SIZE];
	const char *p = data;
	struct sealer sealer;

	sealer_init(&sealer);
	for (size_t off = 0; off < len; off += PIECE_SIZE) {
		digest_of(p + off, MIN(len - off, PIECE_SIZE), digest);
		sealer_add(&sealer, digest);
	}
	sealer_final(&sealer, &facts->seal);
	facts->size = len;
}

/*
 * git looks again at whatever was touched, and at all that is as young as its
 * index: that must not store it again, nor what came from far.  The cache
 * counts where the index has this very pointer.
 */
static int is_stored(struct filter *f, const char *path, const void *data,
		     size_t len, struct gz_facts *facts)
{
	const struct index_entry *entry;
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	struct silo *cache;
	struct hash hash;
	struct id id;
	int ret = 0;

	read_index(f);
	entry = find_stage(&f->index, path, 0);
	if (!entry)
		return 0;
	hash_init_object(&hash, medo_algo(&f->medo), "blob", len);
	hash_add(&hash, data, len);
	hash_final(&hash, &facts->id);
	seal_of(data, len, facts);
	make_pointer(facts, &ptr, &text);
	blob_id(f, &text, &id);
	if (len <= PACK_BLOB_MAX)
		ret = silo_has(f->store, &facts->id);
	if (!ret && id_eq(&id, &entry->id)) {
		ret = medo_cache(&f->medo, &cache);
		if (!ret)
			ret = silo_has(cache, &facts->id);
	}
	if (ret < 0)
		fail_clear();
	buf_release(&text);
	treeptr_release(&ptr);
	return ret > 0;
}

/* Small contents of one process share a pack. */
static int store_small(struct filter *f, const void *data, size_t len,
		       struct gz_facts *facts)
{
	int ret = 0;

	if (!f->packer)
		ret = silo_packer(f->store, 1, &f->packer);
	if (!ret)
		ret = packer_add(f->packer, data, len, &facts->id);
	if (ret < 0)
		return ret;
	seal_of(data, len, facts);
	return 0;
}

static int store_medium(struct filter *f, const void *data, size_t len,
			struct gz_facts *facts)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, "content");

	return silo_add(f->store, &src, 1, medo_pool(&f->medo), NULL, facts);
}

/* What was read ahead, then the rest of the inflow. */
struct rest {
	const unsigned char *head;
	size_t len;
	size_t pos;
	const struct inflow *in;
};

static ssize_t read_rest(void *data, void *buf, size_t len)
{
	struct rest *r = data;
	size_t n = MIN(len, r->len - r->pos);

	if (!n)
		return r->in->read(r->in->data, buf, len);
	memcpy(buf, r->head + r->pos, n);
	r->pos += n;
	return (ssize_t)n;
}

/* Nobody needs to hash it again when it is checked out. */
static void vouch_for(struct filter *f, const struct gz_facts *facts)
{
	struct silo_expect expect = {
		.id = facts->id, .size = &facts->size, .seal = &facts->seal,
	};
	struct blob blob = BLOB_INIT;

	if (!f->vouch.path)
		vouch_load(&f->vouch, f->store);
	if (silo_blob_file(f->store, &facts->id, &blob))
		fail_clear();
	else
		vouch_made(&f->vouch, &blob, &expect);
	blob_close(&blob);
}

/* What lies in the work tree is nearly always what comes: so large. */
static int store_large(struct filter *f, const char *path,
		       const unsigned char *head, size_t len,
		       const struct inflow *in, struct gz_facts *facts)
{
	struct rest rest = { head, len, 0, in };
	struct flow flow = { .read = read_rest, .data = &rest, .guess = len };
	char *full = xstrfmt("%s/%s", f->medo.git.top ? f->medo.git.top : ".",
			     path);
	struct stat st;
	int ret;

	if (!lstat(full, &st) && S_ISREG(st.st_mode))
		flow.guess = (uint64_t)st.st_size;
	free(full);
	ret = flow_add(f->store, &flow, 1, medo_pool(&f->medo), facts);
	if (!ret)
		vouch_for(f, facts);
	return ret;
}

/* clean(pointer) = pointer */
static bool is_pointer(const void *data, size_t len, const char *path)
{
	struct treeptr ptr = TREEPTR_INIT;
	bool yes = treeptr_likely(data, len) &&
		   !treeptr_parse(&ptr, data, len, path);

	fail_clear();
	treeptr_release(&ptr);
	return yes;
}

/*
 * It is in the store when this returns 0, and nobody takes it for nameless
 * before we end: git has written its index then.
 */
static int store(struct filter *f, const char *path,
		 const struct inflow *in, size_t len, struct gz_facts *facts)
{
	int ret = f->held ? 0 : silo_hold(f->store, false);

	if (ret)
		return ret;
	f->held = true;
	if (len <= FILTER_MEMORY && is_stored(f, path, f->head, len, facts))
		return 0;
	if (len <= PACK_BLOB_MAX) {
		pin_follow(&f->pin);
		return store_small(f, f->head, len, facts);
	}
	pin_release(&f->pin);
	if (len <= FILTER_MEMORY)
		return store_medium(f, f->head, len, facts);
	return store_large(f, path, f->head, len, in, facts);
}

/* What is empty or a pointer needs no repository, and no room. */
#define FIRST_LOOK ((size_t)TREEPTR_MAX + 1)

int filter_clean(struct filter *f, const char *path, const struct inflow *in,
		 struct buf *out)
{
	struct gz_facts facts;
	size_t len;
	ssize_t n;
	int ret;

	if (!f->head)
		f->head = xmalloc(FIRST_LOOK);
	n = inflow_fill(in, f->head, FIRST_LOOK);
	if (n < 0)
		return (int)n;
	len = (size_t)n;
	if (!len || (len < FIRST_LOOK && is_pointer(f->head, len, path))) {
		buf_add(out, f->head, len);
		return 0;
	}
	ret = filter_open(f);
	if (ret)
		return ret;
	if (len == FIRST_LOOK) {
		f->head = xrealloc(f->head, FILTER_MEMORY + 1, 1);
		n = inflow_fill(in, f->head + len, FILTER_MEMORY + 1 - len);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
	}
	ret = store(f, path, in, len, &facts);
	return ret ? ret : finish(f, path, &facts, out);
}
