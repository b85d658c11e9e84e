#ifndef JSON_H
#define JSON_H

#include "base/buf.h"
#include "codec/id.h"

/*
 * Strict reading (RFC 8259: no duplicate keys, valid UTF-8, no BOM, no NUL in
 * a key, depth 64, integers up to 2^53-1), lossless about members we do not
 * know, and writing.  The only module that touches cJSON.  A scanner of our
 * own decides what is well-formed; cJSON decodes strings that have escapes.
 * Failures are FAIL_FORMAT with line and column or with the key.
 */
struct json;

/*
 * `text` is borrowed and must stay as long as the result.  `what`, copied,
 * names the text in messages, "'deps/x.treeptr'" say; NULL: nothing is put in
 * front, so that the caller can, with fail_in().  Memory: about 100 bytes a
 * value; bound the text.
 */
int json_parse(struct json **out, const char *text, size_t len,
	       const char *what) MUST_CHECK;
void json_free(struct json *json);	/* the root only; NULL is fine */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY,
		 JSON_OBJECT };
enum json_type json_type(const struct json *json);

/* The member, borrowed, or NULL.  `json` may be NULL or not an object. */
const struct json *json_get(const struct json *json, const char *key);

/* Elements of an array, members of an object, in their order, in O(1). */
size_t json_count(const struct json *json);
const struct json *json_at(const struct json *json, size_t i);
const char *json_key_at(const struct json *json, size_t i);	/* decoded */

/* The value as it was written, byte for byte; borrowed from the root. */
const char *json_raw(const struct json *json, size_t *len);

/*
 * A member of a given type.  1: taken; 0: not there; FAIL_FORMAT names the
 * key and what is wrong with it.  Strings are borrowed; one that contains NUL
 * is refused.
 */
int json_take_str(const struct json *json, const char *key, const char **out)
	MUST_CHECK;
int json_take_strs(const struct json *json, const char *key, size_t max,
		   struct strs *out) MUST_CHECK;	/* an array; appended */
int json_take_u64(const struct json *json, const char *key, uint64_t *out)
	MUST_CHECK;
int json_take_bool(const struct json *json, const char *key, bool *out)
	MUST_CHECK;
int json_take_id(const struct json *json, const char *key, struct id *out)
	MUST_CHECK;
int json_take_seal(const struct json *json, const char *key, struct seal *out)
	MUST_CHECK;

/* Append "..." with what JSON demands escaped; bytes not UTF-8 as \ufffd. */
void json_add_string(struct buf *out, const char *s);
void json_add_stringn(struct buf *out, const char *s, size_t len);

/*
 * Append a value again with other indentation: `depth` levels of two spaces,
 * strings and numbers as they were written.
 */
void json_add_pretty(struct buf *out, const struct json *json, int depth);

/* The same for `"key": value`, the i-th member, on a line at that depth. */
void json_add_member(struct buf *out, const struct json *json, size_t i,
		     int depth);

#endif
