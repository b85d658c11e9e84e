#include "base/base.h"
#include "base/block.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack_int.h"

#include <fcntl.h>

int pack_sum(int fd, uint64_t end, enum id_algo algo, struct id *out)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct hash hash;
	int ret = 0;

	hash_init(&hash, algo);
	for (uint64_t off = 0; !ret && off < end; off += PIECE_SIZE) {
		size_t n = (size_t)MIN(end - off, PIECE_SIZE);

		ret = file_pread(fd, off, buf, n);
		if (!ret)
			hash_add(&hash, buf, n);
	}
	hash_final(&hash, out);
	free(buf);
	return ret;
}

static int write_whole(struct grown *grown, enum id_algo algo,
		       struct id *checksum)
{
	unsigned char start[PACK_START_SIZE];
	int ret = 0;

	pack_put_start(start, (uint32_t)grown->ids.n);
	if (ftruncate(grown->temp.fd, (off_t)grown->end))
		ret = fail_errno("cannot cut '%s'",
				 quoted(temp_path(&grown->temp)));
	if (!ret)
		ret = file_pwrite(grown->temp.fd, 0, start, sizeof(start));
	if (!ret && grown->sum_count && grown->sum_count == grown->ids.n)
		hash_final(&grown->sum, checksum);
	else if (!ret)
		ret = pack_sum(grown->temp.fd, grown->end, algo, checksum);
	if (!ret)
		ret = file_pwrite(grown->temp.fd, grown->end, checksum->raw,
				  id_raw_size(algo));
	return ret;
}

int pack_write_index(struct temp *temp, const struct grown *grown,
		     const char *dir, enum id_algo algo,
		     const struct id *checksum)
{
	struct buf index = BUF_INIT;
	int ret = temp_open(temp, dir);

	if (!ret) {
		pack_make_index(&index, grown, algo, checksum);
		ret = file_write(temp->fd, index.ptr, index.len);
	}
	buf_release(&index);
	return ret;
}

int grown_finish(struct grown *grown, const char *dir, enum id_algo algo,
		 unsigned temp_flags)
{
	struct temp index = TEMP_INIT;
	char hex[ID_HEX_MAX], *name = NULL;
	struct id checksum;
	int lock = -1, ret;

	ret = write_whole(grown, algo, &checksum);
	if (!ret)
		ret = pack_write_index(&index, grown, dir, algo, &checksum);
	if (ret)
		goto out;
	/*
	 * A disk that is full said so by now.  The pack gets its name first:
	 * nobody looks for it before the index is there, except another's
	 * recovery, and that is kept away by the lock.
	 */
	lock = fcntl(grown->temp.fd, F_DUPFD_CLOEXEC, 3);
	name = xstrfmt("%s/pack/pack-%s.pack", dir, id_hex(&checksum, hex));
	ret = temp_commit(&grown->temp, name, temp_flags | TEMP_KEEP_OLD);
	if (ret)
		goto out;
	strcpy(strrchr(name, '.'), ".idx");
	ret = temp_commit(&index, name, temp_flags | TEMP_KEEP_OLD);
out:
	if (lock >= 0)
		close(lock);
	free(name);
	temp_drop(&index);
	return ret ? fail_in(ret, "cannot finish a pack in '%s'", quoted(dir)) :
	       0;
}
