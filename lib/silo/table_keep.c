#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "silo/table_int.h"

#include <fcntl.h>

/*
 * Indexes never change, so one that was read is kept on this disk.  A server
 * chooses the names of its packs, and may choose those of another: what is
 * kept is of one silo alone, and its name here is a hash of both.  Behind the
 * bytes stands their own hash.  Nothing that goes wrong here matters.
 */
static char *keep_path(const struct table *t, const char *name)
{
	char *what = xstrfmt("%s\n%s", t->b->url, name), hex[SEAL_HEX_MAX];
	struct seal seal;

	digest_of(what, strlen(what), seal.raw);
	free(what);
	return xstrfmt("%s/%s", t->keep, seal_hex(&seal, hex));
}

bool table_kept(const struct table *t, const char *name, size_t max,
		struct buf *out)
{
	unsigned char digest[DIGEST_SIZE];
	char *path = t->keep ? keep_path(t, name) : NULL;
	bool yes = path && !file_read(path, max + DIGEST_SIZE, out) &&
		   out->len > DIGEST_SIZE;

	if (yes) {
		size_t n = out->len - DIGEST_SIZE;

		digest_of(out->ptr, n, digest);
		yes = !memcmp(digest, out->ptr + n, DIGEST_SIZE);
		buf_setlen(out, n);
	}
	if (!yes) {
		buf_reset(out);
		fail_clear();
	}
	free(path);
	return yes;
}

void table_keep_this(const struct table *t, const char *name,
		     const struct buf *bytes)
{
	unsigned char digest[DIGEST_SIZE];
	char *path = t->keep ? keep_path(t, name) : NULL;
	struct temp temp = TEMP_INIT;
	int ret;

	if (!path)
		return;
	digest_of(bytes->ptr, bytes->len, digest);
	ret = temp_mkdirs(t->keep, 0);
	if (!ret)
		ret = temp_open(&temp, t->keep);
	if (!ret)
		ret = file_pwrite(temp.fd, 0, bytes->ptr, bytes->len);
	if (!ret)
		ret = file_pwrite(temp.fd, bytes->len, digest, DIGEST_SIZE);
	if (!ret)
		ret = temp_commit(&temp, path, 0);
	if (ret)
		fail_clear();
	temp_drop(&temp);
	free(path);
}

void table_keep(struct table *t, const char *dir)
{
	pthread_mutex_lock(&t->lock);
	free(t->keep);
	t->keep = xstrdup(dir);
	pthread_mutex_unlock(&t->lock);
}

static void let_go(const struct table *t, const char *name, const char *end)
{
	char *what = xstrfmt("pack/%s.%s", name, end);
	char *path = keep_path(t, what);

	if (file_remove_tree(AT_FDCWD, path))
		fail_clear();
	free(path);
	free(what);
}

void table_let_go(struct table *t)
{
	pthread_mutex_lock(&t->lock);
	if (t->keep && t->midx_name)
		let_go(t, t->midx_name, "midx");
	for (size_t i = 0; t->keep && i < t->nlive; i++)
		let_go(t, t->v[i].name, "idx");
	pthread_mutex_unlock(&t->lock);
}
