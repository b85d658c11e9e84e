#include "test-tool.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/chain.h"

#include <signal.h>

/*
 * test-tool ledger [--count] [--lie KIND] [--state EVERY] [--big] VERB URL DIR
 *	ARGS
 *	end			the newest number
 *	again			the same, twice: a line on stdin in between
 *	claim N MEMBERS		"won" or "lost"
 *	add COUNT TAG		COUNT entries, whatever others do meanwhile;
 *				"TAG-i N" for each that is ours
 *	walk FROM TO		"N TAG" each
 *	rewalk FROM TO		the same, twice: a line on stdin in between
 *	state N			its number and members
 *	hint N MEMBERS		"-": no state
 *	replay			as a reader does: state, then entries
 *	parse FILE		(no URL, no DIR) is it an entry?
 *
 * --big: states that are too large for the hint.  --count tells on stderr what was asked of the place.  --lie puts something
 * between us and it:
 *	overwrite	a claim replaces what is there and is granted
 *	late		a claim looks, waits, then writes: a race
 *	nothing		a claim is granted and nothing happens
 *	garble		a claim happens, with a space more at its end
 *	lost		a claim happens and the answer is lost
 *	unsent		the first claim is lost on the way there
 *	refuse		the first claim is refused for no reason
 *	denied		we may not write
 *	stop		SIGSTOP before a claim
 *	stale		a cache that knows of nothing, unless we go past it
 *	deaf		after a claim nothing can be reached
 */
struct wrap {
	struct backend b;
	struct backend *in;
	const char *lie;
	unsigned claims;
	unsigned counts[8];
};

enum { READS, PUTS, CLAIMS, REPLACES, HASES, LISTS, REMOVES };

static struct wrap *wrap_of(struct backend *b, int what)
{
	struct wrap *w = (struct wrap *)b;

	__atomic_add_fetch(&w->counts[what], 1, __ATOMIC_SEQ_CST);
	return w;
}

static bool lies(const struct wrap *w, const char *kind)
{
	return !strcmp(w->lie, kind);
}

static int wrap_read(struct backend *b, const char *name, uint64_t from,
		     uint64_t to, unsigned how, const struct sink *sink,
		     uint64_t *total)
{
	struct wrap *w = wrap_of(b, READS);

	if (lies(w, "stale") && !(how & READ_FRESH))
		return fail(FAIL_MISSING, "'%s' is not in the cache", name);
	if (lies(w, "deaf") && w->claims)
		return fail(FAIL_NET, "'%s' cannot be reached", name);
	return w->in->ops->read(w->in, name, from, to, how, sink, total);
}

static int wrap_put(struct backend *b, const char *name,
		    const struct source *src)
{
	struct wrap *w = wrap_of(b, PUTS);

	return w->in->ops->put(w->in, name, src);
}

static int wrap_claim(struct backend *b, const char *name, const void *data,
		      size_t len)
{
	struct wrap *w = wrap_of(b, CLAIMS);
	bool probe = strstr(name, "/probe-");
	bool first = !probe && !w->claims++;
	uint64_t size;
	int ret;

	if (lies(w, "stop") && !probe)
		raise(SIGSTOP);
	if (lies(w, "nothing") && !probe)
		return 1;
	if (lies(w, "denied"))
		return fail(FAIL_DENIED, "'%s' may not be written", name);
	if (lies(w, "unsent") && first)
		return fail(FAIL_NET, "the line is cut");
	if (lies(w, "refuse") && first)
		return 0;
	if (lies(w, "late")) {
		ret = w->in->ops->has(w->in, name, &size);
		if (ret)
			return ret < 0 ? ret : 0;
		usleep(20000);
	}
	if (lies(w, "late") || lies(w, "overwrite")) {
		ret = w->in->ops->replace(w->in, name, data, len);
		return ret ? ret : 1;
	}
	if (lies(w, "garble") && !probe) {
		char *more = xstrfmt("%.*s ", (int)len, (const char *)data);

		ret = w->in->ops->claim(w->in, name, more, len + 1);
		free(more);
		return ret;
	}
	ret = w->in->ops->claim(w->in, name, data, len);
	if (lies(w, "lost") && !probe && ret >= 0)
		return fail(FAIL_NET, "the line is cut");
	return ret;
}

static int wrap_replace(struct backend *b, const char *name, const void *data,
			size_t len)
{
	struct wrap *w = wrap_of(b, REPLACES);

	return w->in->ops->replace(w->in, name, data, len);
}

static int wrap_has(struct backend *b, const char *name, uint64_t *size)
{
	struct wrap *w = wrap_of(b, HASES);

	return w->in->ops->has(w->in, name, size);
}

static int wrap_list(struct backend *b, const char *prefix,
		     int (*each)(void *data, const char *name, uint64_t size),
		     void *data)
{
	struct wrap *w = wrap_of(b, LISTS);

	return w->in->ops->list(w->in, prefix, each, data);
}

static int wrap_remove(struct backend *b, const char *name)
{
	struct wrap *w = wrap_of(b, REMOVES);

	return w->in->ops->remove(w->in, name);
}

static int wrap_now(struct backend *b, int64_t *out)
{
	struct wrap *w = (struct wrap *)b;

	return w->in->ops->now(w->in, out);
}

static void wrap_close(struct backend *b)
{
	struct wrap *w = (struct wrap *)b;

	w->in->ops->close(w->in);
}

static const struct backend_ops wrap_ops = {
	wrap_read, wrap_put, wrap_claim, wrap_replace, wrap_has, wrap_list,
	wrap_remove, wrap_now, NULL, NULL, wrap_close,
};

struct opts {
	bool count;
	bool hint;
	bool big;
	uint64_t state;		/* one for each so many entries; 0: none */
	const char *lie;
};

static int wrap_open(struct wrap *w, const char *url, const struct opts *o)
{
	struct backend_opts opts = { .any_address = true };
	int ret = strstr(url, "://") ? backend_far(&w->in, url, &opts) :
		  backend_folder(&w->in, url, true, false);

	w->lie = o->lie;
	if (ret)
		return ret;
	w->b = *w->in;
	w->b.ops = &wrap_ops;
	/* So that reading goes the way it does from far. */
	if (o->count)
		w->b.path = NULL;
	return 0;
}

static int print_entry(void *data, const struct entry *entry)
{
	const char *tag = "-";
	uint64_t *last = data;

	if (json_take_str(entry->json, "tag", &tag) < 0)
		tag = "?";
	printf("%" PRIu64 " %s\n", entry->n, tag);
	*last = entry->n;
	return 0;
}

static int skip_entry(void *data, const struct entry *entry)
{
	*(uint64_t *)data = entry->n;
	return stop_check();
}

static int end(struct chain *c, bool twice)
{
	char line[16];
	uint64_t n;
	int ret = chain_end(c, false, &n);

	if (!ret)
		printf("%" PRIu64 "\n", n);
	fflush(stdout);
	if (ret || !twice || !fgets(line, sizeof(line), stdin))
		return ret;
	ret = chain_end(c, true, &n);
	if (!ret)
		printf("%" PRIu64 "\n", n);
	return ret;
}

/* One entry, as every writer does it: look, claim, or look again. */
static int add_one(struct chain *c, const char *tag, uint64_t i,
		   uint64_t *walked, const struct opts *o)
{
	char *members = xstrfmt("\"tag\": \"%s-%" PRIu64 "\"", tag, i);
	uint64_t n = 0;
	int ret;

	do {
		ret = chain_end(c, true, &n);
		if (!ret)
			ret = chain_walk(c, *walked + 1, n, skip_entry, walked);
		if (!ret && *walked < n)
			ret = fail(FAIL_CORRUPT, "walked to %" PRIu64, *walked);
		if (!ret)
			ret = chain_claim(c, n + 1, members);
	} while (!ret);
	free(members);
	if (ret < 0)
		return ret;
	*walked = n + 1;
	printf("%s-%" PRIu64 " %" PRIu64 "\n", tag, i, n + 1);
	fflush(stdout);
	members = xstrfmt("\"count\": %" PRIu64 ", \"x\": \"%*s\"", n + 1,
			  o->big ? 20000 : 1, "");
	if (o->hint)
		chain_hint(c, n + 1, o->state && !((n + 1) % o->state) ?
			   members : NULL);
	free(members);
	return 0;
}

static int add(struct chain *c, uint64_t count, const char *tag,
	       const struct opts *o)
{
	const struct json *json;
	uint64_t walked = 0;
	int ret = chain_end(c, false, &walked);

	if (!ret && walked) {
		ret = chain_state(c, &walked, &json);
		if (ret == FAIL_MISSING) {
			fail_clear();
			walked = 0;
			ret = 0;
		}
	}
	for (uint64_t i = 1; !ret && i <= count; i++)
		ret = add_one(c, tag, i, &walked, o);
	return ret;
}

static int state(struct chain *c, uint64_t n)
{
	const struct json *json;
	uint64_t count = 0, at;
	int ret = chain_end(c, false, &at);

	if (!ret)
		ret = chain_state(c, &n, &json);
	if (ret)
		return ret;
	if (json_take_u64(json, "count", &count) < 0)
		fail_clear();
	printf("%" PRIu64 " count %" PRIu64 "\n", n, count);
	return 0;
}

static int replay(struct chain *c)
{
	const struct json *json;
	uint64_t n, at;
	int ret = chain_end(c, false, &n);

	at = n;
	if (!ret && n) {
		ret = chain_state(c, &at, &json);
		if (ret == FAIL_MISSING) {
			fail_clear();
			at = 0;
			ret = 0;
		}
	}
	if (!ret)
		printf("end %" PRIu64 " state %" PRIu64 "\n", n, at);
	return ret ? ret : chain_walk(c, at + 1, n, print_entry, &at);
}

static int walk(struct chain *c, uint64_t from, uint64_t to, bool twice)
{
	uint64_t last = 0;
	int ret = chain_walk(c, from, to, print_entry, &last);

	if (ret || !twice)
		return ret;
	fflush(stdout);
	while ((ret = getchar()) != EOF && ret != '\n')
		;
	return chain_walk(c, from, to, print_entry, &last);
}

static int run(struct chain *c, const struct opts *o, int argc,
	       const char **argv)
{
	uint64_t a = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t last = 0;
	int ret = 129;

	if (!strcmp(*argv, "end") || !strcmp(*argv, "again"))
		return end(c, **argv == 'a');
	if (!strcmp(*argv, "replay"))
		return replay(c);
	if (!strcmp(*argv, "state") && argc == 2)
		return state(c, a);
	if (!strcmp(*argv, "add") && argc == 3)
		return add(c, a, argv[2], o);
	if (ends_with(*argv, "walk") && argc == 3)
		return walk(c, a, strtoull(argv[2], NULL, 10), **argv == 'r');
	if (!strcmp(*argv, "claim") && argc == 3) {
		ret = chain_claim(c, a, argv[2]);
		if (ret >= 0)
			puts(ret ? "won" : "lost");
		return MIN(ret, 0);
	}
	if (!strcmp(*argv, "hint") && argc == 3) {
		ret = chain_end(c, false, &last);
		chain_hint(c, a, strcmp(argv[2], "-") ? argv[2] : NULL);
	}
	return ret;
}

static int parse(const char *path)
{
	struct entry entry = ENTRY_INIT;
	struct buf text = BUF_INIT;
	int ret = file_read(path, LEDGER_ENTRY_MAX, &text);

	if (!ret)
		ret = entry_parse(&entry, text.ptr, text.len, path);
	if (!ret) {
		fputs("who ", stdout);
		puts(quoted(entry.who));
		printf("time %s\n", quoted(entry.time));
	}
	entry_release(&entry);
	buf_release(&text);
	return ret;
}

static void tell_counts(const struct wrap *w)
{
	static const char *const names[] = {
		"read", "put", "claim", "replace", "has", "list", "remove",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (w->counts[i])
			fprintf(stderr, "%s %u\n", names[i], w->counts[i]);
}

static int open_and_run(const struct opts *o, int argc, const char **argv)
{
	struct wrap w = { .in = NULL };
	struct chain *chain = NULL;
	const char *verb = argv[0], *url = argv[1], *dir = argv[2];
	int ret = wrap_open(&w, url, o);

	if (!ret)
		ret = chain_open(&chain, &w.b, dir);
	argv[2] = verb;
	if (!ret)
		ret = run(chain, o, argc - 2, argv + 2);
	chain_close(chain);
	if (w.in)
		w.b.ops->close(&w.b);
	if (o->count)
		tell_counts(&w);
	return ret;
}

int test_ledger(int argc, const char **argv)
{
	struct opts o = { .lie = "", .state = 1, .hint = true };
	int ret = 129;

	for (argv++, argc--; argc && starts_with(*argv, "--"); argv++, argc--) {
		if (!strcmp(*argv, "--count")) {
			o.count = true;
		} else if (!strcmp(*argv, "--big")) {
			o.big = true;
		} else if (!strcmp(*argv, "--no-hint")) {
			o.hint = false;
		} else if (!strcmp(*argv, "--lie") && argc > 1) {
			o.lie = *++argv;
			argc--;
		} else if (!strcmp(*argv, "--state") && argc > 1) {
			o.state = strtoull(*++argv, NULL, 10);
			argc--;
		}
	}
	if (argc == 2 && !strcmp(*argv, "parse"))
		ret = parse(argv[1]);
	else if (argc >= 3)
		ret = open_and_run(&o, argc, argv);
	if (ret == 129)
		fprintf(stderr, "usage: test-tool ledger VERB URL DIR ...\n");
	stop_now();
	if (ret >= 0)
		return ret;
	say("error: ", "%s", fail_text());
	return fail_exit_code(ret);
}
