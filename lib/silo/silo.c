#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/json.h"
#include "silo/silo.h"
#include "silo/silo_int.h"
#include "silo/table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define SILO_JSON "silo.json"
#define SILO_JSON_MAX 65536

const char *silo_blob_name(const struct id *id, char out[SILO_NAME_MAX])
{
	char hex[ID_HEX_MAX];

	id_hex(id, hex);
	snprintf(out, SILO_NAME_MAX, "objects/%.2s/%s.gz", hex, hex + 2);
	return out;
}

int silo_blob_id(const char *name, enum id_algo algo, struct id *out)
{
	size_t hex_len = 2 * id_raw_size(algo);
	char hex[ID_HEX_MAX], back[SILO_NAME_MAX];

	if (strlen(name) != strlen("objects/ab/.gz") + hex_len - 2)
		return -1;
	memcpy(hex, name + strlen("objects/"), 2);
	memcpy(hex + 2, name + strlen("objects/ab/"), hex_len - 2);
	if (id_parse(out, hex, hex_len))
		return -1;
	return strcmp(silo_blob_name(out, back), name) ? -1 : 0;
}

static int parse_json(const char *text, size_t len, const char *what,
		      enum id_algo *algo)
{
	struct json *json = NULL;
	const char *name = NULL;
	uint64_t version = 0;
	int ret = json_parse(&json, text, len, what);

	if (ret)
		return ret;
	ret = json_take_u64(json, "silo", &version);
	if (ret >= 0 && version != 1)
		ret = ret ? fail(FAIL_DENIED, "'%s' is a silo of version %"
				 PRIu64 "; it needs a newer medo", quoted(what),
				 version) :
		      fail(FAIL_FORMAT, "'%s' has no \"silo\"", quoted(what));
	if (ret >= 0)
		ret = json_take_str(json, "object-format", &name);
	if (ret > 0) {
		*algo = id_algo_parse(name);
		if (!*algo)
			ret = fail(FAIL_DENIED, "'%s' has object format '%s'; "
				   "it needs a newer medo", quoted(what),
				   quoted(name));
	} else if (!ret) {
		*algo = ID_SHA1;
	}
	json_free(json);
	return ret < 0 ? ret : 0;
}

static int write_json(struct silo *silo)
{
	char *text = xstrfmt("{\n  \"silo\": 1,\n  \"object-format\": \"%s\"\n"
			     "}\n", id_algo_name(silo->algo));
	int ret = backend_put(silo->b, SILO_JSON, text, strlen(text));

	free(text);
	return ret;
}

/* Nothing but what we would call a silo may be there already. */
static int looks_foreign(struct silo *silo)
{
	struct strs names = STRS_INIT;
	int ret = silo->b->path ? file_list(silo->b->path, &names) : 0;

	for (size_t i = 0; !ret && i < names.n; i++)
		if (!strcmp(names.v[i], ".git"))
			ret = fail(FAIL_REQUEST, "'%s' is a git repository, "
				   "not a silo", quoted(silo->b->path));
	strs_release(&names);
	return ret;
}

static int read_json(struct silo *silo, enum id_algo want, unsigned flags)
{
	struct buf text = BUF_INIT;
	char *what = xstrfmt("%s/%s", silo->b->url, SILO_JSON);
	int ret = backend_slurp(silo->b, SILO_JSON, SILO_JSON_MAX, 0, &text);

	if (!ret) {
		ret = parse_json(text.ptr, text.len, what, &silo->algo);
	} else if (ret == FAIL_MISSING) {
		fail_clear();
		silo->algo = want ? want : ID_SHA1;
		ret = 0;
		if (flags & SILO_CREATE) {
			ret = looks_foreign(silo);
			if (!ret)
				ret = write_json(silo);
		}
	}
	if (!ret && want && silo->algo != want)
		ret = fail(FAIL_DENIED, "silo '%s' has %s ids, this repository "
			   "%s; ids are never translated", quoted(silo->b->url),
			   id_algo_name(silo->algo), id_algo_name(want));
	buf_release(&text);
	free(what);
	return ret;
}

static const char *folder_of(const char *url)
{
	if (!strncmp(url, "file://", 7))
		return url[7] == '/' ? url + 7 :
		       starts_with(url + 7, "localhost/") ? url + 16 : NULL;
	return strstr(url, "://") ? NULL : url;
}

/* Parts of blobs that nobody went on fetching. */
#define PART_DAYS 14
#define INDEX_DAYS 30

static void sweep_parts(struct silo *silo)
{
	struct strs names = STRS_INIT;
	int fd = file_open_beneath(silo->b->fd, "part", O_RDONLY | O_DIRECTORY,
				   0);
	time_t old = time(NULL) - PART_DAYS * 86400;

	if (fd >= 0 && file_list_fd(fd, &names))
		fail_clear();
	for (size_t i = 0; i < names.n; i++) {
		char *path = xstrfmt("%s/part/%s", silo->b->path, names.v[i]);
		struct temp temp = TEMP_INIT;
		struct stat st;

		if (!fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode) && st.st_mtime < old &&
		    temp_adopt(&temp, path) > 0)
			temp_discard(&temp);
		free(path);
	}
	fail_clear();
	strs_release(&names);
	if (fd >= 0)
		close(fd);
}

/* Indexes of far silos that nobody has read for long; see table_keep(). */
static void sweep_indexes(struct silo *silo)
{
	struct strs names = STRS_INIT;
	int fd = file_open_beneath(silo->b->fd, "index", O_RDONLY | O_DIRECTORY,
				   0);
	time_t old = time(NULL) - INDEX_DAYS * 86400;

	if (fd >= 0 && file_list_fd(fd, &names))
		fail_clear();
	for (size_t i = 0; i < names.n; i++) {
		char *name = xstrfmt("index/%s", names.v[i]);
		struct stat st;

		if (!fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode) && MAX(st.st_atime, st.st_mtime) < old &&
		    silo->b->ops->remove(silo->b, name) < 0)
			fail_clear();
		free(name);
	}
	fail_clear();
	strs_release(&names);
	if (fd >= 0)
		close(fd);
}

/* What a crash left: temps go, packs that were growing are finished. */
static int tidy(struct silo *silo)
{
	int ret;

	temp_sweep(silo->b->path);
	sweep_parts(silo);
	sweep_indexes(silo);
	ret = pack_recover(silo->b->path, silo->algo,
			   silo->b->durable ? TEMP_DURABLE : 0);
	if (ret < 0 && ret != FAIL_STOPPED) {
		say("warning: ", "%s", fail_text());
		fail_clear();
		ret = 0;
	}
	return MIN(ret, 0);
}

static int open_backend(struct backend **out, const char *url, unsigned flags)
{
	struct backend_opts opts = {
		.durable = flags & SILO_DURABLE,
		.any_address = flags & SILO_ANY_ADDRESS,
	};
	const char *path = folder_of(url);

	if (path && *path)
		return backend_folder(out, path, flags & SILO_CREATE,
				      flags & SILO_DURABLE);
	if (path || !strstr(url, "://"))
		return fail(FAIL_REQUEST, "cannot open silo '%s': it is neither "
			    "a path nor a URL", quoted(url));
	if (!backend_far)
		return fail(FAIL_NET, "silo '%s' is not on this disk, and this "
			    "program has no network", quoted(url));
	return backend_far(out, url, &opts);
}

int silo_open(struct silo **out, const char *url, enum id_algo algo,
	      unsigned flags)
{
	struct silo *silo = xcalloc(1, sizeof(*silo));
	int ret = open_backend(&silo->b, url, flags);

	if (ret)
		goto out;
	ret = read_json(silo, algo, flags);
	if (ret)
		goto out;
	if (silo->b->path)
		silo->packs = packs_open(silo->b->fd, silo->algo);
	else
		ret = table_open(&silo->table, silo->b, silo->algo);
	if (!ret && silo->b->path && (flags & SILO_WRITE))
		ret = tidy(silo);
	if (ret)
		goto out;
	*out = silo;
	silo = NULL;
out:
	silo_close(silo);
	return ret;
}

void silo_close(struct silo *silo)
{
	if (!silo)
		return;
	packs_close(silo->packs);
	table_close(silo->table);
	if (silo->b)
		silo->b->ops->close(silo->b);
	free(silo);
}

void silo_keep_indexes(struct silo *silo, const struct silo *cache)
{
	char *dir = cache->b->path ? xstrfmt("%s/index", cache->b->path) : NULL;

	if (silo->table && dir)
		table_keep(silo->table, dir);
	free(dir);
}

const char *silo_url(const struct silo *silo)
{
	return silo->b->url;
}

enum id_algo silo_algo(const struct silo *silo)
{
	return silo->algo;
}

struct backend *silo_backend(struct silo *silo)
{
	return silo->b;
}

int silo_has(struct silo *silo, const struct id *id)
{
	char name[SILO_NAME_MAX];
	uint64_t size;
	int ret = silo_packed(silo, id);

	if (ret)
		return ret;
	return silo->b->ops->has(silo->b, silo_blob_name(id, name), &size);
}

int silo_remove(struct silo *silo, const struct id *id)
{
	struct idset one = IDSET_INIT;
	int ret;

	idset_add(&one, id);
	ret = silo_remove_all(silo, &one);
	idset_release(&one);
	return ret;
}

struct each {
	struct silo *silo;
	struct idset packed;
	uint64_t *sizes;	/* of `packed`, out of a table */
	size_t nsizes;
	size_t cap;
	int (*fn)(void *data, const struct id *id, uint64_t file_size);
	void *data;
};

static int each_name(void *data, const char *name, uint64_t size)
{
	struct each *each = data;
	struct id id;

	if (silo_blob_id(name, each->silo->algo, &id) ||
	    idset_find(&each->packed, &id) >= 0)
		return 0;
	return each->fn(each->data, &id, size);
}

static int each_packed(void *data, const struct pack_item *item)
{
	struct each *each = data;

	if (idset_find(&each->packed, &item->id) >= 0)
		return 0;
	idset_add(&each->packed, &item->id);
	return each->fn(each->data, &item->id, item->stored);
}

static int each_announced(void *data, const struct id *id,
			  const struct table_place *place)
{
	struct each *each = data;

	if (idset_find(&each->packed, id) >= 0)
		return 0;
	idset_add(&each->packed, id);
	ALLOC_GROW(each->sizes, each->nsizes, each->cap);
	each->sizes[each->nsizes++] = place->end - place->offset;
	return 0;
}

/* Told when the table is free again: who is told may have a question to it. */
static int each_of_table(struct each *each)
{
	struct table *table;
	int ret = silo_table(each->silo, &table);

	if (!ret)
		ret = table_each(table, each_announced, each);
	for (size_t i = 0; !ret && i < each->nsizes; i++)
		ret = each->fn(each->data, &each->packed.ids[i],
			       each->sizes[i]);
	free(each->sizes);
	return ret;
}

int silo_each(struct silo *silo,
	      int (*fn)(void *data, const struct id *id, uint64_t file_size),
	      void *data)
{
	struct each each = { .silo = silo, .fn = fn, .data = data };
	int ret = silo->packs ? packs_each(silo->packs, each_packed, &each) :
		  each_of_table(&each);

	if (!ret)
		ret = silo->b->ops->list(silo->b, "objects", each_name, &each);
	idset_release(&each.packed);
	return ret;
}
