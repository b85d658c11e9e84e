#include "base/base.h"
#include "base/block.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack_int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

struct taker {
	const char *dir;
	const char *to;		/* NULL: nowhere */
	int dirfd;
	enum id_algo algo;
	const struct idset *ids;
	unsigned flags;
};

/* One pack with its index. */
struct source_pack {
	const char *name;	/* pack/pack-....idx */
	struct pack_index index;
	int fd;
	uint64_t end;
	size_t going;
	bool stays;		/* not ours to remove, or not to be read */
};

static char *pack_name(const char *idx)
{
	return xstrfmt("%.*s.pack", (int)(strlen(idx) - strlen(".idx")), idx);
}

static bool is_kept(const struct taker *t, const char *idx)
{
	char *keep = xstrfmt("%s/%.*s.keep", t->dir,
			     (int)(strlen(idx) - strlen(".idx")), idx);
	int there = file_exists(keep);

	free(keep);
	return there != 0;
}

static int copy_file(const struct taker *t, const char *name)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct temp temp = TEMP_INIT;
	char *path = xstrfmt("%s/%s", t->to, name);
	int fd = file_open_beneath(t->dirfd, name, O_RDONLY, 0);
	int ret = fd < 0 ? fd : temp_open(&temp, t->to);
	uint64_t off = 0;
	struct stat st;

	if (!ret && fstat(fd, &st))
		ret = fail_errno("cannot stat '%s'", quoted(name));
	while (!ret && off < (uint64_t)st.st_size) {
		size_t n = (size_t)MIN((uint64_t)st.st_size - off, PIECE_SIZE);

		ret = stop_check();
		if (!ret)
			ret = file_pread(fd, off, buf, n);
		if (!ret)
			ret = file_pwrite(temp.fd, off, buf, n);
		off += n;
	}
	if (!ret)
		ret = temp_commit(&temp, path, t->flags | TEMP_KEEP_OLD);
	temp_drop(&temp);
	if (fd >= 0)
		close(fd);
	free(path);
	free(buf);
	return ret;
}

/* Copied, not renamed: at no moment is an index anywhere without its pack. */
static int copy_pack(const struct taker *t, const struct source_pack *p)
{
	char *dir = xstrfmt("%s/pack", t->to), *pack = pack_name(p->name);
	int ret = temp_mkdirs(dir, t->flags);

	if (!ret)
		ret = copy_file(t, pack);
	if (!ret)
		ret = copy_file(t, p->name);
	free(dir);
	free(pack);
	return ret;
}

/* Whole blobs of our size and nothing else? */
static int is_ours(const struct source_pack *p)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < p->index.n; i++) {
		uint64_t off = pack_index_offset(&p->index, i), size;
		unsigned char head[PACK_HEAD_MAX];
		unsigned type;
		size_t len;

		if (off < PACK_START_SIZE || off >= p->end)
			return 0;
		len = (size_t)MIN(p->end - off, sizeof(head));
		ret = file_pread(p->fd, off, head, len);
		if (!ret && (!pack_take_head(head, len, &type, &size) ||
			     type != PACK_BLOB || size > PACK_BLOB_MAX))
			return 0;
	}
	return ret ? ret : 1;
}

static int take_blob(const struct taker *t, struct source_pack *p,
		     const struct pack_spot *spot, struct packer *go,
		     struct packer *stay)
{
	struct buf content = BUF_INIT;
	struct packer *packer;
	struct id id, again;
	bool goes;
	int ret;

	pack_index_id(&p->index, spot->at, t->algo, &id);
	goes = idset_find(t->ids, &id) >= 0;
	packer = goes ? go : p->stays ? NULL : stay;
	if (!packer)
		return 0;
	ret = pack_read_blob(p->fd, spot->off, p->end, &id, PACK_BLOB_MAX,
			     &content);
	if (!ret)
		ret = packer_add(packer, content.ptr, content.len, &again);
	buf_release(&content);
	if (ret == FAIL_CORRUPT || ret == FAIL_REQUEST || ret == FAIL_DENIED) {
		say("warning: ", "'%s': %s", quoted(p->name), fail_text());
		fail_clear();
		p->stays = true;
		return 0;
	}
	return MIN(ret, 0);
}

/* Those that go into a pack there, those that stay into another one here. */
static int split(const struct taker *t, struct source_pack *p)
{
	struct pack_spot *v = pack_index_spots(&p->index);
	struct packer *go = NULL, *stay = NULL;
	int ret = packer_open(&stay, t->dir, t->algo, 1, t->flags);

	if (!ret && t->to)
		ret = packer_open(&go, t->to, t->algo, 1, t->flags);
	for (size_t i = 0; !ret && i < p->index.n; i++) {
		ret = stop_check();
		if (!ret)
			ret = take_blob(t, p, &v[i], go, stay);
	}
	if (!ret && go)
		ret = packer_finish(go);
	if (!ret)
		ret = packer_finish(stay);
	packer_free(go);
	packer_free(stay);
	free(v);
	return ret;
}

static int drop_pack(const struct taker *t, const struct source_pack *p)
{
	char *pack = pack_name(p->name);
	int ret = 0;

	/* Or a recovery would make an index for what is about to go. */
	while (flock(p->fd, LOCK_EX) && errno == EINTR)
		;
	ret = file_remove_tree(t->dirfd, p->name);
	if (!ret)
		ret = file_remove_tree(t->dirfd, pack);
	free(pack);
	return ret;
}

static int take_from(const struct taker *t, struct source_pack *p)
{
	int ret;

	for (size_t i = 0; i < p->index.n; i++) {
		struct id id;

		pack_index_id(&p->index, i, t->algo, &id);
		p->going += idset_find(t->ids, &id) >= 0;
	}
	if (!p->going)
		return 0;
	p->fd = ret = pack_open(&p->index, t->dirfd, p->name, &p->end);
	if (ret < 0)
		return ret;
	ret = is_ours(p);
	if (ret < 0)
		return ret;
	p->stays = !ret || is_kept(t, p->name);
	if (p->going < p->index.n || p->stays)
		ret = split(t, p);
	else
		ret = t->to ? copy_pack(t, p) : 0;
	if (!ret && !p->stays)
		ret = drop_pack(t, p);
	return ret;
}

static int take_listed(const struct taker *t, const char *name)
{
	struct source_pack p = { .name = name, .fd = -1 };
	int ret = pack_index_open(&p.index, t->dirfd, name, t->algo);

	if (!ret)
		ret = take_from(t, &p);
	pack_index_close(&p.index);
	if (p.fd >= 0)
		close(p.fd);
	/* A bad pack keeps what it has, and stops no other. */
	if (ret == FAIL_CORRUPT || ret == FAIL_FORMAT || ret == FAIL_MISSING) {
		say("warning: ", "'%s': %s", quoted(name), fail_text());
		fail_clear();
		ret = 0;
	}
	return ret;
}

int packs_take(const char *dir, const char *to, enum id_algo algo,
	       const struct idset *ids, unsigned temp_flags)
{
	struct taker t = { dir, to, -1, algo, ids, temp_flags };
	struct strs names = STRS_INIT;
	int fd = -1, ret;

	t.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dirfd < 0)
		return fail_errno("cannot open '%s'", quoted(dir));
	fd = file_open_beneath(t.dirfd, "pack", O_RDONLY | O_DIRECTORY, 0);
	ret = fd < 0 ? fd : file_list_fd(fd, &names);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	for (size_t i = 0; !ret && i < names.n; i++) {
		char *name = xstrfmt("pack/%s", names.v[i]);

		if (starts_with(names.v[i], "pack-") && ends_with(name, ".idx"))
			ret = take_listed(&t, name);
		free(name);
	}
	strs_release(&names);
	if (fd >= 0)
		close(fd);
	close(t.dirfd);
	return ret;
}
