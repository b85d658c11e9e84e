#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/hosted_int.h"

#define KNOWN_MAX ((size_t)4 << 20)

/*
 * $GIT_COMMON_DIR/silo/HASH-OF-URL: {"remote": 1, "url": ..., "n": ...,
 * "entry": ..., "packs": [...]}.  Without it, things take longer.
 */
static char *file_of(const struct hosted *h, const struct gitdir *g)
{
	struct seal seal;
	char hex[SEAL_HEX_MAX];

	digest_of(h->url, strlen(h->url), seal.raw);
	return xstrfmt("%s/silo/%.32s", g->common, seal_hex(&seal, hex));
}

static int take(struct known *known, const struct json *json)
{
	int ret = json_take_u64(json, "n", &known->n);

	if (ret >= 0) {
		ret = json_take_seal(json, "entry", &known->entry);
		known->has_entry = ret > 0;
	}
	if (ret >= 0)
		ret = json_take_strs(json, "packs", 65536, &known->packs);
	if (ret < 0) {
		known_release(known);
		fail_clear();
	}
	return 0;
}

int known_load(struct known *known, const struct hosted *h,
	       const struct gitdir *g)
{
	char *path = file_of(h, g);
	struct buf text = BUF_INIT;
	struct json *json = NULL;
	int ret = file_read(path, KNOWN_MAX, &text);

	if (!ret && !json_parse(&json, text.ptr, text.len, path))
		ret = take(known, json);
	else
		fail_clear();
	json_free(json);
	buf_release(&text);
	free(path);
	return ret == FAIL_STOPPED ? ret : 0;
}

int known_save(const struct known *known, const struct hosted *h,
	       const struct gitdir *g)
{
	char *path = file_of(h, g), *dir = xstrfmt("%s/silo", g->common);
	struct buf text = BUF_INIT;
	char hex[SEAL_HEX_MAX];
	int ret = temp_mkdirs(dir, 0);

	buf_adds(&text, "{\n  \"remote\": 1,\n  \"url\": ");
	json_add_string(&text, h->url);
	buf_addf(&text, ",\n  \"n\": %" PRIu64, h->state.n);
	if (h->has_entry)
		buf_addf(&text, ",\n  \"entry\": \"%s\"",
			 seal_hex(&h->entry, hex));
	buf_adds(&text, ",\n  \"packs\": [");
	for (size_t i = 0; i < known->packs.n; i++)
		buf_addf(&text, "%s\n    \"%s\"", i ? "," : "",
			 known->packs.v[i]);
	buf_adds(&text, "\n  ]\n}\n");
	if (!ret)
		ret = temp_write(path, text.ptr, text.len, 0);
	buf_release(&text);
	free(dir);
	free(path);
	return ret;
}

void known_release(struct known *known)
{
	strs_release(&known->packs);
	*known = (struct known)KNOWN_INIT;
}

/* HASH-OF-URL.push, an empty file: a push whose end was not seen. */
static char *debt_of(const struct hosted *h, const struct gitdir *g)
{
	char *file = file_of(h, g), *debt = xstrfmt("%s.push", file);

	free(file);
	return debt;
}

void hosted_owe(const struct hosted *h, const struct gitdir *g)
{
	char *path = debt_of(h, g);

	if (temp_write(path, "", 0, 0))
		fail_clear();
	free(path);
}

void hosted_paid(const struct hosted *h, const struct gitdir *g)
{
	char *path = debt_of(h, g);

	unlink(path);
	free(path);
}

void hosted_pay(struct hosted *h, const struct gitdir *g)
{
	char *path = g->common ? debt_of(h, g) : NULL;

	if (path && h->state.n && file_exists(path) > 0)
		hosted_hints(h, g);
	fail_clear();
	free(path);
}

/*
 * Beside it, HASH.last: where a push finds the end in one request less; or, if
 * others were faster the last time, in two more.  Who was overtaken just notes
 * the number, until a push shows that nobody else was there.
 */
static char *memory_of(const struct hosted *h, const struct gitdir *g)
{
	char *file = file_of(h, g), *out = xstrfmt("%s.last", file);

	free(file);
	return out;
}

int hosted_recall(struct hosted *h, const struct gitdir *g)
{
	struct buf text = BUF_INIT;
	struct json *json = NULL;
	char *path;
	int ret;

	if (!g->common || h->b->path)
		return 0;
	path = memory_of(h, g);
	ret = file_read(path, KNOWN_MAX, &text);
	if (!ret && !json_parse(&json, text.ptr, text.len, path) &&
	    json_take_u64(json, "n", &h->recalled) > 0) {
		h->recalling = true;
		if (json_get(json, "sum") || json_get(json, "entry"))
			chain_recall(h->chain, &text);
	}
	fail_clear();
	json_free(json);
	buf_release(&text);
	free(path);
	return ret == FAIL_STOPPED ? ret : 0;
}

void hosted_memorise(struct hosted *h, const struct gitdir *g)
{
	struct buf text = BUF_INIT;
	char *path, *dir;

	if (!g->common || h->b->path)
		return;
	if (h->overtaken)
		buf_addf(&text, "{\"n\": %" PRIu64 "}\n", h->state.n);
	else if (!chain_memory(h->chain, &text))
		return;
	path = memory_of(h, g);
	dir = xstrfmt("%s/silo", g->common);
	if (temp_mkdirs(dir, 0) || temp_write(path, text.ptr, text.len, 0))
		fail_clear();
	buf_release(&text);
	free(path);
	free(dir);
}

/* A server, or who copied the silo back from a backup, may show old refs. */
void hosted_look_back(struct hosted *h, const struct gitdir *g)
{
	struct known known = KNOWN_INIT;

	if (!g->common || known_load(&known, h, g))
		return;
	if (known.n > h->state.n)
		say("warning: ", "'%s' is older than what we saw there: entry %"
		    PRIu64 " of its ledger, and now %" PRIu64 " is its last",
		    quoted(h->url), known.n, h->state.n);
	else if (known.n && known.n == h->state.n && known.has_entry &&
		 h->has_entry && !seal_eq(&h->entry, &known.entry))
		say("warning: ", "'%s' has another history than what we saw "
		    "there: entry %" PRIu64 " of its ledger is not the same",
		    quoted(h->url), known.n);
	known_release(&known);
}
