#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "codec/entry.h"
#include "codec/json.h"
#include "model/treeptr.h"

#define VERSION 1

static const char *const magics[] = {
	"{\n  \"treeptr\": 1,\n",
	"{\r\n  \"treeptr\": 1,\r\n",	/* through somebody's core.autocrlf */
};

static const char *const formats[] = {
	"tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst", "zip",
};
#define FORMATS_TEXT "tar, tar.gz, tar.xz, tar.bz2, tar.zst, zip"

/* The members that are ours, in canonical order; the rest follows. */
static const char *const known[] = {
	"treeptr", "id", "size", "seal", "format", "tree", "prefix",
	"provenance",
};

bool treeptr_likely(const char *text, size_t len)
{
	if (len > TREEPTR_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		size_t n = strlen(magics[i]);

		if (n <= len && !memcmp(text, magics[i], n))
			return true;
	}
	return false;
}

static int take_version(const struct json *json)
{
	uint64_t version;
	int ret = json_take_u64(json, "treeptr", &version);

	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_FORMAT, "not a treeptr: no 'treeptr'");
	if (version > VERSION)
		return fail(FAIL_DENIED, "'treeptr' is %" PRIu64
			    "; this format needs a newer medo", version);
	if (version != VERSION)
		return fail(FAIL_FORMAT, "'treeptr' is %" PRIu64 ", not 1",
			    version);
	return 0;
}

static int take_content(struct treeptr *ptr, const struct json *json)
{
	int ret = json_take_id(json, "id", &ptr->id);

	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_FORMAT, "'id' is missing");
	ret = json_take_u64(json, "size", &ptr->size);
	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_FORMAT, "'size' is missing");
	ret = json_take_seal(json, "seal", &ptr->seal);
	if (ret < 0)
		return ret;
	ptr->has_seal = ret;
	return 0;
}

static int take_format(struct treeptr *ptr, const struct json *json)
{
	const char *format;
	int ret = json_take_str(json, "format", &format);

	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!strcmp(format, formats[i])) {
			ptr->format = xstrdup(format);
			return 0;
		}
	}
	return fail(FAIL_FORMAT, "'format' is '%s', none of "
		    FORMATS_TEXT, quoted(format));
}

static int take_tree(struct treeptr *ptr, const struct json *json)
{
	int ret = json_take_id(json, "tree", &ptr->tree);

	if (ret <= 0)
		return ret;
	if (ptr->tree.algo != ptr->id.algo)
		return fail(FAIL_FORMAT,
			    "'tree' is a %s id, but 'id' a %s one",
			    id_algo_name(ptr->tree.algo),
			    id_algo_name(ptr->id.algo));
	ptr->has_tree = true;
	return 0;
}

/* An absolute path that has one spelling, none of it meant for a terminal. */
static int check_prefix(const char *prefix)
{
	if (prefix[0] != '/')
		return fail(FAIL_FORMAT, "'prefix' is not absolute: '%s'",
			    quoted(prefix));
	for (const char *p = prefix; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return fail(FAIL_FORMAT,
				    "'prefix' has a control character: '%s'",
				    quoted(prefix));
	if (!prefix[1])
		return 0;
	if (ends_with(prefix, "/"))
		return fail(FAIL_FORMAT, "'prefix' ends in a slash: '%s'",
			    quoted(prefix));
	if (entry_check_path(prefix + 1, strlen(prefix + 1), ENTRY_DIR))
		return fail_in(FAIL_FORMAT, "'prefix'");
	return 0;
}

static int take_prefix(struct treeptr *ptr, const struct json *json)
{
	const char *prefix;
	int ret = json_take_str(json, "prefix", &prefix);

	if (ret <= 0)
		return ret;
	if (check_prefix(prefix))
		return FAIL_FORMAT;
	ptr->prefix = xstrdup(prefix);
	return 0;
}

static size_t format_size(const struct treeptr *ptr)
{
	struct buf out = BUF_INIT;
	size_t size;

	treeptr_format(ptr, &out);
	size = out.len;
	buf_release(&out);
	return size;
}

static bool is_known(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(key, known[i]))
			return true;
	return false;
}

/* Provenance and strangers, with our indentation and their tokens. */
static int take_others(struct treeptr *ptr, const struct json *json)
{
	const struct json *provenance = json_get(json, "provenance");
	struct buf out = BUF_INIT;

	if (provenance) {
		if (json_type(provenance) != JSON_OBJECT)
			return fail(FAIL_FORMAT,
				    "'provenance' is not an object");
		json_add_pretty(&out, provenance, 1);
		ptr->provenance = buf_detach(&out);
	}
	for (size_t i = 0; i < json_count(json); i++) {
		if (is_known(json_key_at(json, i)))
			continue;
		if (ptr->rest.len)
			buf_adds(&ptr->rest, ",\n  ");
		json_add_member(&ptr->rest, json, i, 1);
	}

	/* What was dense may have become more than anybody may read. */
	if (ptr->rest.len + (provenance ? strlen(ptr->provenance) : 0) >
	    TREEPTR_MAX / 2 && format_size(ptr) > TREEPTR_MAX)
		return fail(FAIL_FORMAT, "over %d bytes in its canonical "
			    "spelling", TREEPTR_MAX);
	return 0;
}

static int parse(struct treeptr *ptr, const char *text, size_t len)
{
	struct treeptr fresh = TREEPTR_INIT;
	struct json *json = NULL;
	int ret;

	if (len > TREEPTR_MAX)
		return fail(FAIL_FORMAT, "over %d bytes", TREEPTR_MAX);
	ret = json_parse(&json, text, len, NULL);
	if (ret)
		goto out;
	ret = FAIL_FORMAT;
	if (json_type(json) != JSON_OBJECT) {
		fail(FAIL_FORMAT, "not a treeptr: no JSON object");
		goto out;
	}
	if (text[len - 1] != '\n') {
		fail(FAIL_FORMAT, "no newline at the end; it may be cut off");
		goto out;
	}
	if ((ret = take_version(json)) < 0 ||
	    (ret = take_content(&fresh, json)) < 0 ||
	    (ret = take_format(&fresh, json)) < 0 ||
	    (ret = take_tree(&fresh, json)) < 0 ||
	    (ret = take_prefix(&fresh, json)) < 0 ||
	    (ret = take_others(&fresh, json)) < 0)
		goto out;

	SWAP(*ptr, fresh);
	ret = 0;
out:
	treeptr_release(&fresh);
	json_free(json);
	return ret;
}

int treeptr_parse(struct treeptr *ptr, const char *text, size_t len,
		  const char *what)
{
	int ret = parse(ptr, text, len);

	return ret < 0 ? fail_in(ret, "'%s'", quoted(what)) : 0;
}

int treeptr_load(struct treeptr *ptr, const char *path)
{
	struct buf text = BUF_INIT;
	int ret = file_read(path, TREEPTR_MAX, &text);

	if (!ret)
		ret = treeptr_parse(ptr, text.ptr, text.len, path);
	buf_release(&text);
	return ret;
}

static void add_str(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, ",\n  \"%s\": ", key);
	json_add_string(out, value);
}

void treeptr_format(const struct treeptr *ptr, struct buf *out)
{
	char id[ID_HEX_MAX], seal[SEAL_HEX_MAX];

	buf_adds(out, magics[0]);
	buf_addf(out, "  \"id\": \"%s\",\n", id_hex(&ptr->id, id));
	buf_addf(out, "  \"size\": %" PRIu64, ptr->size);
	if (ptr->has_seal)
		add_str(out, "seal", seal_hex(&ptr->seal, seal));
	if (ptr->format)
		add_str(out, "format", ptr->format);
	if (ptr->has_tree)
		add_str(out, "tree", id_hex(&ptr->tree, id));
	if (ptr->prefix)
		add_str(out, "prefix", ptr->prefix);
	if (ptr->provenance)
		buf_addf(out, ",\n  \"provenance\": %s", ptr->provenance);
	if (ptr->rest.len)
		buf_addf(out, ",\n  %s", ptr->rest.ptr);
	buf_adds(out, "\n}\n");
}

bool treeptr_canonical(const struct treeptr *ptr, const char *text, size_t len)
{
	struct buf out = BUF_INIT;
	bool same;

	treeptr_format(ptr, &out);
	same = out.len == len && !memcmp(out.ptr, text, len);
	buf_release(&out);
	return same;
}

static bool is_utf8(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t point;

	for (; len; s += n, len -= n)
		if (!(n = utf8_next(s, len, &point)))
			return false;
	return true;
}

static bool is_plain_key(const char *key)
{
	return *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-")];
}

/* The provenance that `old` (or NULL) becomes. */
static char *with_meta(const struct json *old, const char *key,
		       const char *value)
{
	struct buf out = BUF_INIT;
	size_t n = json_count(old), at = 0;

	while (at < n && strcmp(json_key_at(old, at), key))
		at++;
	for (size_t i = 0; i < MAX(n, at + 1); i++) {
		buf_adds(&out, i ? ",\n    " : "{\n    ");
		if (i == at) {
			buf_addf(&out, "\"%s\": ", key);
			json_add_string(&out, value);
		} else {
			json_add_member(&out, old, i, 2);
		}
	}
	buf_adds(&out, "\n  }");
	return buf_detach(&out);
}

int treeptr_set_meta(struct treeptr *ptr, const char *key, const char *value)
{
	struct json *old = NULL;
	char *fresh = NULL;
	int ret;

	if (!is_plain_key(key))
		return fail(FAIL_REQUEST, "'%s' is no key; letters, digits, "
			    "'.', '_' and '-' make one", quoted(key));
	if (!is_utf8(value))
		return fail(FAIL_REQUEST, "the value of '%s' is not UTF-8",
			    key);
	if (ptr->provenance) {
		ret = json_parse(&old, ptr->provenance,
				 strlen(ptr->provenance), "'provenance'");
		if (ret)
			return ret;
	}
	fresh = with_meta(old, key, value);
	SWAP(fresh, ptr->provenance);
	ret = 0;
	if (format_size(ptr) > TREEPTR_MAX) {
		SWAP(fresh, ptr->provenance);
		ret = fail(FAIL_REQUEST, "with '%s' the treeptr would be over "
			   "%d bytes", key, TREEPTR_MAX);
	}
	free(fresh);
	json_free(old);
	return ret;
}

void treeptr_release(struct treeptr *ptr)
{
	free(ptr->format);
	free(ptr->prefix);
	free(ptr->provenance);
	buf_release(&ptr->rest);
	*ptr = (struct treeptr)TREEPTR_INIT;
}

bool treeptr_is_archive(const struct treeptr *ptr)
{
	return ptr && ptr->format;
}
