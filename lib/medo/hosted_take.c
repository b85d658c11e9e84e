#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/hosted_take.h"

#include <signal.h>
#include <sys/stat.h>

/*
 * Served packs, out of sight: a directory that git sees as its object store,
 * with the repository's own behind it, as receive-pack does it.
 */
static void quote_path(struct buf *out, const char *path)
{
	buf_addc(out, '"');
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			buf_addc(out, '\\');
		if (*path == '\n')
			buf_adds(out, "\\n");
		else
			buf_addc(out, *path);
	}
	buf_addc(out, '"');
}

/* A severity or list that the user set for what git fetches is ours, too. */
static void fsck_words(struct buf *out, const struct gitdir *g)
{
	char sep = '=';

	for (size_t i = 0; i < g->keys.n; i++) {
		const char *key = g->keys.v[i];

		if (!starts_with(key, "fetch.fsck.") || strchr(key, ','))
			continue;
		buf_addf(out, "%c%s=%s", sep, key + strlen("fetch.fsck."),
			 g->values.v[i]);
		sep = ',';
	}
}

static int strictness(struct take *t, bool some)
{
	const struct gitdir *g = t->how->git;
	struct buf words = BUF_INIT;
	bool strict = true;
	int ret = gitdir_get_bool(g, "transfer.fsckobjects", true, &strict);

	if (!ret)
		ret = gitdir_get_bool(g, "fetch.fsckobjects", strict, &strict);
	if (ret || !strict || t->how->lax)
		return ret;
	/* Only --strict takes words, so with them it looks further. */
	fsck_words(&words, g);
	if (t->how->partial)
		buf_reset(&words);
	buf_adds(&t->strict, some && !words.len ? "--fsck-objects" :
		 "--strict");
	buf_add(&t->strict, words.ptr, words.len);
	buf_release(&words);
	return 0;
}

static int is_closed(struct take *t, bool some, const char *more)
{
	char *path = xstrfmt("%s/info/alternates", t->objects);
	int ret = file_exists(path);

	t->closed = !ret && !some && t->how->cloning && t->strict.len &&
		    !(more && *more);
	free(path);
	return MIN(ret, 0);
}

int take_open(struct take *t, struct hosted *h, const struct hosted_fetch *how,
	      bool some)
{
	const char *set = getenv("GIT_OBJECT_DIRECTORY");
	const char *more = getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	struct buf behind = BUF_INIT;
	int ret;

	t->h = h;
	t->how = how;
	t->objects = set && *set ? file_absolute(set) :
		     xstrfmt("%s/objects", how->git->common);
	temp_sweep(t->objects);
	ret = stage_open(&t->stage, t->objects);
	if (!ret)
		ret = strictness(t, some);
	if (ret)
		return ret;
	strs_addf(&t->env, "GIT_OBJECT_DIRECTORY=%s", stage_path(&t->stage));
	buf_adds(&behind, "GIT_ALTERNATE_OBJECT_DIRECTORIES=");
	quote_path(&behind, t->objects);
	if (more && *more)
		buf_addf(&behind, ":%s", more);
	strs_take(&t->env, buf_detach(&behind));
	strs_addf(&t->env, "GIT_QUARANTINE_PATH=%s", stage_path(&t->stage));
	return is_closed(t, some, more);
}

void take_release(struct take *t)
{
	stage_drop(&t->stage);
	free(t->objects);
	strs_release(&t->env);
	buf_release(&t->strict);
	strs_release(&t->packs);
	*t = (struct take)TAKE_INIT;
}

#define SAID_MAX ((size_t)16 << 20)

int take_feed(struct feed *feed, const void *data, size_t len)
{
	int ret = stop_check();

	feed->fed += len;
	if (!ret && feed->fed > feed->max)
		ret = fail(FAIL_CORRUPT, "'%s' is longer than the ledger says",
			   feed->name);
	return ret ? ret : file_write(feed->child.to, data, len);
}

/* git index-pack starts with the first byte that comes: none may. */
struct taking {
	struct take *t;
	struct feed feed;
};

static int feed_take(void *data, struct block *block)
{
	struct taking *taking = data;
	struct feed *feed = &taking->feed;
	int ret = feed->child.pid ? 0 : take_begin(taking->t, feed);

	return ret ? ret : take_feed(feed, block->data, block->len);
}

/*
 * "pack\t<hash>\n": is it what the ledger promised?  Behind it, the ids of
 * each .gitmodules that is not here yet.
 */
static int check_said(struct take *t, const char *name, const char *said)
{
	const char *hash = strchr(said, '\t');
	size_t len = hash ? strcspn(++hash, "\n") : 0;

	if (!len || len != strlen(name + 5) ||
	    memcmp(hash, name + 5, len))
		return fail(FAIL_CORRUPT, "'%s' of '%s' is another pack",
			    name, quoted(t->h->url));
	t->unsure |= hash[len] && hash[len + 1];
	strs_add(&t->packs, name);
	return 0;
}

void take_stop(struct feed *feed)
{
	if (feed->child.pid)
		kill(feed->child.pid, SIGTERM);
	run_stop(&feed->child);
}

int take_end(struct take *t, struct feed *feed, const char *name, int sent)
{
	struct buf said = BUF_INIT;
	int ret = stop_check(), status;

	/* It would complain of an early end. */
	if (ret) {
		take_stop(feed);
		return ret;
	}
	/* Its standard input ends here, and it says what it found. */
	close(feed->child.to);
	feed->child.to = -1;
	ret = file_read_fd(feed->child.from, "git index-pack", SAID_MAX,
			   &said);
	status = run_stop(&feed->child);
	/* Where it ended early, it has said why, and our write failed. */
	if (sent && sent != FAIL_SYSTEM)
		ret = sent;
	else if (!ret && status < 0 && stop_check())
		ret = FAIL_STOPPED;
	else if (!ret && status)
		ret = fail(FAIL_CORRUPT, "'%s' of '%s' is not a pack that git "
			   "takes", feed->name, quoted(t->h->url));
	else if (!ret)
		ret = check_said(t, name, said.ptr);
	buf_release(&said);
	return ret;
}

static void add_words(struct strs *argv, const struct take *t,
		      const char *const *words)
{
	strs_add(argv, "env");
	for (size_t i = 0; i < t->env.n; i++)
		strs_add(argv, t->env.v[i]);
	while (*words)
		strs_add(argv, *words++);
}

int take_begin(struct take *t, struct feed *feed)
{
	static const char *const words[] = {
		"git", "index-pack", "--stdin", NULL
	};
	struct strs argv = STRS_INIT;
	struct run run = { .argv = NULL };
	int ret;

	add_words(&argv, t, words);
	strs_addf(&argv, "--max-input-size=%" PRIu64, feed->max);
	if (t->strict.len)
		strs_add(&argv, t->strict.ptr);
	if (t->how->promised)
		strs_add(&argv, "--promisor");
	if (t->how->progress)
		strs_add(&argv, "-v");
	run.argv = strs_argv(&argv);
	ret = run_start(&feed->child, &run);
	strs_release(&argv);
	return ret;
}

int take_pack(struct take *t, const struct hosted_pack *pack)
{
	char *far = xstrfmt("%sobjects/pack/%s.pack", t->h->dir, pack->name);
	struct taking taking = {
		.t = t,
		.feed = { .child = CHILD_INIT, .max = pack->size,
			  .name = pack->name },
	};
	struct sink sink = { feed_take, &taking };
	struct backend *b = t->h->b;
	uint64_t total = 0;
	int ret = b->ops->read(b, far, 0, UINT64_MAX, 0, &sink, &total);

	if (ret >= 0 && !taking.feed.child.pid)
		ret = fail(FAIL_CORRUPT, "'%s' of '%s' is empty", pack->name,
			   quoted(t->h->url));
	if (taking.feed.child.pid)
		ret = take_end(t, &taking.feed, pack->name, MIN(ret, 0));
	free(far);
	return ret;
}

/* Are they there at all? */
static int have_wants(struct take *t)
{
	struct strs have = STRS_INIT, lack = STRS_INIT;
	int ret = hosted_have_env(&t->env, t->how->wants, &have, &lack);

	ret = ret ? ret : !lack.n;
	strs_release(&have);
	strs_release(&lack);
	return ret;
}

static int walk(struct take *t)
{
	static const char *const words[] = {
		"git", "rev-list", "--objects", "--stdin", "--not", "--all",
		"--quiet", "--alternate-refs", NULL
	};
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct run run = { .quiet = true };
	struct strs argv = STRS_INIT;
	int ret;

	for (size_t i = 0; i < t->how->wants->n; i++)
		buf_addf(&input, "%s\n", t->how->wants->v[i]);
	run.input = input.ptr;
	run.input_len = input.len;
	add_words(&argv, t, words);
	if (t->how->partial)
		strs_add(&argv, "--filter=blob:none");
	run.argv = strs_argv(&argv);
	ret = run_capture(&run, &said, 0);
	strs_release(&argv);
	buf_release(&said);
	buf_release(&input);
	return ret < 0 ? ret : !ret;
}

/*
 * Into an empty repository each pack came by --strict, which has looked for
 * all that its objects name: then the walk has been done.
 */
int take_connected(struct take *t)
{
	return t->closed ? have_wants(t) : walk(t);
}

static int mark_promised(const char *dir, const char *name)
{
	char *path = xstrfmt("%s/%s.promisor", dir, name);
	int ret = temp_write(path, "", 0, 0);

	free(path);
	return ret;
}

/*
 * git can name one pack only that `git repack` shall let alone until refs
 * name it; so there shall be one.  A new repository has nobody to fear.
 */
static int make_one(struct take *t)
{
	struct hosted_pack one = { .name = NULL };
	struct buf input = BUF_INIT;
	char *dir;
	int ret;

	if (t->how->cloning || t->packs.n < 2)
		return 0;
	dir = xstrfmt("%s/pack", stage_path(&t->stage));
	for (size_t i = 0; i < t->packs.n; i++)
		buf_addf(&input, "%s.pack\n", t->packs.v[i]);
	ret = hosted_pack_objects(&one, dir, &t->env, "--stdin-packs", &input,
				  false);
	if (ret > 0) {
		strs_release(&t->packs);
		strs_add(&t->packs, one.name);
		ret = t->how->promised ? mark_promised(dir, one.name) : 0;
	}
	hosted_pack_release(&one);
	buf_release(&input);
	free(dir);
	return ret;
}

/* As git's own packs on their way have it. */
static int keep(struct take *t, const char *name)
{
	static const char text[] = "git-remote-silo\n";
	char *path = xstrfmt("%s/pack/%s.keep", t->objects, name);
	int ret = file_exists(path);

	if (!ret) {
		ret = temp_write(path, text, strlen(text), TEMP_EXCL);
		if (!ret)
			strs_add(t->how->keeps, path);
	}
	free(path);
	return MIN(ret, 0);
}

static int move_in(struct take *t, const char *name, const char *suffix)
{
	char *from = xstrfmt("%s/pack/%s%s", stage_path(&t->stage), name,
			     suffix);
	char *to = xstrfmt("%s/pack/%s%s", t->objects, name, suffix);
	int ret = file_exists(from);

	if (ret > 0)
		ret = temp_move(from, to, TEMP_KEEP_OLD | t->how->temp_flags);
	free(to);
	free(from);
	return MIN(ret, 0);
}

/* The index comes last: with it git sees the pack. */
int take_commit(struct take *t, bool hold)
{
	static const char *const suffixes[] = {
		".pack", ".rev", ".promisor", ".idx"
	};
	char *dir = xstrfmt("%s/pack", t->objects);
	int ret = make_one(t);

	if (!ret)
		ret = temp_mkdirs(dir, t->how->temp_flags);
	if (!ret && hold && t->packs.n)
		ret = keep(t, t->packs.v[0]);
	for (size_t i = 0; !ret && i < t->packs.n; i++)
		for (size_t k = 0; !ret && k < ARRAY_SIZE(suffixes); k++)
			ret = move_in(t, t->packs.v[i], suffixes[k]);
	free(dir);
	return ret;
}
