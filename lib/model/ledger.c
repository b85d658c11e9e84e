#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/ledger.h"

/*
 * A parsed value takes some sixty bytes, and "[1,1,1..." has one for two
 * bytes of text.  What we write has sixteen and more for each.
 */
static int check_values(const char *text, size_t len, const char *what)
{
	size_t values = 0, max = 65536 + len / 16;

	for (size_t i = 0; i < len; i++)
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
	if (values > max)
		return fail(FAIL_FORMAT, "'%s' has too many values",
			    quoted(what));
	return 0;
}

static int parse_hex(const char *hex, unsigned char *out, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(hex) != 2 * n)
		return -1;
	for (size_t i = 0; i < 2 * n; i++) {
		const char *d = strchr(digits, hex[i]);

		if (!d)
			return -1;
		out[i / 2] = (unsigned char)((i % 2 ? out[i / 2] << 4 : 0) |
					     (d - digits));
	}
	return 0;
}

static void add_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%02x", bytes[i]);
}

static int take_hex(const struct json *json, const char *key,
		    unsigned char *out, size_t n, const char *what)
{
	const char *hex = NULL;
	int ret = json_take_str(json, key, &hex);

	if (ret < 0)
		return ret;
	if (!ret || parse_hex(hex, out, n))
		return fail(FAIL_FORMAT, "'%s': \"%s\" is not %zu hex digits",
			    quoted(what), key, 2 * n);
	return 0;
}

/* Before anything else: the next version may mean all the rest differently. */
static int take_head(const struct json *json, const char *version,
		     const char *what, uint64_t *n)
{
	uint64_t v = 0;
	int ret = json_type(json) == JSON_OBJECT ?
		  json_take_u64(json, version, &v) : 0;

	if (ret > 0 && v != 1)
		return fail(FAIL_DENIED, "'%s' is a ledger's %s of version %"
			    PRIu64 "; it needs a newer medo", quoted(what),
			    strcmp(version, "ledger") ? version : "entry", v);
	if (ret > 0)
		ret = json_take_u64(json, "n", n);
	if (ret > 0 && *n)
		return 0;
	return ret < 0 ? ret :
	       fail(FAIL_FORMAT, "'%s' is not of a ledger", quoted(what));
}

static int take_talk(const struct json *json, const char *key,
		     const char **out)
{
	int ret = json_take_str(json, key, out);

	if (!ret)
		*out = "";
	return MIN(ret, 0);
}

static int check_first(const struct entry *entry, const char *what)
{
	static const unsigned char zeros[DIGEST_SIZE];

	if ((entry->n == 1) == !memcmp(entry->prev, zeros, DIGEST_SIZE))
		return 0;
	return fail(FAIL_FORMAT, "'%s': \"prev\" of entry %" PRIu64 " is %s",
		    quoted(what), entry->n, entry->n == 1 ? "not zeros" :
		    "zeros");
}

int entry_parse(struct entry *out, const char *text, size_t len,
		const char *what)
{
	struct entry entry = ENTRY_INIT;
	int ret = check_values(text, len, what);

	if (!ret)
		ret = json_parse(&entry.json, text, len, what);
	if (!ret)
		ret = take_head(entry.json, "ledger", what, &entry.n);
	if (!ret)
		ret = take_hex(entry.json, "prev", entry.prev, DIGEST_SIZE,
			       what);
	if (!ret)
		ret = take_hex(entry.json, "nonce", entry.nonce, NONCE_SIZE,
			       what);
	if (!ret)
		ret = take_talk(entry.json, "who", &entry.who);
	if (!ret)
		ret = take_talk(entry.json, "time", &entry.time);
	if (!ret)
		ret = check_first(&entry, what);
	if (!ret) {
		digest_of(text, len, entry.hash);
		*out = entry;
		entry.json = NULL;
	}
	entry_release(&entry);
	return ret;
}

void entry_release(struct entry *entry)
{
	json_free(entry->json);
	entry->json = NULL;
}

static void add_members(struct buf *out, const char *members)
{
	if (*members)
		buf_addf(out, ",\n  %s", members);
	buf_adds(out, "\n}\n");
}

void entry_format(struct buf *out, const struct entry *entry,
		  const char *members)
{
	buf_addf(out, "{\n  \"ledger\": 1,\n  \"n\": %" PRIu64
		 ",\n  \"prev\": \"", entry->n);
	add_hex(out, entry->prev, DIGEST_SIZE);
	buf_adds(out, "\",\n  \"nonce\": \"");
	add_hex(out, entry->nonce, NONCE_SIZE);
	buf_adds(out, "\",\n  \"who\": ");
	json_add_string(out, entry->who);
	buf_adds(out, ",\n  \"time\": ");
	json_add_string(out, entry->time);
	add_members(out, members);
}

int state_parse(struct json **out, const char *text, size_t len,
		const char *what, uint64_t *n,
		unsigned char entry[DIGEST_SIZE])
{
	struct json *json = NULL;
	int ret = check_values(text, len, what);

	if (!ret)
		ret = json_parse(&json, text, len, what);
	if (!ret)
		ret = take_head(json, "state", what, n);
	if (!ret)
		ret = take_hex(json, "entry", entry, DIGEST_SIZE, what);
	if (ret)
		json_free(json);
	else
		*out = json;
	return ret;
}

void state_format(struct buf *out, uint64_t n,
		  const unsigned char entry[DIGEST_SIZE], const char *members)
{
	buf_addf(out, "{\n  \"state\": 1,\n  \"n\": %" PRIu64
		 ",\n  \"entry\": \"", n);
	add_hex(out, entry, DIGEST_SIZE);
	buf_adds(out, "\"");
	add_members(out, members);
}
