#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack_int.h"

#include <fcntl.h>

static bool is_verdict(int ret)
{
	return ret == FAIL_CORRUPT || ret == FAIL_FORMAT || ret == FAIL_DENIED;
}

struct one {
	struct packs_check *check;
	enum id_algo algo;
	struct pack_index index;
	int fd;
	uint64_t end;
	size_t foreign;		/* what only git can verify */
};

static int check_sum(struct one *o)
{
	struct id sum;
	int ret = pack_sum(o->fd, o->end, o->algo, &sum);

	if (!ret && memcmp(sum.raw, pack_index_checksum(&o->index),
			   o->index.hash))
		ret = fail(FAIL_CORRUPT, "the hash at its end is wrong");
	return ret;
}

static int check_object(struct one *o, size_t at, uint64_t off)
{
	struct packs_check *check = o->check;
	struct buf content = BUF_INIT;
	char hex[ID_HEX_MAX];
	struct id id;
	int ret;

	pack_index_id(&o->index, at, o->algo, &id);
	ret = pack_read_blob(o->fd, off, o->end, &id, PACK_WHOLE_MAX, &content);
	if (ret == FAIL_REQUEST || ret == FAIL_DENIED) {
		fail_clear();
		o->foreign++;
		ret = 0;
	} else if (!ret) {
		check->blobs++;
		check->bytes += content.len;
		if (check->blob)
			ret = check->blob(check->data, &id, content.ptr,
					  content.len);
	}
	buf_release(&content);
	return ret ? fail_in(ret, "blob %s", id_hex(&id, hex)) : 0;
}

static int check_objects(struct one *o)
{
	struct pack_spot *v = pack_index_spots(&o->index);
	int ret = 0;

	for (size_t i = 0; !ret && i < o->index.n; i++) {
		ret = stop_check();
		if (!ret)
			ret = check_object(o, v[i].at, v[i].off);
	}
	free(v);
	return ret;
}

static int check_pair(struct packs_check *check, int dirfd, enum id_algo algo,
		      const char *idx, const char *pack)
{
	struct one o = { .check = check, .algo = algo, .fd = -1 };
	const char *name = idx;
	char *why;
	int ret = pack_index_open(&o.index, dirfd, idx, algo);

	if (!ret && o.index.mapped && !check->quick)
		ret = pack_index_check(&o.index, algo);
	if (ret)
		goto out;
	name = pack;
	o.fd = ret = pack_open(&o.index, dirfd, idx, &o.end);
	if (ret == FAIL_MISSING)
		ret = FAIL_CORRUPT;	/* an index promises it */
	else if (ret > 0)
		ret = 0;
	if (!ret && check->quick)
		check->blobs += o.index.n;
	if (!ret && !check->quick)
		ret = check_sum(&o);
	if (!ret && !check->quick)
		ret = check_objects(&o);
	if (!ret && o.foreign) {
		why = xstrfmt("%zu of its objects are git's to verify (git "
			      "verify-pack)", o.foreign);
		ret = check->strange(check->data, name, why);
		free(why);
	}
out:
	if (is_verdict(ret))
		ret = check->bad(check->data, name, fail_text());
	if (o.fd >= 0)
		close(o.fd);
	pack_index_close(&o.index);
	return ret;
}

static int check_name(struct packs_check *check, int dirfd, enum id_algo algo,
		      const struct strs *names, size_t i)
{
	const char *name = names->v[i];
	size_t n = strlen(name);
	char *stem, *idx, *pack;
	int ret = 0;

	if (!starts_with(name, "pack-") ||
	    (!ends_with(name, ".idx") && !ends_with(name, ".pack")))
		return 0;
	stem = xmemdup(name, n - (ends_with(name, ".idx") ? 4 : 5));
	idx = xstrfmt("pack/%s.idx", stem);
	pack = xstrfmt("pack/%s.pack", stem);
	if (ends_with(name, ".idx"))
		ret = check_pair(check, dirfd, algo, idx, pack);
	else if (!strs_has(names, idx + strlen("pack/")))
		ret = check->strange(check->data, pack, "it has no index");
	free(stem);
	free(idx);
	free(pack);
	return ret;
}

int packs_check(int dirfd, enum id_algo algo, struct packs_check *check)
{
	struct strs names = STRS_INIT;
	int fd = file_open_beneath(dirfd, "pack", O_RDONLY | O_DIRECTORY, 0);
	int ret = fd < 0 ? fd : file_list_fd(fd, &names);

	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	} else if (ret == FAIL_DENIED) {
		ret = check->bad(check->data, "pack", fail_text());
	}
	for (size_t i = 0; !ret && i < names.n; i++) {
		ret = stop_check();
		if (!ret)
			ret = check_name(check, dirfd, algo, &names, i);
	}
	strs_release(&names);
	if (fd >= 0)
		close(fd);
	return ret;
}
