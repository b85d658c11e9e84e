/*
 * git medo silo log: what was done to a silo, or to a repository in it, in
 * the order that its ledger gave it.
 */
#include "git-medo/cmd.h"
#include "base/temp.h"
#include "silo/chain.h"
#include "silo/silo.h"

/* What every entry has; the rest is what it says. */
static bool is_head(const char *key)
{
	static const char *const head[] = {
		"ledger", "n", "prev", "nonce", "who", "time",
	};

	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		if (!strcmp(key, head[i]))
			return true;
	return false;
}

/* "packs=2 midx="index-…"": how many, or what. */
static void add_members(struct buf *out, const struct json *json)
{
	for (size_t i = 0; i < json_count(json); i++) {
		const struct json *value = json_at(json, i);
		const char *key = json_key_at(json, i), *raw;
		size_t len;

		if (is_head(key))
			continue;
		buf_addf(out, "%s%s=", out->len ? " " : "", key);
		raw = json_raw(value, &len);
		if (json_type(value) == JSON_ARRAY ||
		    json_type(value) == JSON_OBJECT)
			buf_addf(out, "%zu", json_count(value));
		else
			buf_add(out, raw, MIN(len, 100));
	}
	if (!out->len)
		buf_addc(out, '-');
}

/* On one line: white space outside strings goes. */
static void add_flat(struct buf *out, const struct json *json)
{
	size_t len;
	const char *raw = json_raw(json, &len);
	bool inside = false;

	for (size_t i = 0; i < len; i++) {
		if (inside && raw[i] == '\\')
			buf_addc(out, raw[i++]);
		else if (raw[i] == '"')
			inside = !inside;
		if (inside || !strchr(" \t\r\n", raw[i]))
			buf_addc(out, raw[i]);
	}
}

static int print_entry(void *data, const struct entry *entry)
{
	struct rows *rows = data;
	struct buf text = BUF_INIT;
	struct seal seal;
	char hex[SEAL_HEX_MAX];

	if (rows->json) {
		memcpy(seal.raw, entry->hash, DIGEST_SIZE);
		rows_str(rows, "hash", seal_hex(&seal, hex));
		add_flat(&text, entry->json);
		rows_raw(rows, "entry", text.ptr);
	} else {
		rows_u64(rows, "n", entry->n);
		rows_str(rows, "time", entry->time);
		rows_str(rows, "who", entry->who);
		add_members(&text, entry->json);
		rows_str(rows, "members", text.ptr);
	}
	rows_end(rows);
	buf_release(&text);
	return stop_check();
}

/* "ledger", or that of a repository; NULL where the name cannot be one. */
static char *ledger_of(const char *repo)
{
	size_t len;

	if (!repo)
		return xstrdup("ledger");
	len = strlen(repo);
	for (size_t i = 0; i < len; i++) {
		bool first = !i || repo[i - 1] == '/';

		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-+"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", repo[i]) &&
		    (first || (repo[i] != '.' && repo[i] != '/')))
			return NULL;
	}
	if (!len || repo[len - 1] == '/')
		return NULL;
	return xstrfmt("git/%s%s/ledger", repo,
		       ends_with(repo, ".git") ? "" : ".git");
}

static int print_log(const char *url, const char *dir, uint64_t from,
		     struct rows *rows, bool must)
{
	struct silo *silo = NULL;
	struct chain *chain = NULL;
	uint64_t n = 0;
	int ret = silo_open(&silo, url, ID_NONE, SILO_ANY_ADDRESS);

	if (!ret)
		ret = chain_open(&chain, silo_backend(silo), dir);
	/* Again: by the entries, whatever the hints say. */
	if (!ret)
		ret = chain_end(chain, true, &n);
	if (!ret && !n && must)
		ret = fail(FAIL_MISSING, "there is no '%s' in silo '%s'", dir,
			   quoted(silo_url(silo)));
	if (!ret)
		ret = chain_walk(chain, MAX(from, 1), n, print_entry, rows);
	chain_close(chain);
	silo_close(silo);
	return ret;
}

int silo_log_cmd(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo log [<options>] <silo>",
		NULL
	};
	struct rows rows = { 0, 0, 0 };
	const char *repo = NULL;
	uint64_t from = 1;
	char *dir;
	const struct opt opts[] = {
		OPT_STR(0, "repo", &repo, "name",
			"of the repository git/<name>.git in it"),
		OPT_UINT(0, "from", &from, "n", "begin with entry <n>"),
		ROWS_OPTS(&rows),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "silo log takes one <silo>");
	dir = ledger_of(repo);
	if (!dir)
		opt_usage(usage, opts, "'%s' cannot be the name of a "
			  "repository in a silo", quoted(repo));
	ret = print_log(argv[0], dir, from, &rows, repo);
	free(dir);
	return ret;
}
