#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/table_int.h"

/* Names in a ledger are other people's, and become part of files' names. */
bool table_is_pack_name(const struct table *t, const char *name)
{
	struct id id;

	return starts_with(name, "pack-") &&
	       !id_parse(&id, name + 5, strlen(name + 5)) &&
	       id.algo == t->algo;
}

bool table_is_midx_name(const char *name)
{
	struct seal seal;

	return starts_with(name, "index-") &&
	       !seal_parse(&seal, name + 6, strlen(name + 6));
}

static int bad(const char *what, const char *member)
{
	return fail(FAIL_FORMAT, "%s: \"%s\" makes no sense", what, member);
}

static int add_pack(struct table *t, const struct json *json, const char *what)
{
	struct live live = { .name = NULL };
	const char *name = NULL;

	if (json_take_str(json, "name", &name) <= 0 ||
	    !table_is_pack_name(t, name) ||
	    json_take_u64(json, "size", &live.size) <= 0 ||
	    json_take_u64(json, "objects", &live.objects) < 0 ||
	    json_take_bool(json, "in-midx", &live.in_midx) < 0)
		return bad(what, "packs");
	if (table_pack(t, name) >= 0)
		return 0;	/* announced twice, by two who pushed the same */
	if (t->nlive >= TABLE_PACKS_MAX)
		return fail(FAIL_DENIED, "%s: too many packs", what);
	live.name = xstrdup(name);
	live.path = xstrfmt("pack/%s.pack", name);
	ALLOC_GROW(t->v, t->nlive, t->cap);
	t->v[t->nlive++] = live;
	return 0;
}

static int add_packs(struct table *t, const struct json *json,
		     const char *what)
{
	const struct json *packs = json_get(json, "packs");
	int ret = 0;

	if (!packs)
		return 0;
	if (json_type(packs) != JSON_ARRAY)
		return bad(what, "packs");
	for (size_t i = 0; !ret && i < json_count(packs); i++)
		ret = add_pack(t, json_at(packs, i), what);
	return ret;
}

/* A midx has all packs that were there before, and those that say so. */
static int set_midx(struct table *t, const struct json *json, const char *what)
{
	const char *name = NULL;
	int ret = json_take_str(json, "midx", &name);

	if (!ret)
		return 0;
	if (ret < 0 || !table_is_midx_name(name))
		return bad(what, "midx");
	if (t->midx_name && !strcmp(t->midx_name, name))
		return 0;
	free(t->midx_name);
	free(t->midx_live);
	midx_free(t->midx);
	t->midx_name = xstrdup(name);
	t->midx_live = NULL;
	t->midx = NULL;
	for (size_t i = 0; i < t->nlive; i++)
		t->v[i].in_midx = true;
	return 0;
}

static int drop_packs(struct table *t, const struct json *json,
		      const char *what)
{
	struct strs names = STRS_INIT;
	int ret = json_take_strs(json, "replaced", TABLE_PACKS_MAX, &names);

	for (size_t i = 0; ret >= 0 && i < names.n; i++) {
		ssize_t k = table_pack(t, names.v[i]);

		if (k < 0)
			continue;
		strs_take(&t->old, t->v[k].path);
		t->v[k].path = NULL;
		live_release(&t->v[k]);
		memmove(&t->v[k], &t->v[k + 1],
			(t->nlive - (size_t)k - 1) * sizeof(*t->v));
		t->nlive--;
	}
	strs_release(&names);
	return ret < 0 ? bad(what, "replaced") : 0;
}

int table_apply(struct table *t, const struct json *json, const char *what)
{
	int ret = json_get(json, "refs") || json_get(json, "object-format") ?
		  fail(FAIL_FORMAT, "%s: it is a repository's, and no silo's",
		       what) : drop_packs(t, json, what);

	if (!ret)
		ret = set_midx(t, json, what);
	if (!ret)
		ret = add_packs(t, json, what);
	return ret;
}

void table_format_packs(struct buf *out, const struct live *v, size_t n)
{
	buf_adds(out, "\"packs\": [");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s\n    { \"name\": \"%s\", \"size\": %" PRIu64
			 ", \"objects\": %" PRIu64 "%s }", i ? "," : "",
			 v[i].name, v[i].size, v[i].objects,
			 v[i].in_midx ? ", \"in-midx\": true" : "");
	buf_adds(out, n ? "\n  ]" : "]");
}

void table_format(struct buf *out, const struct table *t)
{
	table_format_packs(out, t->v, t->nlive);
	if (t->midx_name)
		buf_addf(out, ",\n  \"midx\": \"%s\"", t->midx_name);
}
