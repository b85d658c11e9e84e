#include "base/base.h"
#include "medo/hosted_int.h"

/* What a writer says in the ledger: members of entries and states. */
static void add_id(struct buf *out, const struct id *id)
{
	char hex[ID_HEX_MAX];

	if (id->algo)
		buf_addf(out, "\"%s\"", id_hex(id, hex));
	else
		buf_adds(out, "null");
}

static void add_part(struct buf *out, const char *name, uint64_t size)
{
	buf_adds(out, "{\"name\": ");
	json_add_string(out, name);
	buf_addf(out, ", \"size\": %" PRIu64, size);
}

/* No spaces to please: the state of up to 16 packs travels with each push. */
static void add_pack(struct buf *out, const struct hosted_pack *pack)
{
	buf_addc(out, '\n');
	add_part(out, pack->name, pack->size);
	buf_addf(out, ", \"objects\": %" PRIu64 "%s", pack->objects,
		 pack->large ? ", \"large\": true" : "");
	for (size_t i = 0; i < pack->nof; i++) {
		buf_adds(out, i ? ",\n" : ", \"of\": [\n");
		add_part(out, pack->of[i].name, pack->of[i].size);
		buf_addc(out, '}');
	}
	buf_adds(out, pack->nof ? "]}" : "}");
}

static void add_head(struct buf *out, enum id_algo algo, const char *head)
{
	buf_addf(out, "\"object-format\": \"%s\"", id_algo_name(algo));
	if (head) {
		buf_adds(out, ",\n  \"head\": ");
		json_add_string(out, head);
	}
}

void hosted_state_format(struct buf *out, const struct hosted_state *state)
{
	add_head(out, state->algo, state->head);
	if (state->split)
		buf_addf(out, ",\n  \"split\": %" PRIu64, state->split);
	buf_adds(out, ",\n  \"refs\": {");
	for (size_t i = 0; i < state->nrefs; i++) {
		const struct hosted_ref *ref = &state->refs[i];

		buf_adds(out, i ? ",\n    " : "\n    ");
		json_add_string(out, ref->name);
		buf_adds(out, ref->peeled.algo ? ": [" : ": ");
		add_id(out, &ref->id);
		if (ref->peeled.algo) {
			buf_adds(out, ", ");
			add_id(out, &ref->peeled);
			buf_addc(out, ']');
		}
	}
	buf_adds(out, "\n  },\n  \"packs\": [");
	for (size_t i = 0; i < state->npacks; i++) {
		if (i)
			buf_addc(out, ',');
		add_pack(out, &state->packs[i]);
	}
	buf_adds(out, "\n  ]");
}

static void add_update(struct buf *out, const struct hosted_update *update)
{
	buf_adds(out, "\n    ");
	json_add_string(out, update->name);
	buf_adds(out, ": [");
	add_id(out, &update->old);
	buf_adds(out, ", ");
	add_id(out, &update->new);
	if (update->peeled.algo) {
		buf_adds(out, ", ");
		add_id(out, &update->peeled);
	}
	buf_addc(out, ']');
}

static void add_list(struct buf *out, const char *key, const struct strs *list)
{
	if (!list || !list->n)
		return;
	buf_addf(out, ",\n  \"%s\": [", key);
	for (size_t i = 0; i < list->n; i++) {
		buf_adds(out, i ? ",\n    " : "\n    ");
		json_add_string(out, list->v[i]);
	}
	buf_adds(out, "\n  ]");
}

void hosted_change_format(struct buf *out, const struct hosted_state *state,
			  const struct hosted_change *change)
{
	const char *head = change->head;

	if (head && state->head && !strcmp(head, state->head))
		head = NULL;
	add_head(out, change->algo, head);
	if (change->split)
		buf_addf(out, ",\n  \"split\": %" PRIu64, *change->split);
	if (change->n)
		buf_adds(out, ",\n  \"refs\": {");
	for (size_t i = 0; i < change->n; i++) {
		if (i)
			buf_addc(out, ',');
		add_update(out, &change->updates[i]);
	}
	if (change->n)
		buf_adds(out, "\n  }");
	if (change->pack || change->large) {
		buf_adds(out, ",\n  \"packs\": [");
		if (change->large)
			add_pack(out, change->large);
		if (change->pack && change->large)
			buf_addc(out, ',');
		if (change->pack)
			add_pack(out, change->pack);
		buf_adds(out, "\n  ]");
	}
	add_list(out, "replaced", change->replaced);
	add_list(out, "options", change->options);
}
