#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "model/pack.h"
#include "model/sha1dc.h"
#include "silo/check_int.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Names at the top of a silo; what lies in these folders is theirs. */
static const char *const folders[] = {
	"pack/", "part/", "index/", "derived/", "ledger/", "git/",
};

static bool known_name(const char *name)
{
	if (!strcmp(name, "silo.json") || !strcmp(name, "verified") ||
	    !strcmp(name, "pointers") || starts_with(name, "tmp_medo_") ||
	    starts_with(name, BACKEND_TEMP))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (starts_with(name, folders[i]))
			return true;
	return false;
}

struct walk {
	struct silo *silo;
	struct check *check;
	struct strs blobs;
	struct strs packs;	/* their .idx and .pack, of a silo elsewhere */
	struct strs tables;	/* pack/index-<sha256>.midx */
	struct strs ledgers;	/* "", and "git/NAME/" of repositories */
};

int check_tell(struct check *check, enum check_verdict verdict,
	       const char *name, const char *why)
{
	return check->each(check->data, verdict, name, why);
}

bool check_is_verdict(int ret)
{
	return ret == FAIL_CORRUPT || ret == FAIL_FORMAT || ret == FAIL_DENIED ||
	       ret == FAIL_SYSTEM;
}

/* "ledger/..." is the silo's own; repositories in it have theirs. */
static void note_ledger(struct walk *w, const char *name)
{
	const char *slash = starts_with(name, "git/") ?
			    strchr(name + strlen("git/"), '/') : NULL;
	char *base;

	if (!starts_with(slash ? slash + 1 : name, "ledger/"))
		return;
	base = slash ? xmemdup(name, (size_t)(slash + 1 - name)) : xstrdup("");
	if (!strs_has(&w->ledgers, base))
		strs_add(&w->ledgers, base);
	free(base);
}

static int sort_out(void *data, const char *name, uint64_t size UNUSED)
{
	struct walk *w = data;
	struct id id;
	int ret = stop_check();

	if (ret)
		return ret;
	if (!silo_blob_id(name, silo_algo(w->silo), &id)) {
		strs_add(&w->blobs, name);
		return 0;
	}
	if (starts_with(name, "pack/") && ends_with(name, ".midx"))
		strs_add(&w->tables, name);
	/* It becomes a file's name here: nothing below a folder of that name. */
	else if (starts_with(name, "pack/pack-") && !strchr(name + 5, '/') &&
		 (ends_with(name, ".idx") || ends_with(name, ".pack")))
		strs_add(&w->packs, name);
	note_ledger(w, name);
	return known_name(name) ? 0 :
	       check_tell(w->check, CHECK_STRANGE, name,
		    "not a name of a silo; left alone");
}

static int to_sha1dc(void *data, struct block *block)
{
	return sha1dc_add(data, block->data, block->len);
}

/* Known by nothing but its id: then SHA-1 has to prove itself, too. */
static int hash_sha1(struct blob *blob, uint64_t size, struct pool *pool,
		     struct meter *meter, struct id *out)
{
	struct sha1dc *dc = NULL;
	struct sink sink = { NULL, NULL };
	struct gz_expect expect = { .size = &size };
	struct gz_facts facts;
	int ret = sha1dc_new(&dc, size);

	sink = (struct sink){ to_sha1dc, dc };
	if (!ret)
		ret = gz_read(blob->gz, &expect, pool, &sink, meter, &facts);
	if (!ret)
		ret = sha1dc_final(dc, out);
	sha1dc_free(dc);
	return ret;
}

static int read_blob(struct blob *blob, const struct id *want,
		     struct pool *pool, struct check *check)
{
	struct gz_expect all = { .algo = want->algo };
	struct gz_facts facts = { .size = 0 };
	struct id id;
	int ret = 0;

	/* git's header begins with the size, which foreign files do not say. */
	if (gz_seekable(blob->gz))
		facts.size = gz_size(blob->gz);
	else
		ret = gz_read(blob->gz, &all, pool, NULL, NULL, &facts);
	if (ret)
		return ret;
	if (want->algo == ID_SHA1) {
		ret = hash_sha1(blob, facts.size, pool, check->meter, &id);
	} else {
		ret = gz_read(blob->gz, &all, pool, NULL, check->meter, &facts);
		id = facts.id;
	}
	check->bytes += facts.size;
	if (!ret && !id_eq(&id, want))
		ret = fail(FAIL_CORRUPT, "its content has another id");
	return ret;
}

/*
 * A byte of each group proves the group's index, and that against the top.
 * Of a foreign gzip its first bytes are all that is quick.
 */
static int read_index(struct blob *blob)
{
	static const unsigned char magic[] = { 0x1f, 0x8b, 8 };
	const uint64_t group = (uint64_t)GROUP_PIECES * PIECE_SIZE;
	unsigned char head[sizeof(magic)], byte;
	int ret = 0;

	if (!gz_seekable(blob->gz)) {
		ret = blob->src.read(blob->src.data, 0, head, sizeof(head));
		return !ret && memcmp(head, magic, sizeof(magic)) ?
		       fail(FAIL_CORRUPT, "it is no gzip file") : ret;
	}
	for (uint64_t off = 0; !ret && off < gz_size(blob->gz); off += group)
		ret = gz_pread(blob->gz, gz_seal(blob->gz), off, &byte, 1);
	return ret;
}

static int check_blob(struct walk *w, const char *name, struct pool *pool)
{
	struct blob blob = BLOB_INIT;
	struct id id;
	int ret = silo_blob_id(name, silo_algo(w->silo), &id) ? FAIL_FORMAT : 0;

	if (!ret)
		ret = silo_backend(w->silo)->path ?
		      silo_blob_file(w->silo, &id, &blob) :
		      check_open_far(w->silo, w->check, name, &blob);
	if (!ret && w->check->quick)
		ret = read_index(&blob);
	else if (!ret)
		ret = read_blob(&blob, &id, pool, w->check);
	blob_close(&blob);
	w->check->blobs++;
	/* One that cannot be read does not hide the others. */
	if (check_is_verdict(ret))
		ret = check_tell(w->check, CHECK_CORRUPT, name, fail_text());
	/* Somebody removed it since it was listed. */
	return ret == FAIL_MISSING ? 0 : ret;
}

/* Small blobs that lie in packs. */
static int prove_id(void *data UNUSED, const struct id *id,
		    const void *content, size_t len)
{
	struct sha1dc *dc = NULL;
	struct id is;
	int ret;

	if (id->algo != ID_SHA1)
		return 0;
	ret = sha1dc_new(&dc, len);
	if (!ret)
		ret = sha1dc_add(dc, content, len);
	if (!ret)
		ret = sha1dc_final(dc, &is);
	if (!ret && !id_eq(&is, id))
		ret = fail(FAIL_CORRUPT, "its content has another id");
	sha1dc_free(dc);
	return ret;
}

static int bad_pack(void *data, const char *name, const char *why)
{
	return check_tell(data, CHECK_CORRUPT, name, why);
}

static int strange_pack(void *data, const char *name, const char *why)
{
	return check_tell(data, CHECK_STRANGE, name, why);
}

static int check_packs(struct silo *silo, struct check *check,
		       const struct strs *names)
{
	struct packs_check c = {
		.quick = check->quick, .bad = bad_pack,
		.strange = strange_pack, .blob = prove_id, .data = check,
	};
	struct backend *b = silo_backend(silo);
	int ret = b->path ? packs_check(b->fd, silo_algo(silo), &c) :
		  check_packs_far(silo, check, names, &c);

	check->blobs += c.blobs;
	check->bytes += c.bytes;
	return ret;
}

static int add_hash(void *data, struct block *block)
{
	hash_add(data, block->data, block->len);
	return stop_check();
}

/* Its name is the SHA-256 of its bytes. */
static int check_table(struct walk *w, const char *name)
{
	struct backend *b = silo_backend(w->silo);
	struct hash hash;
	struct sink sink = { add_hash, &hash };
	char hex[ID_HEX_MAX], *want;
	struct id is;
	uint64_t total;
	int ret;

	if (w->check->quick)
		return 0;
	hash_init(&hash, ID_SHA256);
	ret = b->ops->read(b, name, 0, UINT64_MAX, 0, &sink, &total);
	hash_final(&hash, &is);
	want = xstrfmt("pack/index-%s.midx", id_hex(&is, hex));
	if (!ret && strcmp(want, name))
		ret = fail(FAIL_CORRUPT, "its bytes have another SHA-256");
	free(want);
	if (check_is_verdict(ret))
		ret = check_tell(w->check, CHECK_CORRUPT, name, fail_text());
	return ret == FAIL_MISSING ? 0 : ret;
}

int check_silo(struct silo *silo, struct pool *pool, struct check *check)
{
	struct walk w = { .silo = silo, .check = check };
	struct backend *b = silo_backend(silo);
	int ret = b->ops->list(b, "", sort_out, &w);

	strs_sort(&w.blobs);
	for (size_t i = 0; !ret && i < w.blobs.n; i++) {
		ret = stop_check();
		if (!ret)
			ret = check_blob(&w, w.blobs.v[i], pool);
	}
	if (!ret)
		ret = check_packs(silo, check, &w.packs);
	for (size_t i = 0; !ret && i < w.tables.n; i++)
		ret = check_table(&w, w.tables.v[i]);
	for (size_t i = 0; !ret && i < w.ledgers.n; i++)
		ret = check_ledger(silo, check, w.ledgers.v[i]);
	strs_release(&w.blobs);
	strs_release(&w.packs);
	strs_release(&w.tables);
	strs_release(&w.ledgers);
	return ret;
}
