#ifndef JSON_INT_H
#define JSON_INT_H

#include "codec/json.h"

enum node_flags {
	KEY_ESCAPED = (1 << 0),
	STR_ESCAPED = (1 << 1),
	STR_NUL     = (1 << 2),
	NOT_INTEGER = (1 << 3),
};

struct doc;

/*
 * A value is the range of bytes where it was written.  The children of a
 * container stand side by side in doc->nodes, so that any of them is found in
 * one step; the root is the last node.
 */
struct json {
	struct doc *doc;
	const char *text;
	const char *key_text;	/* with its quotes; NULL: not in an object */
	char *key;		/* decoded, ours; NULL: not asked for yet */
	char *str;		/* the same of a string */
	uint32_t len;
	uint32_t key_len;	/* with the quotes */
	uint32_t first;		/* child: its place in doc->nodes */
	uint32_t count;
	unsigned char type;
	unsigned char flags;
};

/* A pointer is a dozen values: those need no memory of their own. */
struct nodes {
	struct json *v;
	size_t n;
	size_t cap;
	struct json room[20];
};

struct doc {
	char *what;
	struct nodes nodes;
};

/* Scan the text into doc->nodes. */
int json_scan(struct doc *doc, const char *text, size_t len);

void json_nodes_init(struct nodes *nodes);
void json_nodes_release(struct nodes *nodes);

/*
 * What a string token with escapes stands for, or NULL: out of memory.  The
 * scanner has passed the token and found no NUL in it.
 */
char *json_decode(const char *token, size_t len);

/* The key's bytes; false: out of memory. */
bool json_key(struct json *json, const char **key, size_t *len);

int json_no_memory(void);

#endif
