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

int blob_read(struct blob *blob, const struct silo_expect *expect,
	      struct pool *pool, const struct sink *sink, struct meter *meter)
{
	struct gz_expect e = {
		.size = expect->size, .seal = expect->seal,
		.max_size = expect->max_size,
	};
	struct gz_facts found;

	/* A seal covers all bytes; only without one the id has to decide. */
	if (!expect->seal) {
		e.id = &expect->id;
		e.algo = expect->id.algo;
	}
	return gz_read(blob->gz, &e, pool, sink, meter, &found);
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

static unsigned commit_flags(const struct silo *silo)
{
	return TEMP_KEEP_OLD | (silo->b->durable ? TEMP_DURABLE : 0);
}

/* Name a temp of this silo; its directory appears with it. */
static int commit_blob(struct silo *silo, struct temp *temp,
		       const struct id *id)
{
	char name[SILO_NAME_MAX], *path, *slash;
	int ret;

	path = xstrfmt("%s/%s", silo->b->path, silo_blob_name(id, name));
	slash = strrchr(path, '/');
	*slash = '\0';
	ret = temp_mkdirs(path, commit_flags(silo));
	*slash = '/';
	if (!ret)
		ret = temp_commit(temp, path, commit_flags(silo));
	free(path);
	return ret;
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

/* Is what lies in the temp the blob that was asked for? */
static int check_temp(struct temp *temp, const struct silo_expect *expect,
		      uint64_t size, struct pool *pool, struct meter *meter)
{
	struct blob blob = { .fd = temp->fd, .file_size = size };
	int ret;

	silo_blob_name(&expect->id, blob.name);
	ret = open_gz(&blob);
	if (!ret)
		ret = blob_read(&blob, expect, pool, NULL, meter);
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
	int ret = silo_has(to, &expect->id);

	if (ret < 0)
		return ret;
	if (ret)
		return 0;
	ret = silo_blob(from, &expect->id, &blob);
	if (ret)
		return ret;
	/* Our own disk lies too: nobody else shall get what it spoilt. */
	ret = blame(blob_read(&blob, expect, pool, NULL, meter), from,
		    &expect->id);
	if (!ret)
		ret = to->b->ops->put(to->b, blob.name, &blob.src);
	if (ret)
		ret = blame(ret, to, &expect->id);
	blob_close(&blob);
	return ret ? ret : 1;
}

int silo_move(struct silo *from, struct silo *to, const struct id *id,
	      struct pool *pool)
{
	struct silo_expect expect = { .id = *id };
	char name[SILO_NAME_MAX], *old, *new, *slash;
	int ret = need_folder(from);

	if (!ret)
		ret = need_folder(to);
	if (ret)
		return ret;
	silo_blob_name(id, name);
	old = xstrfmt("%s/%s", from->b->path, name);
	new = xstrfmt("%s/%s", to->b->path, name);
	slash = strrchr(new, '/');
	*slash = '\0';
	ret = temp_mkdirs(new, commit_flags(to));
	*slash = '/';
	if (!ret)
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
