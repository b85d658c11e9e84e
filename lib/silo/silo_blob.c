#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/silo.h"
#include "silo/silo_int.h"

#include <fcntl.h>
#include <sys/stat.h>

int silo_need_folder(const struct silo *silo)
{
	return silo->b->path ? 0 :
	       fail(FAIL_REQUEST, "silo '%s' is not on this disk",
		    quoted(silo->b->url));
}

/* The failure names silo and blob, whoever found it. */
int silo_blame(int ret, const struct silo *silo, const struct id *id)
{
	char hex[ID_HEX_MAX];

	if (ret == FAIL_STOPPED || !ret)
		return ret;
	return fail_in(ret, "blob %s in silo '%s'", id_hex(id, hex),
		       quoted(silo->b->url));
}

int silo_missing(const struct silo *silo, const struct id *id)
{
	char hex[ID_HEX_MAX];

	return fail(FAIL_MISSING, "blob %s is not in silo '%s'",
		    id_hex(id, hex), quoted(silo->b->url));
}

static int open_gz(struct blob *blob)
{
	struct stat st;

	if (fstat(blob->fd, &st))
		return fail_errno("cannot stat '%s'", blob->name);
	if (!S_ISREG(st.st_mode))
		return fail(FAIL_DENIED, "'%s' is not a regular file",
			    blob->name);
	blob->file_size = (uint64_t)st.st_size;
	blob->src = source_fd(&blob->fd, blob->file_size, blob->name);
	return gz_open(&blob->gz, &blob->src);
}

int silo_blob_file(struct silo *silo, const struct id *id, struct blob *blob)
{
	int ret;

	if (!silo->b->path)
		return silo_blob_far(silo, id, blob);
	silo_blob_name(id, blob->name);
	blob->fd = file_open_beneath(silo->b->fd, blob->name,
				     O_RDONLY | O_NONBLOCK, 0);
	if (blob->fd == FAIL_MISSING)
		return silo_missing(silo, id);
	if (blob->fd < 0)
		return silo_blame(blob->fd, silo, id);
	ret = open_gz(blob);
	if (ret) {
		blob_close(blob);
		return silo_blame(ret, silo, id);
	}
	return 0;
}

/*
 * A pack's copy that cannot be read, for damage or because only git could,
 * does not hide a file of its own.
 */
int silo_blob(struct silo *silo, const struct id *id, struct blob *blob)
{
	int ret = silo_packed(silo, id), packed;
	char *why;

	if (ret < 0)
		return ret;
	if (!ret)
		return silo_blob_file(silo, id, blob);
	packed = silo_open_packed(silo, id, blob);
	if (!packed)
		return 0;
	packed = silo_blame(packed, silo, id);
	why = xstrdup(fail_text());
	ret = silo_blob_file(silo, id, blob);
	if (ret == FAIL_MISSING) {
		fail_adopt(why);
		ret = packed;
	} else if (!ret) {
		fail_clear();
	}
	free(why);
	return ret;
}

void blob_close(struct blob *blob)
{
	gz_close(blob->gz);
	blob->gz = NULL;
	if (blob->fd >= 0)
		close(blob->fd);
	blob->fd = -1;
	blob->far = NULL;
	buf_release(&blob->content);
	blob->content = (struct buf)BUF_INIT;
	blob->packed = false;
}

static int read_as(struct blob *blob, const struct silo_expect *expect,
		   bool by_id, struct pool *pool, const struct sink *sink,
		   struct meter *meter)
{
	struct gz_expect e = {
		.size = expect->size, .seal = expect->seal,
		.max_size = expect->max_size,
	};
	struct gz_facts found;

	if (blob->packed)
		return silo_read_packed(blob, expect, sink, meter);
	e.vouched = expect->vouched && !by_id;
	if (by_id) {
		e.id = &expect->id;
		e.algo = expect->id.algo;
	}
	return gz_read(blob->gz, &e, pool, sink, meter, &found);
}

/* A seal covers all bytes; only without one the id has to decide. */
int blob_read(struct blob *blob, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
{
	return read_as(blob, expect, !expect->seal, pool, sink, meter);
}

int silo_verify_blob(struct blob *blob, const struct silo_expect *expect,
		     struct pool *pool)
{
	return read_as(blob, expect, true, pool, NULL, NULL);
}

int silo_read(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_blob(silo, &expect->id, &blob);

	if (ret)
		return ret;
	ret = blob_read(&blob, expect, pool, sink, meter);
	blob_close(&blob);
	return silo_blame(ret, silo, &expect->id);
}

/* What its trailer says; a gzip that has none has to be read. */
static int check_seen(struct blob *blob, const struct silo_expect *expect,
		      struct pool *pool)
{
	if (blob->packed || !gz_seekable(blob->gz))
		return blob_read(blob, expect, pool, NULL, NULL);
	if ((expect->size && gz_size(blob->gz) != *expect->size) ||
	    (expect->seal && !seal_eq(gz_seal(blob->gz), expect->seal)))
		return fail(FAIL_CORRUPT, "it is there, but with other content; "
			    "it has to be removed there");
	return 0;
}

/* A gzip of somebody else's, far away, is too much to read: but is it cut? */
static int check_tail(struct blob *blob, const struct silo_expect *expect)
{
	unsigned char tail[4];
	int ret = blob->src.read(blob->src.data, blob->src.size - sizeof(tail),
				 tail, sizeof(tail));

	if (ret || !expect->size || get_le32(tail) == (uint32_t)*expect->size)
		return ret;
	return fail(FAIL_CORRUPT, "it is there, but cut, or with other content; it "
		    "has to be removed there");
}

/* Where it is more likely first.  What lies in a pack its ledger announced. */
static int seen_far(struct silo *silo, const struct silo_expect *expect,
		    struct pool *pool)
{
	struct blob blob = BLOB_INIT;
	bool small = silo_is_small(expect);
	int ret = small ? silo_packed(silo, &expect->id) : 0;

	if (ret)
		return ret;
	ret = silo_blob_far(silo, &expect->id, &blob);
	if (ret == FAIL_MISSING || ret == FAIL_REQUEST)
		fail_clear();
	if (ret == FAIL_MISSING)
		return small ? 0 : silo_packed(silo, &expect->id);
	/* A place that tells no sizes has to be believed. */
	if (ret)
		return ret == FAIL_REQUEST ? 1 : ret;
	ret = gz_seekable(blob.gz) ? check_seen(&blob, expect, pool) :
	      check_tail(&blob, expect);
	ret = silo_blame(ret, silo, &expect->id);
	blob_close(&blob);
	return ret ? ret : 1;
}

int silo_seen(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool)
{
	struct blob blob = BLOB_INIT;
	int ret;

	if (!silo->b->path)
		return seen_far(silo, expect, pool);
	ret = silo_has(silo, &expect->id);
	if (ret <= 0)
		return ret;
	ret = silo_blob(silo, &expect->id, &blob);
	if (!ret)
		ret = silo_blame(check_seen(&blob, expect, pool), silo, &expect->id);
	blob_close(&blob);
	return ret == FAIL_MISSING ? 0 : ret ? ret : 1;
}

unsigned silo_commit_flags(const struct silo *silo)
{
	return TEMP_KEEP_OLD | (silo->b->durable ? TEMP_DURABLE : 0);
}

/* Name a temp of this silo; its directory appears with it. */
int silo_commit(struct silo *silo, struct temp *temp, const struct id *id)
{
	char name[SILO_NAME_MAX], *path;
	int ret = backend_parent(silo->b, silo_blob_name(id, name));

	path = xstrfmt("%s/%s", silo->b->path, name);
	if (!ret)
		ret = temp_commit(temp, path, silo_commit_flags(silo));
	free(path);
	return ret;
}

/*
 * 1 it is there, in a file or a pack, and keeps its name; but only if it is
 * what the name says: what our disk has spoilt must not outlive a chance to
 * have it right again.
 */
static int drop_spoilt(struct silo *silo, const struct gz_facts *facts,
		       struct pool *pool)
{
	struct silo_expect expect = {
		.id = facts->id, .size = &facts->size, .seal = &facts->seal,
	};
	int ret = silo_has(silo, &facts->id);

	if (ret <= 0)
		return ret;
	ret = silo_read(silo, &expect, pool, NULL, NULL);
	if (ret != FAIL_CORRUPT)
		return ret == FAIL_MISSING ? 0 : ret ? ret : 1;
	say("warning: ", "%s; replaced", fail_text());
	fail_clear();
	return silo_remove(silo, &facts->id);
}

int silo_add_if(struct silo *silo, const struct source *src, int level,
		struct pool *pool, struct meter *meter,
		int (*sure)(void *data), void *data, struct gz_facts *facts)
{
	struct gz_write_opts opts = {
		.algo = silo->algo, .level = level, .meter = meter,
	};
	struct temp temp = TEMP_INIT;
	int ret = silo_need_folder(silo);

	if (!ret)
		ret = temp_open(&temp, silo->b->path);
	if (!ret)
		ret = gz_write(temp.fd, silo->b->path, src, &opts, pool, facts);
	if (!ret && sure)
		ret = sure(data);
	if (!ret)
		ret = drop_spoilt(silo, facts, pool);
	if (!ret)
		ret = silo_commit(silo, &temp, &facts->id);
	temp_drop(&temp);
	return MIN(ret, 0);
}

int silo_add(struct silo *silo, const struct source *src, int level,
	     struct pool *pool, struct meter *meter, struct gz_facts *facts)
{
	return silo_add_if(silo, src, level, pool, meter, NULL, NULL, facts);
}

struct copy {
	int fd;
	uint64_t off;
};

static int copy_take(void *data, struct block *block)
{
	struct copy *copy = data;
	int ret = stop_check();

	if (!ret)
		ret = file_pwrite(copy->fd, copy->off, block->data, block->len);
	copy->off += block->len;
	return ret;
}

int silo_check_temp(struct temp *temp, const struct silo_expect *expect,
		    struct pool *pool, struct meter *meter)
{
	struct blob blob = { .fd = temp->fd };
	int ret;

	silo_blob_name(&expect->id, blob.name);
	ret = open_gz(&blob);
	if (!ret)
		ret = read_as(&blob, expect, true, pool, NULL, meter);
	gz_close(blob.gz);
	return ret;
}

/* Out of a pack: what a blob of its own would have been. */
int silo_write_packed(struct temp *temp, struct blob *blob, enum id_algo algo,
		      struct pool *pool)
{
	struct gz_write_opts opts = { .algo = algo, .level = 1 };
	struct gz_facts facts;

	return gz_write(temp->fd, blob->name, &blob->src, &opts, pool, &facts);
}

static int import_packed(struct temp *temp, struct silo *from,
			 const struct silo_expect *expect, struct pool *pool,
			 struct meter *meter)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_open_packed(from, &expect->id, &blob);

	if (!ret)
		ret = blob_read(&blob, expect, pool, NULL, meter);
	if (!ret)
		ret = silo_write_packed(temp, &blob, from->algo, pool);
	blob_close(&blob);
	return ret;
}

static int import_file(struct temp *temp, struct silo *from,
		       const struct silo_expect *expect, struct pool *pool,
		       struct meter *meter)
{
	struct copy copy = { .fd = temp->fd };
	struct sink sink = { copy_take, &copy };
	char name[SILO_NAME_MAX];
	uint64_t total;
	int ret = from->b->ops->read(from->b,
				     silo_blob_name(&expect->id, name), 0,
				     UINT64_MAX, 0, &sink, &total);

	return ret ? ret : silo_check_temp(temp, expect, pool, meter);
}

/* 1: it is not in a pack. */
static int import_small(struct temp *temp, struct silo *from,
			const struct silo_expect *expect, struct pool *pool,
			struct meter *meter)
{
	int ret = silo_packed(from, &expect->id);

	if (ret <= 0)
		return ret ? ret : 1;
	return import_packed(temp, from, expect, pool, meter);
}

/* Where it is more likely first; large ones of this disk cost nothing. */
static int import_any(struct temp *temp, struct silo *from,
		      const struct silo_expect *expect, struct pool *pool,
		      struct meter *meter)
{
	bool file_first = !from->b->path && !silo_is_small(expect);
	int ret = file_first ? import_file(temp, from, expect, pool, meter) :
		  import_small(temp, from, expect, pool, meter);

	if (!file_first && ret == 1)
		return import_file(temp, from, expect, pool, meter);
	if (!file_first || ret != FAIL_MISSING)
		return ret;
	ret = import_small(temp, from, expect, pool, meter);
	return ret == 1 ? FAIL_MISSING : ret;
}

int silo_import(struct silo *to, struct silo *from,
		const struct silo_expect *expect, struct pool *pool,
		struct meter *meter)
{
	struct temp temp = TEMP_INIT;
	int ret = silo_need_folder(to);

	if (!ret)
		ret = temp_open(&temp, to->b->path);
	if (!ret)
		ret = import_any(&temp, from, expect, pool, meter);
	if (ret == FAIL_MISSING)
		ret = silo_missing(from, &expect->id);
	else
		ret = silo_blame(ret, from, &expect->id);
	if (!ret)
		ret = silo_commit(to, &temp, &expect->id);
	temp_drop(&temp);
	return ret;
}

bool silo_same_place(const struct silo *a, const struct silo *b)
{
	struct stat x, y;

	return !fstat(a->b->fd, &x) && !fstat(b->b->fd, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int silo_move_file(struct silo *from, struct silo *to, const struct id *id,
		   struct pool *pool)
{
	struct silo_expect expect = { .id = *id };
	char name[SILO_NAME_MAX], *old, *new;
	uint64_t size;
	int ret = from->b->ops->has(from->b, silo_blob_name(id, name), &size);

	if (!ret) {
		/* It was in a pack: then it is there by now. */
		ret = silo_has(to, id);
		return ret ? MIN(ret, 0) : silo_missing(from, id);
	}
	if (ret < 0)
		return ret;
	ret = backend_parent(to->b, name);
	if (ret)
		return ret;
	old = xstrfmt("%s/%s", from->b->path, name);
	new = xstrfmt("%s/%s", to->b->path, name);
	ret = temp_move(old, new, silo_commit_flags(to));
	if (ret == FAIL_SYSTEM && errno == EXDEV) {
		fail_clear();
		ret = silo_import(to, from, &expect, pool, NULL);
		if (!ret)
			ret = from->b->ops->remove(from->b, name);
	}
	free(old);
	free(new);
	return ret;
}
