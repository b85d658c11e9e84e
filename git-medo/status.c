/*
 * git medo status: is every pointer's blob here, and is it in a silo, too?
 * Treeptrs in the work tree, and files that the filter serves.
 */
#include "git-medo/cmd.h"
#include "git-medo/status_filtered.h"
#include "base/file.h"
#include "medo/gather.h"
#include "medo/seen.h"

static const char *const usage[] = {
	"git medo status [<options>] [<treeptr>|<dir>...]",
	NULL
};

enum state { HERE, UNPUSHED, ABSENT, MALFORMED, NSTATES };

static const char *const words[NSTATES] = {
	"here", "unpushed", "absent", "malformed",
};

/* Some hundred pointers a job: reading them is most of the work. */
#define BATCH 256

struct batch {
	struct job job;
	struct status *status;
	size_t from;
	size_t to;
};

struct status {
	struct medo medo;
	struct gather g;
	unsigned char *states;
	struct seen_row *rows_now;	/* for each pointer found */
	size_t skip;			/* of a path: the way up to the top */
	struct seen seen;
	bool changed;			/* something had to be read */
	struct idset stored;		/* what the store holds */
	struct silo *cache;
	struct rows rows;
	bool every;			/* print also what is in order */
	char *up;
	size_t filtered[FILTERED_STATES];
};

/* 0: what it says is in `row` now; else why not. */
static int read_pointer(struct seen_row *row, const char *path)
{
	struct treeptr ptr = TREEPTR_INIT;
	int ret = treeptr_load(&ptr, path);

	if (!ret) {
		row->id = ptr.id;
		row->size = ptr.size;
	}
	treeptr_release(&ptr);
	return ret;
}

static int look(struct status *s, size_t i, size_t *hint)
{
	const char *path = s->g.v[i].path;
	struct seen_row *row = &s->rows_now[i];
	const struct seen_row *old;
	int ret = 0;

	row->path = path + s->skip;
	s->states[i] = MALFORMED;
	old = seen_find(&s->seen, row->path, hint);
	if (seen_stat(row, path) && old && seen_same(row, old)) {
		row->id = old->id;
		row->size = old->size;
	} else {
		__atomic_store_n(&s->changed, true, __ATOMIC_RELAXED);
		ret = read_pointer(row, path);
	}
	if (ret == FAIL_FORMAT || ret == FAIL_DENIED || ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	/* git runs clean over what came from a silo, too: it is in both. */
	if (!ret)
		ret = silo_has(s->cache, &row->id);
	if (ret >= 0)
		s->states[i] = ret ? HERE :
			       idset_find(&s->stored, &row->id) >= 0 ?
			       UNPUSHED : ABSENT;
	return MIN(ret, 0);
}

static int look_batch(struct job *job)
{
	struct batch *b = (struct batch *)job;
	size_t hint = b->from;
	int ret = 0;

	for (size_t i = b->from; !ret && i < b->to; i++)
		ret = look(b->status, i, &hint);
	return ret;
}

static int look_all(struct status *s)
{
	size_t n = (s->g.n + BATCH - 1) / BATCH;
	struct batch *batches = xcalloc(n, sizeof(*batches));
	struct pool *pool = medo_pool(&s->medo);
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		batches[i] = (struct batch){
			.job = JOB_INIT(look_batch), .status = s,
			.from = i * BATCH, .to = MIN((i + 1) * BATCH, s->g.n),
		};
		job_submit(pool, &batches[i].job);
	}
	for (size_t i = 0; i < n; i++) {
		int one = job_join(pool, &batches[i].job);

		ret = ret ? ret : one;
	}
	free(batches);
	return ret;
}

static int print_filtered(void *data, enum filtered_state state,
			  const char *path, uint64_t size)
{
	static const char *const names[FILTERED_STATES] = {
		"here", "unpushed", "pointer", "absent",
	};
	struct status *s = data;
	char *shown;

	s->filtered[state]++;
	if (state == FILTERED_HERE && !s->every)
		return 0;
	shown = xstrfmt("%s%s", s->up, path);
	rows_str(&s->rows, "state", names[state]);
	if (s->rows.json)
		rows_u64(&s->rows, "size", size);
	rows_str(&s->rows, "path", shown);
	rows_end(&s->rows);
	free(shown);
	return 0;
}

static void print(struct status *s)
{
	for (size_t i = 0; i < s->g.n; i++) {
		if (s->states[i] == HERE && !s->every)
			continue;
		rows_str(&s->rows, "state", words[s->states[i]]);
		if (s->rows.json)
			rows_u64(&s->rows, "size", s->rows_now[i].size);
		rows_str(&s->rows, "path", s->g.v[i].path);
		rows_end(&s->rows);
	}
}

static void advise(const struct status *s)
{
	static const char *const next[NSTATES] = {
		[UNPUSHED] = "only on this disk: git medo push",
		[ABSENT] = "not on this disk: git medo fetch",
		[MALFORMED] = "malformed: git medo verify tells why",
	};
	size_t count[NSTATES] = { 0 };

	for (size_t i = 0; i < s->g.n; i++)
		count[s->states[i]]++;
	count[UNPUSHED] += s->filtered[FILTERED_UNPUSHED];
	if (s->filtered[FILTERED_POINTER] + s->filtered[FILTERED_ABSENT])
		fprintf(stderr, "%zu without content here: git medo get\n",
			s->filtered[FILTERED_POINTER] +
			s->filtered[FILTERED_ABSENT]);
	for (int i = 0; i < NSTATES; i++)
		if (next[i] && count[i])
			fprintf(stderr, "%zu %s\n", count[i], next[i]);
}

static int note_stored(void *data, const struct id *id, uint64_t size UNUSED)
{
	idset_add(data, id);
	return 0;
}

/* Rows are kept only for a look at the whole work tree. */
static int look_at(struct status *s, const char **operands)
{
	bool whole = !*operands;
	struct silo *store;
	int ret = gather(&s->g, &s->medo, operands);

	s->up = gather_way_up(&s->medo);
	s->skip = whole ? strlen(s->up) : 0;
	if (!ret)
		ret = medo_store(&s->medo, &store);
	if (!ret)
		ret = silo_each(store, note_stored, &s->stored);
	if (!ret)
		ret = medo_cache(&s->medo, &s->cache);
	s->states = xcalloc(s->g.n, sizeof(*s->states));
	s->rows_now = xcalloc(s->g.n, sizeof(*s->rows_now));
	if (!ret && whole)
		seen_load(&s->seen, s->medo.git.dir);
	if (!ret)
		ret = look_all(s);
	if (!ret && whole && (s->changed || s->seen.n != s->g.n))
		seen_save(&s->seen, s->rows_now, s->g.n);
	return ret;
}

int cmd_status(int argc, const char **argv)
{
	struct status s = { .medo = MEDO_INIT, .g = GATHER_INIT };
	int porcelain = 0, quiet = 0, ret;
	const char **operands = argv;
	const struct opt opts[] = {
		OPT_BOOL(0, "porcelain", &porcelain,
			 "every treeptr and filtered file,\nin a format that stays"),
		OPT_BOOL('q', "quiet", &quiet, "no advice"),
		ROWS_OPTS(&s.rows),
		OPT_END
	};

	opt_parse(argc, argv, opts, usage);
	ret = medo_open(&s.medo, MEDO_REPO);
	if (!ret)
		ret = look_at(&s, argv);
	s.every = porcelain || s.rows.json;
	if (!ret)
		print(&s);
	if (!ret)
		ret = filtered_each(&s.medo, operands, &s.stored,
				    print_filtered, &s);
	if (!ret && !porcelain && !s.rows.json && !s.rows.z && !quiet)
		advise(&s);
	free(s.up);
	free(s.states);
	free(s.rows_now);
	idset_release(&s.stored);
	seen_release(&s.seen);
	gather_release(&s.g);
	medo_release(&s.medo);
	return ret;
}
