#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "base/walk.h"
#include "codec/json.h"
#include "model/stat.h"

#include <fcntl.h>

#define RECORD_MAX 65536

struct look {
	struct hash hash;
	uint64_t entries;
};

static int look_at(void *data, const char *path, const struct stat *st)
{
	struct look *look = data;
	char line[256];
	int n;

	/* A directory's size and times change with its file system's mood. */
	if (S_ISDIR(st->st_mode))
		n = snprintf(line, sizeof(line), "%o -", st->st_mode);
	else
		n = snprintf(line, sizeof(line), "%o %lld %lld.%ld %lld.%ld "
			     "%llu", st->st_mode, (long long)st->st_size,
			     (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			     (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
			     (unsigned long long)st->st_ino);
	hash_add(&look->hash, line, (size_t)n + 1);
	hash_add(&look->hash, path, strlen(path) + 1);
	look->entries++;
	return stop_check();
}

int stat_look(const char *path, struct stat_record *out)
{
	struct look look = { .entries = 0 };
	struct stat st;
	struct id sum;
	int fd, ret;

	if (lstat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return fail(FAIL_MISSING, "'%s' is not there",
				    quoted(path));
		return fail_errno("cannot stat '%s'", quoted(path));
	}
	hash_init(&look.hash, ID_SHA256);
	ret = look_at(&look, ".", &st);
	if (!ret && S_ISDIR(st.st_mode)) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			  O_CLOEXEC);
		ret = fd < 0 ? fail_errno("cannot open '%s'", quoted(path)) :
		      walk_tree(fd, look_at, &look);
		if (fd >= 0)
			close(fd);
	}
	hash_final(&look.hash, &sum);
	memcpy(out->digest, sum.raw, DIGEST_SIZE);
	out->entries = look.entries;
	return ret;
}

bool stat_same(const struct stat_record *a, const struct stat_record *b)
{
	return a->entries == b->entries &&
	       !memcmp(a->digest, b->digest, DIGEST_SIZE);
}

int stat_load(struct stat_record *out, const char *path)
{
	struct stat_record fresh = STAT_RECORD_INIT;
	struct json *json = NULL;
	struct buf text = BUF_INIT;
	const char *sync = NULL;
	struct seal digest;
	uint64_t version;
	int ret = file_read(path, RECORD_MAX, &text);

	if (!ret)
		ret = json_parse(&json, text.ptr, text.len, path);
	if (ret)
		goto out;
	ret = FAIL_FORMAT;
	if (json_take_u64(json, "stat", &version) != 1 || version != 1 ||
	    json_take_id(json, "id", &fresh.id) != 1 ||
	    json_take_u64(json, "entries", &fresh.entries) != 1 ||
	    json_take_seal(json, "digest", &digest) != 1 ||
	    json_take_str(json, "sync", &sync) < 0) {
		fail(FAIL_FORMAT, "'%s' is not a stat record", quoted(path));
		goto out;
	}
	memcpy(fresh.digest, digest.raw, DIGEST_SIZE);
	fresh.sync = sync ? xstrdup(sync) : NULL;
	SWAP(*out, fresh);
	ret = 0;
out:
	stat_release(&fresh);
	json_free(json);
	buf_release(&text);
	return ret;
}

int stat_save(const struct stat_record *record, const char *path,
	      const char *via)
{
	struct buf text = BUF_INIT;
	struct seal digest;
	char id[ID_HEX_MAX], hex[SEAL_HEX_MAX];
	int ret;

	memcpy(digest.raw, record->digest, DIGEST_SIZE);
	buf_addf(&text, "{\n  \"stat\": 1,\n  \"id\": \"%s\",\n"
		 "  \"entries\": %" PRIu64 ",\n  \"digest\": \"%s\"",
		 id_hex(&record->id, id), record->entries,
		 seal_hex(&digest, hex));
	if (record->sync) {
		buf_adds(&text, ",\n  \"sync\": ");
		json_add_string(&text, record->sync);
	}
	buf_adds(&text, "\n}\n");
	ret = temp_write_via(via, path, text.ptr, text.len, 0);
	buf_release(&text);
	return ret;
}

void stat_release(struct stat_record *record)
{
	free(record->sync);
	record->sync = NULL;
}
