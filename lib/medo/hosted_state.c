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
	/* The first entry says it, and so does each state; a silo's does not. */
	if (!ret && !state->algo && !json_get(json, "refs"))
		return fail(FAIL_REQUEST, "it is a silo's ledger, and no "
			    "repository's; say silo::.../git/NAME.git");
	algo = ret ? id_algo_parse(name) :
	       state->algo ? state->algo : ID_SHA1;
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

static void give_parts(struct hosted_pack *pack, const struct hosted_part *of,
		       size_t nof)
{
	if (pack->of || !nof)
		return;
	pack->of = xcalloc(nof, sizeof(*pack->of));
	for (size_t i = 0; i < nof; i++)
		pack->of[i] = (struct hosted_part){ xstrdup(of[i].name),
						    of[i].size };
	pack->nof = nof;
}

/* The large ones first: what they have is named by what is in the others. */
static void add_pack(struct hosted_state *state, struct hosted_pack *pack)
{
	size_t at = 0;

	for (size_t i = 0; i < state->npacks; i++)
		if (!strcmp(state->packs[i].name, pack->name))
			return;
	state->packs = xrealloc(state->packs, state->npacks + 1,
				sizeof(*state->packs));
	while (at < state->npacks && (!pack->large || state->packs[at].large))
		at++;
	memmove(&state->packs[at + 1], &state->packs[at],
		(state->npacks - at) * sizeof(*state->packs));
	state->packs[at] = *pack;
	state->npacks++;
	*pack = (struct hosted_pack){ .name = NULL };
}

static int take_pack(const struct json *json, enum id_algo algo,
		     struct hosted_pack *pack)
{
	int ret = take_name(json, algo, &pack->name, &pack->size);

	if (!ret)
		ret = json_take_bool(json, "large", &pack->large);
	if (ret >= 0)
		ret = json_take_u64(json, "objects", &pack->objects);
	return ret < 0 ? ret : take_of(json, algo, pack);
}

/* `made`: their names, unless it is NULL. */
static int take_packs(struct hosted_state *state, const struct json *json,
		      struct strs *made)
{
	const struct json *packs = json_get(json, "packs");
	int ret = 0;

	if (packs && json_type(packs) != JSON_ARRAY)
		return fail(FAIL_FORMAT, "\"packs\" is not an array");
	/* Each is compared with all others, and folding keeps them few. */
	if (json_count(packs) > HOSTED_PACKS_MAX - state->npacks)
		return fail(FAIL_FORMAT, "more than %d packs are named",
			    HOSTED_PACKS_MAX);
	for (size_t i = 0; !ret && i < json_count(packs); i++) {
		struct hosted_pack pack = { .name = NULL };

		ret = take_pack(json_at(packs, i), state->algo, &pack);
		if (!ret && made)
			strs_add(made, pack.name);
		if (!ret)
			add_pack(state, &pack);
		hosted_pack_release(&pack);
	}
	return ret;
}

/*
 * What was folded goes; its name and size are remembered by what was made of
 * it.  The new pack takes the place of the last one: what came before may be
 * named by its objects, what comes after may name them.  A large one names
 * nothing.
 */
static void replace(struct hosted_state *state, const struct strs *names,
		    const struct strs *made)
{
	struct hosted_pack one = { .name = NULL };
	struct hosted_part *of;
	size_t kept = 0, at = SIZE_MAX, nof = 0;

	if (!names->n || !made->n)
		return;
	of = xcalloc(state->npacks + 1, sizeof(*of));
	for (size_t i = 0; i < state->npacks; i++) {
		struct hosted_pack *pack = &state->packs[i];
		bool new = strs_has(made, pack->name);

		if (new && !pack->large && !one.name) {
			one = *pack;
		} else if (new || !strs_has(names, pack->name)) {
			state->packs[kept++] = *pack;
		} else {
			of[nof++] = (struct hosted_part){ pack->name,
							  pack->size };
			pack->name = NULL;
			hosted_pack_release(pack);
			at = kept;
		}
	}
	state->npacks = kept;
	at = MIN(at, kept);
	while (one.name && at < kept && state->packs[at].large)
		at++;
	if (one.name) {
		memmove(&state->packs[at + 1], &state->packs[at],
			(kept - at) * sizeof(*state->packs));
		state->packs[at] = one;
		state->npacks++;
	}
	for (size_t i = 0; i < state->npacks; i++)
		if (strs_has(made, state->packs[i].name))
			give_parts(&state->packs[i], of, nof);
	while (nof)
		free(of[--nof].name);
	free(of);
}

static int take_split(struct hosted_state *state, const struct json *json)
{
	return MIN(json_take_u64(json, "split", &state->split), 0);
}

int hosted_state_take(struct hosted_state *state, const struct json *json)
{
	int ret = take_algo(state, json);

	if (!ret)
		ret = take_head(state, json);
	if (!ret)
		ret = take_refs(state, json, false);
	if (!ret)
		ret = take_split(state, json);
	return ret ? ret : take_packs(state, json, NULL);
}

int hosted_state_apply(struct hosted_state *state, const struct json *json)
{
	struct strs replaced = STRS_INIT, made = STRS_INIT;
	int ret = take_algo(state, json);

	if (!ret)
		ret = take_head(state, json);
	if (!ret)
		ret = take_refs(state, json, true);
	if (!ret)
		ret = take_split(state, json);
	if (!ret)
		ret = take_packs(state, json, &made);
	if (!ret)
		ret = json_take_strs(json, "replaced", 4096, &replaced);
	if (ret >= 0) {
		replace(state, &replaced, &made);
		ret = 0;
	}
	strs_release(&replaced);
	strs_release(&made);
	return ret;
}

static struct hosted_pack copy_pack(const struct hosted_pack *pack)
{
	struct hosted_pack copy = *pack;

	copy.name = xstrdup(pack->name);
	copy.of = NULL;
	copy.nof = 0;
	give_parts(&copy, pack->of, pack->nof);
	return copy;
}

static void add_copy(struct hosted_state *state, const struct hosted_pack *pack,
		     struct strs *made)
{
	struct hosted_pack copy = copy_pack(pack);

	if (made)
		strs_add(made, copy.name);
	add_pack(state, &copy);
	hosted_pack_release(&copy);
}

void hosted_would_be(struct hosted_state *to, const struct hosted_state *from,
		     const struct hosted_change *change)
{
	struct hosted_state out = HOSTED_STATE_INIT;
	struct strs made = STRS_INIT;

	out.n = from->n + 1;
	out.split = change->split ? *change->split : from->split;
	out.algo = change->algo;
	if (change->head || from->head)
		out.head = xstrdup(change->head ? change->head : from->head);
	if (change->n)
		qsort(change->updates, change->n, sizeof(*change->updates),
		      by_name);
	merge(&out, from, change->updates, change->n);
	for (size_t i = 0; i < from->npacks; i++)
		add_copy(&out, &from->packs[i], NULL);
	if (change->large)
		add_copy(&out, change->large, &made);
	if (change->pack)
		add_copy(&out, change->pack, &made);
	if (change->replaced)
		replace(&out, change->replaced, &made);
	strs_release(&made);
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
