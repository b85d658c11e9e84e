#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack_int.h"

struct packer {
	char *dir;
	enum id_algo algo;
	unsigned flags;
	struct zlib *zlib;
	unsigned char *out;	/* an object on its way */
	size_t expect;		/* how many blobs, or 0 */
	struct grown grown;
};

void grown_place(struct grown *grown, uint64_t off, uint32_t crc)
{
	size_t n = grown->ids.n;	/* the id is in already */

	if (n > grown->cap) {
		grown->cap = grown->cap ? 2 * grown->cap : 64;
		grown->places = xrealloc(grown->places, grown->cap,
					 sizeof(*grown->places));
	}
	grown->places[n - 1] = (struct pack_place){ (uint32_t)off, crc };
}

void grown_release(struct grown *grown)
{
	temp_drop(&grown->temp);
	idset_release(&grown->ids);
	free(grown->places);
	*grown = (struct grown)GROWN_INIT;
}

int packer_open(struct packer **out, const char *dir, enum id_algo algo,
		int level, unsigned temp_flags)
{
	struct packer *p = xcalloc(1, sizeof(*p));

	p->dir = xstrdup(dir);
	p->algo = algo;
	p->flags = temp_flags;
	p->zlib = zlib_new(level);
	p->out = xmalloc(PACK_HEAD_MAX + zlib_bound(PACK_BLOB_MAX));
	p->grown = (struct grown)GROWN_INIT;
	*out = p;
	return 0;
}

/* The file is made for the first blob: most processes have none. */
static int begin(struct packer *p)
{
	unsigned char start[PACK_START_SIZE];
	char *dir = xstrfmt("%s/pack", p->dir);
	int ret = temp_mkdirs(dir, p->flags);

	if (!ret)
		ret = temp_open_grown(&p->grown.temp, dir);
	if (!ret) {
		pack_put_start(start, (uint32_t)p->expect);
		hash_init(&p->grown.sum, p->algo);
		hash_add(&p->grown.sum, start, sizeof(start));
		p->grown.sum_count = p->expect;
		ret = file_pwrite(p->grown.temp.fd, 0, start, sizeof(start));
		if (ret)
			temp_drop(&p->grown.temp);
	}
	free(dir);
	return ret;
}

void packer_expect(struct packer *p, size_t n)
{
	p->expect = n <= PACK_COUNT_MAX ? n : 0;
}

static bool is_full(const struct packer *p)
{
	return p->grown.end > PACK_GROW_MAX || p->grown.ids.n >= PACK_COUNT_MAX;
}

/* Room for one object more, in this pack or in the next. */
static int make_room(struct packer *p)
{
	int ret = is_full(p) ? packer_finish(p) : 0;

	return !ret && p->grown.temp.fd < 0 ? begin(p) : ret;
}

static int append(struct packer *p, const struct id *id, const void *raw,
		  size_t n)
{
	struct grown *grown = &p->grown;
	int ret;

	/*
	 * From its first byte on it is not ours to lose.  What a full disk cut
	 * short lies behind the end, where the next one overwrites it.
	 */
	temp_keep(&grown->temp);
	ret = file_pwrite(grown->temp.fd, grown->end, raw, n);
	if (ret)
		return fail_in(ret, "'%s'", quoted(temp_path(&grown->temp)));
	if (grown->sum_count)
		hash_add(&grown->sum, raw, n);
	idset_add(&grown->ids, id);
	grown_place(grown, grown->end, zlib_crc32(0, raw, n));
	grown->end += n;
	return 1;
}

int packer_add(struct packer *p, const void *data, size_t len, struct id *id)
{
	size_t n;
	int ret;

	if (len > PACK_BLOB_MAX)
		return fail(FAIL_REQUEST, "%zu bytes are too many for a pack",
			    len);
	pack_hash_blob(p->algo, data, len, id);
	if (idset_find(&p->grown.ids, id) >= 0)
		return 0;
	ret = make_room(p);
	if (ret)
		return ret;
	n = pack_put_head(p->out, PACK_BLOB, len);
	n += zlib_deflate(p->zlib, data, len, p->out + n);
	return append(p, id, p->out, n);
}

int packer_add_raw(struct packer *p, const struct id *id, const void *raw,
		   size_t len)
{
	int ret;

	if (len > pack_bound(PACK_BLOB_MAX))
		return fail(FAIL_REQUEST, "%zu bytes are too many for a pack",
			    len);
	if (idset_find(&p->grown.ids, id) >= 0)
		return 0;
	ret = make_room(p);
	return ret ? ret : append(p, id, raw, len);
}

bool packer_has(const struct packer *p, const struct id *id)
{
	return idset_find(&p->grown.ids, id) >= 0;
}

int packer_read(struct packer *p, const struct id *id, struct buf *out)
{
	ssize_t i = idset_find(&p->grown.ids, id);

	if (i < 0)
		return fail(FAIL_MISSING, "it is not in this pack");
	return pack_read_blob(p->grown.temp.fd, p->grown.places[i].off,
			      p->grown.end, id, PACK_BLOB_MAX, out);
}

int packer_finish(struct packer *p)
{
	int ret = 0;

	if (p->grown.ids.n)
		ret = grown_finish(&p->grown, p->dir, p->algo, p->flags);
	else if (p->grown.temp.fd >= 0)
		temp_discard(&p->grown.temp);
	grown_release(&p->grown);
	return ret;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	if (!p->grown.ids.n)
		temp_discard(&p->grown.temp);
	grown_release(&p->grown);
	zlib_free(p->zlib);
	free(p->out);
	free(p->dir);
	free(p);
}
