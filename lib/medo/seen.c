#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "medo/seen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define MAGIC "medo-pointers 1\n"
#define SEEN_MAX ((size_t)1 << 30)
/* File systems that count in seconds (FAT: two) show it by their zeros. */
#define RACY_NS 100000000LL
#define RACY_COARSE_NS 2000000000LL

/* A row on the disk; the path and a NUL follow, padded to eight bytes. */
struct disk_row {
	uint64_t ino;
	uint64_t file_size;
	int64_t mtime;
	int64_t ctime;
	uint64_t size;
	unsigned char algo;
	unsigned char raw[ID_RAW_MAX];
	unsigned char unused[3];
	uint32_t path_len;
};

static size_t padded(size_t len)
{
	return (len + 1 + 7) & ~(size_t)7;
}

static bool parse(struct seen *seen, const char *text, size_t len)
{
	size_t off = strlen(MAGIC), cap = 0;
	struct disk_row d;

	if (len < off || memcmp(text, MAGIC, off))
		return false;
	while (off + sizeof(d) <= len) {
		struct seen_row *row;

		memcpy(&d, text + off, sizeof(d));
		off += sizeof(d);
		if (d.path_len > len - off || padded(d.path_len) > len - off ||
		    text[off + d.path_len] ||
		    strlen(text + off) != d.path_len ||
		    (d.algo != ID_SHA1 && d.algo != ID_SHA256))
			return false;
		ALLOC_GROW(seen->rows, seen->n, cap);
		row = &seen->rows[seen->n++];
		*row = (struct seen_row){
			.ino = d.ino, .file_size = d.file_size,
			.mtime = d.mtime, .ctime = d.ctime, .size = d.size,
			.path = text + off,
		};
		row->id.algo = d.algo;
		memcpy(row->id.raw, d.raw, ID_RAW_MAX);
		off += padded(d.path_len);
	}
	return off == len;
}

void seen_load(struct seen *seen, const char *git_dir)
{
	struct buf text = BUF_INIT;
	size_t len;

	seen->file = xstrfmt("%s/medo/pointers", git_dir);
	if (file_read(seen->file, SEEN_MAX, &text))
		fail_clear();
	len = text.len;
	seen->text = buf_detach(&text);
	if (!parse(seen, seen->text, len))
		seen->n = 0;
}

/*
 * Who asks goes through the same paths in the same order, so the row is
 * where the last one was, plus one; a few new or lost files shift it.
 */
const struct seen_row *seen_find(const struct seen *seen, const char *path,
				 size_t *hint)
{
	for (size_t d = 0; d < 64; d++) {
		if (*hint + d < seen->n &&
		    !strcmp(seen->rows[*hint + d].path, path)) {
			*hint += d;
			return &seen->rows[(*hint)++];
		}
		if (d && d <= *hint && *hint - d < seen->n &&
		    !strcmp(seen->rows[*hint - d].path, path)) {
			*hint -= d;
			return &seen->rows[(*hint)++];
		}
	}
	return NULL;
}

bool seen_stat(struct seen_row *row, const char *file)
{
	struct stat st;

	if (lstat(file, &st) || !S_ISREG(st.st_mode))
		return false;
	row->ino = st.st_ino;
	row->file_size = (uint64_t)st.st_size;
	row->mtime = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	row->ctime = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
	return true;
}

bool seen_same(const struct seen_row *a, const struct seen_row *b)
{
	return a->ino == b->ino && a->file_size == b->file_size &&
	       a->mtime == b->mtime && a->ctime == b->ctime;
}

static void add_row(struct buf *out, const struct seen_row *row)
{
	static const char zeros[8];
	struct disk_row d;

	memset(&d, 0, sizeof(d));
	d.ino = row->ino;
	d.file_size = row->file_size;
	d.mtime = row->mtime;
	d.ctime = row->ctime;
	d.size = row->size;
	d.algo = row->id.algo;
	memcpy(d.raw, row->id.raw, ID_RAW_MAX);
	d.path_len = (uint32_t)strlen(row->path);
	buf_add(out, &d, sizeof(d));
	buf_add(out, row->path, d.path_len);
	buf_add(out, zeros, padded(d.path_len) - d.path_len);
}

static bool racy(const struct seen_row *row, int64_t now)
{
	int64_t window = row->ctime % 1000000000LL ? RACY_NS : RACY_COARSE_NS;

	return MAX(row->mtime, row->ctime) > now - window;
}

void seen_save(struct seen *seen, const struct seen_row *rows, size_t n)
{
	struct buf text = BUF_INIT;
	struct timespec ts;
	int64_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	buf_adds(&text, MAGIC);
	for (size_t i = 0; i < n; i++)
		if (rows[i].id.algo && !racy(&rows[i], now))
			add_row(&text, &rows[i]);
	/* A repository that we may only read: then without. */
	if (temp_write(seen->file, text.ptr, text.len, TEMP_PRIVATE))
		fail_clear();
	buf_release(&text);
}

void seen_release(struct seen *seen)
{
	free(seen->file);
	free(seen->text);
	free(seen->rows);
	*seen = (struct seen)SEEN_INIT;
}
