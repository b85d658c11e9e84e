#include "base/base.h"
#include "base/fail.h"
#include "silo/chain_int.h"

/*
 * What was once found out about a server, in DIR/last for all who come after:
 * "servers": [{"at": ..., "n": N, "keeps": true}].  "at" is a hash, since an URL
 * may be nobody's business.  A server may become another one under its name,
 * so each answer is good for some entries only.
 */
#define GOOD_FOR 4096

static void take_one(struct chain_last *last, const struct json *json)
{
	struct chain_server *to = &last->servers[last->nservers];
	const char *at = NULL;
	bool keeps = false;

	if (json_type(json) != JSON_OBJECT ||
	    json_take_str(json, "at", &at) <= 0 ||
	    strlen(at) != CHAIN_AT_MAX - 1 ||
	    strspn(at, "0123456789abcdef") != CHAIN_AT_MAX - 1 ||
	    json_take_u64(json, "n", &to->n) <= 0 ||
	    json_take_bool(json, "keeps", &keeps) <= 0)
		return;
	strcpy(to->at, at);
	to->keeps = keeps;
	last->nservers++;
}

void chain_servers_take(struct chain_last *last, const struct json *json)
{
	size_t n = json && json_type(json) == JSON_ARRAY ? json_count(json) : 0;

	for (size_t i = 0; i < n && last->nservers < CHAIN_SERVERS_MAX; i++)
		take_one(last, json_at(json, i));
}

void chain_servers_add(const struct chain_last *last, struct buf *out)
{
	if (!last->nservers)
		return;
	buf_adds(out, ", \"servers\": [");
	for (size_t i = 0; i < last->nservers; i++) {
		const struct chain_server *s = &last->servers[i];

		buf_addf(out, "%s{\"at\": \"%s\", \"n\": %" PRIu64
			 ", \"keeps\": %s}", i ? ", " : "", s->at, s->n,
			 s->keeps ? "true" : "false");
	}
	buf_adds(out, "]");
}

static void at_of(struct chain *chain, char out[CHAIN_AT_MAX])
{
	char *server = chain->b->ops->server(chain->b);
	char hex[SEAL_HEX_MAX];
	struct seal seal;

	digest_of(server, strlen(server), seal.raw);
	seal_hex(&seal, hex);
	memcpy(out, hex, CHAIN_AT_MAX - 1);
	out[CHAIN_AT_MAX - 1] = '\0';
	free(server);
}

static bool is_good(const struct chain *chain, const struct chain_server *s)
{
	return s->n <= chain->end && chain->end - s->n < GOOD_FOR;
}

/* The newest answers first; what is no longer good goes. */
static void remember(struct chain *chain, const char *at, bool keeps)
{
	struct chain_last *last = &chain->last;
	struct chain_server old[CHAIN_SERVERS_MAX];
	size_t n = last->nservers;

	memcpy(old, last->servers, sizeof(old));
	last->servers[0] = (struct chain_server){
		.n = chain->end, .keeps = keeps,
	};
	strcpy(last->servers[0].at, at);
	last->nservers = 1;
	for (size_t i = 0; i < n && last->nservers < CHAIN_SERVERS_MAX; i++)
		if (strcmp(old[i].at, at) && is_good(chain, &old[i]))
			last->servers[last->nservers++] = old[i];
}

int chain_straight(struct chain *chain, bool ask)
{
	const struct chain_last *last = &chain->last;
	struct backend *b = chain->b;
	char at[CHAIN_AT_MAX];
	int ret;

	if (!b->ops->keeps)
		return 0;
	at_of(chain, at);
	for (size_t i = 0; i < last->nservers; i++) {
		const struct chain_server *s = &last->servers[i];

		if (!strcmp(s->at, at) && is_good(chain, s)) {
			b->straight = s->keeps;
			return 0;
		}
	}
	b->straight = false;
	if (!ask)
		return 0;
	ret = b->ops->keeps(b);
	if (ret < 0)
		return ret;
	remember(chain, at, ret);
	b->straight = ret;
	return 0;
}
