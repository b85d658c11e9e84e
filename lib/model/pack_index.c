#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "model/pack_int.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/*
 * gitformat-pack(5), version 2: magic and version; 256 counts of the ids whose
 * first byte is at most that; ids in order; a CRC-32 for each; an offset for
 * each, or, with the highest bit, a place in the table of long offsets behind
 * them; the pack's hash; its own.
 */
#define MAGIC "\377tOc"
#define HEAD 8
#define FAN_SIZE (4 * 256)
#define LONG_OFFSET ((uint32_t)1 << 31)

/* Up to here it is read, and checked, as a whole; beyond, it is mapped. */
#define WHOLE_MAX ((size_t)1 << 20)

struct sorted {
	const struct id *id;
	struct pack_place place;
};

static int by_id(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	return id_cmp(x->id, y->id);
}

static void add_be32(struct buf *out, uint32_t v)
{
	unsigned char be[4];

	put_be32(be, v);
	buf_add(out, be, 4);
}

void pack_make_index(struct buf *out, const struct grown *grown,
		     enum id_algo algo, const struct id *checksum)
{
	size_t n = grown->ids.n, hash = id_raw_size(algo), k = 0;
	struct sorted *v = xcalloc(n, sizeof(*v));
	struct hash own;
	struct id sum;

	for (size_t i = 0; i < n; i++)
		v[i] = (struct sorted){ &grown->ids.ids[i], grown->places[i] };
	qsort(v, n, sizeof(*v), by_id);
	buf_grow(out, HEAD + FAN_SIZE + n * (hash + 8) + 2 * hash);
	buf_add(out, MAGIC, 4);
	add_be32(out, 2);
	for (unsigned first = 0; first < 256; first++) {
		while (k < n && v[k].id->raw[0] <= first)
			k++;
		add_be32(out, (uint32_t)k);
	}
	for (size_t i = 0; i < n; i++)
		buf_add(out, v[i].id->raw, hash);
	for (size_t i = 0; i < n; i++)
		add_be32(out, v[i].place.crc);
	for (size_t i = 0; i < n; i++)
		add_be32(out, v[i].place.off);
	buf_add(out, checksum->raw, hash);
	hash_init(&own, algo);
	hash_add(&own, out->ptr, out->len);
	hash_final(&own, &sum);
	buf_add(out, sum.raw, hash);
	free(v);
}

static uint32_t fan(const struct pack_index *x, unsigned first)
{
	return get_be32(x->data + HEAD + 4 * (size_t)first);
}

static const unsigned char *id_at(const struct pack_index *x, size_t i)
{
	return x->data + HEAD + FAN_SIZE + i * x->hash;
}

static const unsigned char *crcs(const struct pack_index *x)
{
	return id_at(x, x->n);
}

static const unsigned char *offsets(const struct pack_index *x)
{
	return crcs(x) + 4 * x->n;
}

static int check_shape(struct pack_index *x)
{
	uint64_t n, need;

	if (x->size < HEAD + FAN_SIZE + 2 * x->hash)
		return fail(FAIL_CORRUPT, "it is too short");
	if (memcmp(x->data, MAGIC, 4))
		return fail(FAIL_FORMAT, "it is no index of version 2; git "
			    "index-pack makes one");
	if (get_be32(x->data + 4) != 2)
		return fail(FAIL_FORMAT, "it has version %u, not 2",
			    get_be32(x->data + 4));
	for (unsigned i = 1; i < 256; i++)
		if (fan(x, i) < fan(x, i - 1))
			return fail(FAIL_CORRUPT, "its counts decrease");
	n = fan(x, 255);
	need = HEAD + FAN_SIZE + n * (x->hash + 8) + 2 * x->hash;
	if (x->size < need || (x->size - need) % 8 ||
	    (x->size - need) / 8 > n)
		return fail(FAIL_CORRUPT, "its size is not that of %" PRIu64
			    " objects", n);
	x->n = (size_t)n;
	x->n64 = (size_t)(x->size - need) / 8;
	return 0;
}

static int load(struct pack_index *x, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_errno("cannot stat it");
	if (!S_ISREG(st.st_mode))
		return fail(FAIL_DENIED, "it is not a regular file");
	if (st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX / 2)
		return fail(FAIL_CORRUPT, "it is too short");
	x->size = (size_t)st.st_size;
	x->mapped = x->size > WHOLE_MAX;
	if (!x->mapped) {
		x->data = xmalloc(x->size);
		return file_pread(fd, 0, x->data, x->size);
	}
	x->data = mmap(NULL, x->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (x->data == MAP_FAILED) {
		x->data = NULL;
		return fail_errno("cannot map it");
	}
	return 0;
}

int pack_index_open(struct pack_index *x, int dirfd, const char *name,
		    enum id_algo algo)
{
	int fd = file_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK, 0);
	int ret;

	*x = (struct pack_index){ .hash = id_raw_size(algo) };
	if (fd < 0)
		return fd;
	ret = load(x, fd);
	close(fd);
	if (!ret)
		ret = check_shape(x);
	if (!ret && !x->mapped)
		ret = pack_index_check(x, algo);
	if (ret)
		pack_index_close(x);
	return ret;
}

void pack_index_close(struct pack_index *x)
{
	if (x->mapped && x->data)
		munmap(x->data, x->size);
	else
		free(x->data);
	x->data = NULL;
}

int pack_index_check(const struct pack_index *x, enum id_algo algo)
{
	struct hash hash;
	struct id sum;
	unsigned first = 0;

	for (size_t i = 0; i < x->n; i++) {
		const unsigned char *id = id_at(x, i);

		while (i == fan(x, first))
			first++;
		if (*id != first || (i && memcmp(id - x->hash, id, x->hash) > 0))
			return fail(FAIL_CORRUPT, "its ids are out of order");
		if (pack_index_offset(x, i) < PACK_START_SIZE ||
		    pack_index_offset(x, i) > INT64_MAX)
			return fail(FAIL_CORRUPT, "an offset leads nowhere");
	}
	hash_init(&hash, algo);
	hash_add(&hash, x->data, x->size - x->hash);
	hash_final(&hash, &sum);
	if (memcmp(sum.raw, x->data + x->size - x->hash, x->hash))
		return fail(FAIL_CORRUPT, "its hash is wrong");
	return 0;
}

ssize_t pack_index_find(const struct pack_index *x, const struct id *id)
{
	size_t low = id->raw[0] ? fan(x, id->raw[0] - 1u) : 0;
	size_t high = fan(x, id->raw[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = memcmp(id->raw, id_at(x, mid), x->hash);

		if (!cmp)
			return (ssize_t)mid;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

void pack_index_id(const struct pack_index *x, size_t i, enum id_algo algo,
		   struct id *out)
{
	*out = (struct id){ .algo = (unsigned char)algo };
	memcpy(out->raw, id_at(x, i), x->hash);
}

uint32_t pack_index_crc(const struct pack_index *x, size_t i)
{
	return get_be32(crcs(x) + 4 * i);
}

uint64_t pack_index_offset(const struct pack_index *x, size_t i)
{
	uint32_t off = get_be32(offsets(x) + 4 * i);
	const unsigned char *p;

	if (!(off & LONG_OFFSET))
		return off;
	off &= ~LONG_OFFSET;
	if (off >= x->n64)
		return UINT64_MAX;
	p = offsets(x) + 4 * x->n + 8 * (size_t)off;
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

const unsigned char *pack_index_checksum(const struct pack_index *x)
{
	return x->data + x->size - 2 * x->hash;
}

static int by_offset(const void *a, const void *b)
{
	const struct pack_spot *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

struct pack_spot *pack_index_spots(const struct pack_index *x)
{
	struct pack_spot *v = xcalloc(x->n + 1, sizeof(*v));

	for (size_t i = 0; i < x->n; i++)
		v[i] = (struct pack_spot){ pack_index_offset(x, i), i };
	qsort(v, x->n, sizeof(*v), by_offset);
	v[x->n].off = UINT64_MAX;
	return v;
}
