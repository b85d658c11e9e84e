#include "base/base.h"
#include "medo/extract_int.h"

#include <sys/random.h>
#include <time.h>

/*
 * Names come from an archive, whose author would like to have them all in
 * one chain of the table: the seed is random, and all bits of the state count.
 */
static uint32_t hash_name(const struct nodes *table, uint32_t parent,
			  const char *name, size_t len)
{
	uint64_t h = table->seed ^ parent * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	return (uint32_t)h;
}

static void grow_slots(struct nodes *table)
{
	table->nslots = table->nslots ? table->nslots * 2 : 1024;
	free(table->slots);
	table->slots = xmalloc(table->nslots * sizeof(*table->slots));
	memset(table->slots, 0xff, table->nslots * sizeof(*table->slots));
	for (size_t i = 0; i < table->n; i++) {
		size_t at = table->nodes[i].hash & (table->nslots - 1);

		while (table->slots[at] != NO_NODE)
			at = (at + 1) & (table->nslots - 1);
		table->slots[at] = (uint32_t)i;
	}
}

void nodes_init(struct nodes *table)
{
	struct timespec now;

	if (getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(table->seed)) {
		clock_gettime(CLOCK_REALTIME, &now);
		table->seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)getpid();
	}
	nodes_add(table, NO_NODE, "", 0, ENTRY_DIR);
}

void nodes_release(struct nodes *table)
{
	struct chunk *next;

	for (; table->arena; table->arena = next) {
		next = table->arena->next;
		free(table->arena);
	}
	free(table->nodes);
	free(table->slots);
}

const char *nodes_keep(struct nodes *table, const char *s, size_t len)
{
	struct chunk *chunk = table->arena;
	char *p;

	if (!chunk || chunk->size - chunk->used < len + 1) {
		size_t size = MAX((size_t)65536, len + 1);

		chunk = xmalloc(sizeof(*chunk) + size);
		chunk->next = table->arena;
		chunk->used = 0;
		chunk->size = size;
		table->arena = chunk;
	}
	p = chunk->bytes + chunk->used;
	memcpy(p, s, len);
	p[len] = '\0';
	chunk->used += len + 1;
	return p;
}

static bool is_node(const struct node *node, uint32_t hash, uint32_t parent,
		    const char *name, size_t len)
{
	return node->hash == hash && node->parent == parent &&
	       !strncmp(node->name, name, len) && !node->name[len];
}

uint32_t nodes_find(const struct nodes *table, uint32_t parent,
		    const char *name, size_t len)
{
	uint32_t hash = hash_name(table, parent, name, len);
	size_t at = hash & (table->nslots - 1);

	for (; table->slots[at] != NO_NODE; at = (at + 1) & (table->nslots - 1))
		if (is_node(&table->nodes[table->slots[at]], hash, parent,
			    name, len))
			return table->slots[at];
	return NO_NODE;
}

uint32_t nodes_add(struct nodes *table, uint32_t parent, const char *name,
		   size_t len, enum entry_type type)
{
	uint32_t index = (uint32_t)table->n;
	struct node *node;
	size_t at;

	ALLOC_GROW(table->nodes, table->n, table->cap);
	node = &table->nodes[table->n];
	node->name = nodes_keep(table, name, len);
	node->parent = parent;
	node->hash = hash_name(table, parent, name, len);
	node->info = NO_NODE;
	node->type = type;
	if (table->n >= table->nslots / 2)
		grow_slots(table);
	table->n++;
	at = node->hash & (table->nslots - 1);
	while (table->slots[at] != NO_NODE)
		at = (at + 1) & (table->nslots - 1);
	table->slots[at] = index;
	if (parent == ROOT) {
		table->ntops++;
		table->top = index;
	}
	return index;
}

uint32_t nodes_lookup(const struct nodes *table, const char *path)
{
	uint32_t node = ROOT;

	for (;;) {
		size_t len = strcspn(path, "/");

		node = nodes_find(table, node, path, len);
		if (node == NO_NODE || !path[len])
			return node;
		path += len + 1;
	}
}

void nodes_path(const struct nodes *table, uint32_t node, struct buf *out)
{
	size_t len = 0, at;

	buf_reset(out);
	for (uint32_t i = node; i != ROOT; i = table->nodes[i].parent)
		len += strlen(table->nodes[i].name) + 1;
	if (!len) {
		buf_addc(out, '.');
		return;
	}
	buf_grow(out, len);
	buf_setlen(out, len - 1);
	for (at = len; node != ROOT; node = table->nodes[node].parent) {
		size_t n = strlen(table->nodes[node].name);

		at -= n + 1;
		memcpy(out->ptr + at, table->nodes[node].name, n);
		if (at)
			out->ptr[at - 1] = '/';
	}
}
