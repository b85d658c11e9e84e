#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/address.h"
#include "medo/hosted_int.h"

#include <sys/stat.h>

int hosted_silo(struct hosted *h, const char **out)
{
	uint64_t size;

	*out = h->b->url;
	return h->in_silo ? h->b->ops->has(h->b, "silo.json", &size) : 0;
}

static int need_dir(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ?
		       fail(FAIL_MISSING, "there is no folder '%s'",
			    quoted(path)) :
		       fail_errno("cannot look at '%s'", quoted(path));
	return S_ISDIR(st.st_mode) ? 0 :
	       fail(FAIL_REQUEST, "'%s' is not a folder", quoted(path));
}

static int open_folder(struct hosted *h, const struct address *where)
{
	char *above = xstrdup(where->root), *slash = strrchr(above, '/');
	bool create = (h->flags & HOSTED_CREATE) && !where->in_silo;
	int ret;

	if (create && slash > above) {
		*slash = '\0';
		ret = need_dir(above);
	} else {
		ret = create ? 0 : need_dir(where->root);
	}
	if (!ret)
		ret = backend_folder(&h->b, where->root, create,
				     h->flags & HOSTED_DURABLE);
	free(above);
	return ret;
}

static int open_far(struct hosted *h, const struct address *where)
{
	struct backend_opts opts = {
		.durable = h->flags & HOSTED_DURABLE,
		.any_address = true,	/* git's remotes are the user's word */
	};

	if (!strstr(where->root, "://"))
		return fail(FAIL_REQUEST, "'%s' is neither a path nor a URL",
			    quoted(where->root));
	if (!backend_far)
		return fail(FAIL_NET, "'%s' is not on this disk, and this "
			    "program has no network", quoted(where->root));
	return backend_far(&h->b, where->root, &opts);
}

int hosted_open(struct hosted **out, const char *address, unsigned flags)
{
	struct hosted *h = xcalloc(1, sizeof(*h));
	struct address where = ADDRESS_INIT;
	char *ledger = NULL;
	int ret = address_parse(&where, address, NULL);

	h->flags = flags;
	h->in_silo = where.in_silo;
	if (!ret)
		ret = where.folder ? open_folder(h, &where) :
		      open_far(h, &where);
	if (!ret) {
		h->url = xstrfmt("%s%s%s", h->b->url, *where.dir ? "/" : "",
				 where.dir);
		if (*where.dir)
			h->url[strlen(h->url) - 1] = '\0';
		SWAP(h->dir, where.dir);
		ledger = hosted_name(h, "ledger");
		ret = chain_open(&h->chain, h->b, ledger);
	}
	if (!ret)
		SWAP(*out, h);
	free(ledger);
	address_release(&where);
	hosted_close(h);
	return ret;
}

void hosted_close(struct hosted *h)
{
	if (!h)
		return;
	chain_close(h->chain);
	if (h->b)
		h->b->ops->close(h->b);
	hosted_state_release(&h->state);
	free(h->dir);
	free(h->url);
	free(h);
}

const char *hosted_url(const struct hosted *h)
{
	return h->url;
}

const struct hosted_state *hosted_now(const struct hosted *h)
{
	return &h->state;
}

char *hosted_name(const struct hosted *h, const char *name)
{
	return xstrfmt("%s%s", h->dir, name);
}

static int has(struct hosted *h, const char *name)
{
	char *full = hosted_name(h, name);
	uint64_t size;
	int ret = h->b->ops->has(h->b, full, &size);

	free(full);
	return ret;
}

/* A folder with something in it is somebody's; not ours to fill. */
static int check_empty(struct hosted *h)
{
	char *path = xstrfmt("%s/%s", h->b->path, h->dir);
	char *above = xstrfmt("%s/../HEAD", path);
	struct strs names = STRS_INIT;
	int ret = file_list(path, &names);

	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	for (size_t i = 0; !ret && i < names.n; i++)
		if (!starts_with(names.v[i], "tmp_medo_") &&
		    strcmp(names.v[i], "objects") &&
		    strcmp(names.v[i], "ledger"))
			ret = fail(FAIL_REQUEST, "'%s' is neither empty nor a "
				   "repository; it holds '%s'", quoted(h->url),
				   quoted(names.v[i]));
	if (!ret && file_exists(above) == 1)
		ret = fail(FAIL_REQUEST, "'%s' is inside of a git repository",
			   quoted(h->url));
	strs_release(&names);
	free(above);
	free(path);
	return ret;
}

/* Without a ledger it is nothing yet, or somebody else's. */
static int no_ledger(struct hosted *h)
{
	int ret = has(h, "HEAD");

	if (ret > 0)
		return fail(FAIL_REQUEST, "'%s' is a git repository without a "
			    "ledger; use it without 'silo::'", quoted(h->url));
	if (!ret)
		ret = has(h, "silo.json");
	if (ret > 0)
		return fail(FAIL_REQUEST, "'%s' is a silo, and no repository; "
			    "say silo::%s/git/NAME.git", quoted(h->url),
			    quoted(h->url));
	if (!ret && h->b->path)
		ret = check_empty(h);
	return ret ? ret : fail(FAIL_MISSING, "there is no repository at '%s'; "
				"the first push makes it", quoted(h->url));
}

static int apply(void *data, const struct entry *entry)
{
	struct hosted_state *state = data;
	int ret = hosted_state_apply(state, entry->json);

	state->n = entry->n;
	return ret ? fail_in(ret, "entry %" PRIu64, entry->n) : 0;
}

/* From the newest state that can be had, or from the very beginning. */
static int from_state(struct hosted *h, uint64_t n, struct hosted_state *state)
{
	const struct json *json;
	int ret = chain_state(h->chain, &n, &json);

	if (ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	if (!ret)
		ret = hosted_state_take(state, json);
	if (!ret)
		ret = json_take_seal(json, "entry", &h->entry);
	h->has_entry = ret > 0;
	ret = MIN(ret, 0);
	state->n = n;
	return ret ? fail_in(ret, "state %" PRIu64, n) : 0;
}

/* What entry state.n hashes to, as far as that was seen. */
static void learn_entry(struct hosted *h)
{
	if (chain_seen(h->chain, h->state.n, h->entry.raw))
		h->has_entry = true;
}

int hosted_load(struct hosted *h, bool again)
{
	struct hosted_state state = HOSTED_STATE_INIT;
	uint64_t n = 0;
	int ret = chain_end(h->chain, again, &n);

	if (!ret && !n)
		return no_ledger(h);
	if (!ret && h->recalling)
		h->overtaken = n != h->recalled;
	h->recalling = false;
	if (!ret)
		ret = chain_straight(h->chain, false);
	if (ret || n == h->state.n)
		return ret;
	if (n < h->state.n)
		return fail(FAIL_CORRUPT, "the ledger of '%s' goes back from "
			    "entry %" PRIu64 " to %" PRIu64, quoted(h->url),
			    h->state.n, n);
	if (h->state.n && n - h->state.n <= 64)
		SWAP(state, h->state);
	else
		ret = from_state(h, n, &state);
	h->has_entry &= state.n == n;
	if (!ret)
		ret = chain_walk(h->chain, state.n + 1, n, apply, &state);
	if (!ret) {
		SWAP(h->state, state);
		learn_entry(h);
	}
	hosted_state_release(&state);
	return ret ? fail_in(ret, "'%s'", quoted(h->url)) : 0;
}

/* What a kill has left in a folder goes; other places look after themselves. */
void hosted_sweep(struct hosted *h)
{
	static const char *const dirs[] = {
		"", "info", "objects/info", "refs", "ledger", "ledger/state",
	};

	if (h->swept || !h->b->path)
		return;
	temp_sweep(h->b->path);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = xstrfmt("%s/%s%s", h->b->path, h->dir, dirs[i]);

		temp_sweep(path);
		free(path);
	}
	h->swept = true;
}

int hosted_able(struct hosted *h)
{
	return chain_able(h->chain, h->state.n + 1);
}

int hosted_claim(struct hosted *h, const struct hosted_change *change)
{
	struct hosted_state next = HOSTED_STATE_INIT;
	struct buf members = BUF_INIT;
	int ret;

	hosted_sweep(h);
	hosted_would_be(&next, &h->state, change);
	hosted_change_format(&members, &h->state, change);
	ret = chain_claim(h->chain, next.n, members.ptr);
	if (ret > 0) {
		h->head_changed |= change->head &&
				   (!h->state.head ||
				    strcmp(h->state.head, change->head));
		SWAP(h->state, next);
		h->has_entry = false;
		learn_entry(h);
	}
	hosted_state_release(&next);
	buf_release(&members);
	return ret;
}
