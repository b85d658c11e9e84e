#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "medo/hosted_int.h"

/*
 * Refs and packs as the ledger has them.  Whoever can write there can write
 * anything: each name is checked before it becomes one of ours.
 */
void hosted_pack_release(struct hosted_pack *pack)
{
	for (size_t i = 0; i < pack->nof; i++)
		free(pack->of[i].name);
	free(pack->of);
	free(pack->name);
	*pack = (struct hosted_pack){ .name = NULL };
}

void hosted_state_release(struct hosted_state *state)
{
	for (size_t i = 0; i < state->nrefs; i++)
		free(state->refs[i].name);
	for (size_t i = 0; i < state->npacks; i++)
		hosted_pack_release(&state->packs[i]);
	free(state->refs);
	free(state->packs);
	free(state->head);
	*state = (struct hosted_state)HOSTED_STATE_INIT;
}

/* An id, or null, which is ID_NONE. */
static int take_id(const struct json *json, enum id_algo algo, struct id *out)
{
	size_t len;
	const char *raw = json_raw(json, &len);

	memset(out, 0, sizeof(*out));
	if (json_type(json) == JSON_NULL)
		return 0;
	if (json_type(json) != JSON_STRING || len < 2 ||
	    id_parse(out, raw + 1, len - 2) || out->algo != algo)
		return fail(FAIL_FORMAT, "a ref's value is not a %s id",
			    id_algo_name(algo));
	return 0;
}

static int take_algo(struct hosted_state *state, const struct json *json)
{
	const char *name = NULL;
	enum id_algo algo;
	int ret = json_take_str(json, "object-format", &name);

	if (ret < 0)
		return ret;
	algo = ret ? id_algo_parse(name) : ID_SHA1;
	if (!algo)
		return fail(FAIL_DENIED, "object format '%s' needs a newer "
			    "medo", quoted(name));
	if (state->algo && algo != state->algo)
		return fail(FAIL_FORMAT, "the object format changes");
	state->algo = algo;
	return 0;
}

static int take_head(struct hosted_state *state, const struct json *json)
{
	const char *head = NULL;
	int ret = json_take_str(json, "head", &head);

	if (ret <= 0)
		return ret;
	if (!hosted_ref_ok(head) || !starts_with(head, "refs/heads/"))
		return fail(FAIL_FORMAT, "'%s' is no branch", quoted(head));
	free(state->head);
	state->head = xstrdup(head);
	return 0;
}

/* In a state: ID or [ID, PEELED].  In an entry: [OLD, NEW] and PEELED. */
static int take_values(const struct json *json, bool entry, enum id_algo algo,
		       struct hosted_update *out)
{
	size_t count = json_count(json), at = 0;
	int ret = 0;

	memset(&out->old, 0, sizeof(out->old));
	memset(&out->peeled, 0, sizeof(out->peeled));
	if (!entry && json_type(json) == JSON_STRING)
		return take_id(json, algo, &out->new);
	if (json_type(json) != JSON_ARRAY || count < 2 || count > 2u + entry)
		return fail(FAIL_FORMAT, "ref '%s' has no values",
			    quoted(out->name));
	if (entry)
		ret = take_id(json_at(json, at++), algo, &out->old);
	if (!ret)
		ret = take_id(json_at(json, at++), algo, &out->new);
	if (!ret && at < count)
		ret = take_id(json_at(json, at), algo, &out->peeled);
	if (!ret && !entry && !out->new.algo)
		ret = fail(FAIL_FORMAT, "ref '%s' has no value",
			   quoted(out->name));
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct hosted_update *)a)->name,
		      ((const struct hosted_update *)b)->name);
}

static struct hosted_ref copy_ref(const char *name, const struct id *id,
				  const struct id *peeled)
{
	return (struct hosted_ref){ xstrdup(name), *id, *peeled };
}

/* Both sorted: one pass over both. */
static void merge(struct hosted_state *to, const struct hosted_state *from,
		  const struct hosted_update *updates, size_t n)
{
	struct hosted_ref *refs = xcalloc(from->nrefs + n + 1, sizeof(*refs));
	size_t i = 0, j = 0, count = 0;

	while (i < from->nrefs || j < n) {
		int cmp = i == from->nrefs ? 1 : j == n ? -1 :
			  strcmp(from->refs[i].name, updates[j].name);

		if (cmp < 0)
			refs[count++] = copy_ref(from->refs[i].name,
						 &from->refs[i].id,
						 &from->refs[i].peeled);
		else if (updates[j].new.algo)
			refs[count++] = copy_ref(updates[j].name,
						 &updates[j].new,
						 &updates[j].peeled);
		i += cmp <= 0;
		j += cmp >= 0;
	}
	for (size_t k = 0; k < to->nrefs; k++)
		free(to->refs[k].name);
	free(to->refs);
	to->refs = refs;
	to->nrefs = count;
}

static int take_refs(struct hosted_state *state, const struct json *json,
		     bool entry)
{
	const struct json *refs = json_get(json, "refs");
	size_t n = json_count(refs);
	struct hosted_update *updates;
	int ret = 0;

	if (!refs)
		return 0;
	if (json_type(refs) != JSON_OBJECT)
		return fail(FAIL_FORMAT, "\"refs\" is not an object");
	updates = xcalloc(n + 1, sizeof(*updates));
	for (size_t i = 0; !ret && i < n; i++) {
		updates[i].name = json_key_at(refs, i);
		if (!hosted_ref_ok(updates[i].name))
			ret = fail(FAIL_FORMAT, "'%s' is not the name of a ref",
				   quoted(updates[i].name));
		else
			ret = take_values(json_at(refs, i), entry, state->algo,
					  &updates[i]);
	}
	if (!ret) {
		qsort(updates, n, sizeof(*updates), by_name);
		merge(state, state, updates, n);
	}
	free(updates);
	return ret;
}

bool hosted_pack_name_ok(const char *name, enum id_algo algo)
{
	struct id id;

	return starts_with(name, "pack-") &&
	       !id_parse(&id, name + 5, strlen(name + 5)) && id.algo == algo;
}

static int take_name(const struct json *json, enum id_algo algo,
		     char **name, uint64_t *size)
{
	const char *text = NULL;
	int ret = json_type(json) == JSON_OBJECT ?
		  json_take_str(json, "name", &text) : 0;

	if (ret > 0 && !hosted_pack_name_ok(text, algo))
		return fail(FAIL_FORMAT, "'%s' is not the name of a pack",
			    quoted(text));
	if (ret > 0)
		ret = json_take_u64(json, "size", size);
	if (ret <= 0)
		return ret ? ret : fail(FAIL_FORMAT, "a pack has no name or no "
					"size");
	*name = xstrdup(text);
	return 0;
}

static int take_of(const struct json *json, enum id_algo algo,
		   struct hosted_pack *pack)
{
	const struct json *of = json_get(json, "of");
	size_t n = of && json_type(of) == JSON_ARRAY ? json_count(of) : 0;
	int ret = 0;

	if (!n)
		return 0;
	pack->of = xcalloc(n, sizeof(*pack->of));
	while (!ret && pack->nof < n) {
		struct hosted_part *part = &pack->of[pack->nof];

		ret = take_name(json_at(of, pack->nof), algo, &part->name,
				&part->size);
		if (!ret)
			pack->nof++;
	}
	return ret;
}

static void add_pack(struct hosted_state *state, struct hosted_pack *pack)
{
	for (size_t i = 0; i < state->npacks; i++)
		if (!strcmp(state->packs[i].name, pack->name))
			return;
	state->packs = xrealloc(state->packs, state->npacks + 1,
				sizeof(*state->packs));
	state->packs[state->npacks++] = *pack;
	*pack = (struct hosted_pack){ .name = NULL };
}

static int take_packs(struct hosted_state *state, const struct json *json)
{
	const struct json *packs = json_get(json, "packs");
	int ret = 0;

	if (packs && json_type(packs) != JSON_ARRAY)
		return fail(FAIL_FORMAT, "\"packs\" is not an array");
	for (size_t i = 0; !ret && i < json_count(packs); i++) {
		struct hosted_pack pack = { .name = NULL };

		ret = take_name(json_at(packs, i), state->algo, &pack.name,
				&pack.size);
		if (!ret)
			ret = json_take_u64(json_at(packs, i), "objects",
					    &pack.objects);
		if (ret >= 0)
			ret = take_of(json_at(packs, i), state->algo, &pack);
		if (!ret)
			add_pack(state, &pack);
		hosted_pack_release(&pack);
	}
	return ret;
}

/*
 * What was folded goes; its name and size are remembered by the new pack,
 * which came last and takes the place of the last one: what came before may
 * be named by its objects, what comes after may name them.
 */
static void replace(struct hosted_state *state, const struct strs *names)
{
	struct hosted_part *of;
	struct hosted_pack made;
	size_t kept = 0, at = state->npacks - 1, nof = 0;

	if (!names->n || !state->npacks)
		return;
	of = xcalloc(names->n, sizeof(*of));
	made = state->packs[state->npacks - 1];
	for (size_t i = 0; i + 1 < state->npacks; i++) {
		struct hosted_pack *pack = &state->packs[i];

		if (!strs_has(names, pack->name) || nof == names->n) {
			state->packs[kept++] = *pack;
			continue;
		}
		of[nof++] = (struct hosted_part){ xstrdup(pack->name),
						  pack->size };
		hosted_pack_release(pack);
		at = kept;
	}
	at = MIN(at, kept);
	memmove(&state->packs[at + 1], &state->packs[at],
		(kept - at) * sizeof(*state->packs));
	if (!made.of) {
		made.of = of;
		made.nof = nof;
	} else {
		while (nof)
			free(of[--nof].name);
		free(of);
	}
	state->packs[at] = made;
	state->npacks = kept + 1;
}

int hosted_state_take(struct hosted_state *state, const struct json *json)
{
	int ret = take_algo(state, json);

	if (!ret)
		ret = take_head(state, json);
	if (!ret)
		ret = take_refs(state, json, false);
	return ret ? ret : take_packs(state, json);
}

int hosted_state_apply(struct hosted_state *state, const struct json *json)
{
	struct strs replaced = STRS_INIT;
	int ret = take_algo(state, json);

	if (!ret)
		ret = take_head(state, json);
	if (!ret)
		ret = take_refs(state, json, true);
	if (!ret)
		ret = take_packs(state, json);
	if (!ret)
		ret = json_take_strs(json, "replaced", 4096, &replaced);
	if (ret >= 0) {
		replace(state, &replaced);
		ret = 0;
	}
	strs_release(&replaced);
	return ret;
}

static struct hosted_pack copy_pack(const struct hosted_pack *pack)
{
	struct hosted_pack copy = *pack;

	copy.name = xstrdup(pack->name);
	copy.of = pack->nof ? xcalloc(pack->nof, sizeof(*copy.of)) : NULL;
	for (size_t i = 0; i < pack->nof; i++)
		copy.of[i] = (struct hosted_part){ xstrdup(pack->of[i].name),
						   pack->of[i].size };
	return copy;
}

void hosted_would_be(struct hosted_state *to, const struct hosted_state *from,
		     const struct hosted_change *change)
{
	struct hosted_state out = HOSTED_STATE_INIT;
	struct hosted_pack pack;

	out.n = from->n + 1;
	out.algo = change->algo;
	if (change->head || from->head)
		out.head = xstrdup(change->head ? change->head : from->head);
	if (change->n)
		qsort(change->updates, change->n, sizeof(*change->updates),
		      by_name);
	merge(&out, from, change->updates, change->n);
	for (size_t i = 0; i < from->npacks; i++) {
		pack = copy_pack(&from->packs[i]);
		add_pack(&out, &pack);
		hosted_pack_release(&pack);
	}
	if (change->pack) {
		pack = copy_pack(change->pack);
		add_pack(&out, &pack);
		hosted_pack_release(&pack);
	}
	if (change->replaced)
		replace(&out, change->replaced);
	hosted_state_release(to);
	*to = out;
}

static int cmp_ref(const void *key, const void *ref)
{
	return strcmp(key, ((const struct hosted_ref *)ref)->name);
}

const struct hosted_ref *hosted_find(const struct hosted_state *state,
				     const char *name)
{
	return state->nrefs ? bsearch(name, state->refs, state->nrefs,
				      sizeof(*state->refs), cmp_ref) : NULL;
}
