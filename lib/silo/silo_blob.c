#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/silo.h"
#include "silo/silo_int.h"

#include <fcntl.h>
#include <sys/stat.h>

static int need_folder(const struct silo *silo)
{
	return silo->b->path ? 0 :
	       fail(FAIL_REQUEST, "silo '%s' is not on this disk",
		    quoted(silo->b->url));
}

/* The failure names silo and blob, whoever found it. */
static int blame(int ret, const struct silo *silo, const struct id *id)
{
	char hex[ID_HEX_MAX];

	if (ret == FAIL_STOPPED || !ret)
		return ret;
	return fail_in(ret, "blob %s in silo '%s'", id_hex(id, hex),
		       quoted(silo->b->url));
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

int silo_blob(struct silo *silo, const struct id *id, struct blob *blob)
{
	char hex[ID_HEX_MAX];
	int ret = need_folder(silo);

	if (ret)
		return ret;
	silo_blob_name(id, blob->name);
	blob->fd = file_open_beneath(silo->b->fd, blob->name,
				     O_RDONLY | O_NONBLOCK, 0);
	if (blob->fd == FAIL_MISSING)
		return fail(FAIL_MISSING, "blob %s is not in silo '%s'",
			    id_hex(id, hex), quoted(silo->b->url));
	if (blob->fd < 0)
		return blame(blob->fd, silo, id);
	ret = open_gz(blob);
	if (ret) {
		blob_close(blob);
		return blame(ret, silo, id);
	}
	return 0;
}

void blob_close(struct blob *blob)
{
	gz_close(blob->gz);
	blob->gz = NULL;
	if (blob->fd >= 0)
		close(blob->fd);
	blob->fd = -1;
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

int silo_read(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_blob(silo, &expect->id, &blob);

	if (ret)
		return ret;
	ret = blob_read(&blob, expect, pool, sink, meter);
	blob_close(&blob);
	return blame(ret, silo, &expect->id);
}

/* What its trailer says; a gzip that has none has to be read. */
static int check_seen(struct blob *blob, const struct silo_expect *expect,
		      struct pool *pool)
{
	if (!gz_seekable(blob->gz))
		return blob_read(blob, expect, pool, NULL, NULL);
	if ((expect->size && gz_size(blob->gz) != *expect->size) ||
	    (expect->seal && !seal_eq(gz_seal(blob->gz), expect->seal)))
		return fail(FAIL_CORRUPT, "it is there, but with other content");
	return 0;
}

int silo_seen(struct silo *silo, const struct silo_expect *expect,
	      struct pool *pool)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_has(silo, &expect->id);

	if (ret <= 0 || !silo->b->path)
		return ret;
	ret = silo_blob(silo, &expect->id, &blob);
	if (!ret)
		ret = blame(check_seen(&blob, expect, pool), silo, &expect->id);
	blob_close(&blob);
	return ret == FAIL_MISSING ? 0 : ret ? ret : 1;
}

static unsigned commit_flags(const struct silo *silo)
{
	return TEMP_KEEP_OLD | (silo->b->durable ? TEMP_DURABLE : 0);
}

/* Name a temp of this silo; its directory appears with it. */
static int commit_blob(struct silo *silo, struct temp *temp,
		       const struct id *id)
{
	char name[SILO_NAME_MAX], *path;
	int ret = backend_parent(silo->b, silo_blob_name(id, name));

	path = xstrfmt("%s/%s", silo->b->path, name);
	if (!ret)
		ret = temp_commit(temp, path, commit_flags(silo));
	free(path);
	return ret;
}

/*
 * The first one keeps its name, but only if it is what the name says: what
 * our disk has spoilt must not outlive a chance to have it right again.
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
		return ret == FAIL_MISSING ? 0 : ret;
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
	int ret = need_folder(silo);

	if (!ret)
		ret = temp_open(&temp, silo->b->path);
	if (!ret)
		ret = gz_write(temp.fd, silo->b->path, src, &opts, pool, facts);
	if (!ret && sure)
		ret = sure(data);
	if (!ret)
		ret = drop_spoilt(silo, facts, pool);
	if (!ret)
		ret = commit_blob(silo, &temp, &facts->id);
	temp_drop(&temp);
	return ret;
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

/*
 * Is what lies in the temp the blob that was asked for?  It gets the name of
 * its id, so the id is asked as well: a pointer may promise another's.
 */
static int check_temp(struct temp *temp, const struct silo_expect *expect,
		      uint64_t size, struct pool *pool, struct meter *meter)
{
	struct blob blob = { .fd = temp->fd, .file_size = size };
	int ret;

	silo_blob_name(&expect->id, blob.name);
	ret = open_gz(&blob);
	if (!ret)
		ret = read_as(&blob, expect, true, pool, NULL, meter);
	gz_close(blob.gz);
	return ret;
}

int silo_import(struct silo *to, struct silo *from,
		const struct silo_expect *expect, struct pool *pool,
		struct meter *meter)
{
	struct temp temp = TEMP_INIT;
	struct copy copy = { .fd = -1 };
	struct sink sink = { copy_take, &copy };
	char name[SILO_NAME_MAX], hex[ID_HEX_MAX];
	uint64_t total;
	int ret = need_folder(to);

	if (!ret)
		ret = temp_open(&temp, to->b->path);
	if (ret)
		return ret;
	copy.fd = temp.fd;
	ret = from->b->ops->read(from->b, silo_blob_name(&expect->id, name), 0,
				 UINT64_MAX, &sink, &total);
	if (ret == FAIL_MISSING)
		ret = fail(FAIL_MISSING, "blob %s is not in silo '%s'",
			   id_hex(&expect->id, hex), quoted(from->b->url));
	if (!ret)
		ret = blame(check_temp(&temp, expect, total, pool, meter), from,
			    &expect->id);
	if (!ret)
		ret = commit_blob(to, &temp, &expect->id);
	temp_drop(&temp);
	return ret;
}

int silo_export(struct silo *from, struct silo *to,
		const struct silo_expect *expect, struct pool *pool,
		struct meter *meter)
{
	struct blob blob = BLOB_INIT;
	int ret = silo_seen(to, expect, pool);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = silo_blob(from, &expect->id, &blob);
	if (ret)
		return ret;
	/* Our own disk lies too: nobody else shall get what it spoilt. */
	ret = blame(read_as(&blob, expect, true, pool, NULL, meter), from,
		    &expect->id);
	if (!ret)
		ret = to->b->ops->put(to->b, blob.name, &blob.src);
	if (ret)
		ret = blame(ret, to, &expect->id);
	blob_close(&blob);
	return ret ? ret : 1;
}

static bool same_place(const struct silo *a, const struct silo *b)
{
	struct stat x, y;

	return !fstat(a->b->fd, &x) && !fstat(b->b->fd, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int silo_move(struct silo *from, struct silo *to, const struct id *id,
	      struct pool *pool)
{
	struct silo_expect expect = { .id = *id };
	char name[SILO_NAME_MAX], *old, *new;
	int ret = need_folder(from);

	if (!ret)
		ret = need_folder(to);
	/* Moved onto itself, the only copy would be the one that is dropped. */
	if (ret || same_place(from, to))
		return ret;
	ret = backend_parent(to->b, silo_blob_name(id, name));
	if (ret)
		return ret;
	old = xstrfmt("%s/%s", from->b->path, name);
	new = xstrfmt("%s/%s", to->b->path, name);
	ret = temp_move(old, new, commit_flags(to));
	if (ret == FAIL_SYSTEM && errno == EXDEV) {
		fail_clear();
		ret = silo_import(to, from, &expect, pool, NULL);
		if (!ret)
			ret = silo_remove(from, id);
	}
	free(old);
	free(new);
	return ret;
}
