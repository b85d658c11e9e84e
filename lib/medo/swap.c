#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/swap_int.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

/* git hashes what was written in the second of the index's own time. */
#define RACY_BYTES ((uint64_t)64 << 20)

#define LOCK_MS 5000

void swap_result_release(struct swap_result *result)
{
	free(result->missing_why);
	*result = (struct swap_result)SWAP_RESULT_INIT;
}

/* As git does: relative to the top, where it starts its filters. */
static char *index_path(const struct gitdir *git)
{
	const char *env = getenv("GIT_INDEX_FILE");

	if (!env || !*env)
		return xstrfmt("%s/index", git->dir);
	return *env == '/' ? xstrdup(env) : xstrfmt("%s/%s", git->top, env);
}

static int read_config(struct swap *swap)
{
	uint64_t ms = LOCK_MS;
	unsigned flags;
	int ret = medo_durable(swap->medo, &flags);

	if (!ret)
		ret = gitdir_get_u64(&swap->medo->git, "medo.locktimeout",
				     LOCK_MS, &ms);
	if (ret)
		return ret;
	swap->durable = flags ? TEMP_DURABLE : 0;
	swap->lock_ms = (unsigned)MIN(ms, 3600 * 1000);
	return 0;
}

int swap_new(struct swap **out, struct medo *medo)
{
	struct swap *swap;
	int ret;

	if (!medo->git.top)
		return fail(FAIL_REQUEST, "this needs a work tree");
	swap = xcalloc(1, sizeof(*swap));
	swap->medo = medo;
	swap->stage = (struct stage)STAGE_INIT;
	swap->vouch = (struct vouch)VOUCH_INIT;
	swap->busy = -1;
	asker_find(&swap->asker);
	swap->index_path = index_path(&medo->git);
	swap->dir = xstrfmt("%s/medo/tmp", medo->git.dir);
	swap->pending = xstrfmt("%s/medo/pending", medo->git.dir);
	swap->top = open(medo->git.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = swap->top < 0 ? fail_errno("cannot open '%s'",
					 quoted(medo->git.top)) : 0;
	if (!ret)
		ret = read_config(swap);
	if (ret)
		swap_free(swap);
	else
		*out = swap;
	return ret;
}

int swap_open(struct swap **out, struct medo *medo)
{
	int ret = swap_new(out, medo);

	if (!ret)
		(*out)->fresh = true;
	return ret;
}

void swap_free(struct swap *swap)
{
	if (!swap)
		return;
	for (size_t i = 0; i < swap->n; i++) {
		if (*swap->v[i].name)
			swap_unstage(swap, &swap->v[i]);
		free(swap->v[i].path);
		free(swap->v[i].text);
	}
	free(swap->v);
	stage_drop(&swap->stage);
	vouch_save(&swap->vouch);
	if (swap->busy >= 0)
		close(swap->busy);
	if (swap->top >= 0)
		close(swap->top);
	free(swap->index_path);
	free(swap->dir);
	free(swap->pending);
	free(swap);
}

struct swap_item *swap_item_new(struct swap *swap, const char *path)
{
	struct swap_item *item;

	ALLOC_GROW(swap->v, swap->n, swap->cap);
	item = &swap->v[swap->n++];
	memset(item, 0, sizeof(*item));
	item->own = (struct stage)STAGE_INIT;
	item->path = xstrdup(path);
	return item;
}

void swap_add(struct swap *swap, const char *path, const struct id *blob,
	      const void *text, size_t len, const struct treeptr *ptr)
{
	struct swap_item *item = swap_item_new(swap, path);
	struct hash hash;

	if (blob) {
		item->pointer = *blob;
	} else {
		hash_init_object(&hash, medo_algo(swap->medo), "blob", len);
		hash_add(&hash, text, len);
		hash_final(&hash, &item->pointer);
	}
	item->id = ptr->id;
	item->size = ptr->size;
	item->has_seal = ptr->has_seal;
	item->seal = ptr->seal;
}

size_t swap_count(const struct swap *swap)
{
	return swap->n;
}

int swap_check(const struct swap *swap)
{
	int ret = stop_check();

	if (!ret && asker_gone(&swap->asker))
		ret = fail(FAIL_STOPPED, "git is gone");
	return ret;
}

static int cmp_item(const void *a, const void *b)
{
	const struct swap_item *x = a, *y = b;
	int cmp = strcmp(x->path, y->path);

	/* Stages are not open yet: until then the name tells the arrival. */
	return cmp ? cmp : (x->made.st_size > y->made.st_size) -
			   (x->made.st_size < y->made.st_size);
}

/* By path; of two with the same, what came last. */
static void sort(struct swap *swap)
{
	size_t n = 0;

	for (size_t i = 0; i < swap->n; i++)
		swap->v[i].made.st_size = (off_t)i;
	if (swap->n)
		qsort(swap->v, swap->n, sizeof(*swap->v), cmp_item);
	for (size_t i = 0; i < swap->n; i++) {
		if (i + 1 < swap->n &&
		    !strcmp(swap->v[i].path, swap->v[i + 1].path)) {
			free(swap->v[i].path);
			free(swap->v[i].text);
			continue;
		}
		if (n != i)
			swap->v[n] = swap->v[i];
		n++;
	}
	swap->n = n;
}

static size_t count(const struct swap *swap, enum swap_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < swap->n; i++)
		n += swap->v[i].state == state;
	return n;
}

/*
 * The index's time is that of its last commit, so only the last batch waits:
 * for the next second, if much of what was swapped has the time of this one.
 */
static void wait_out_second(const struct swap *swap)
{
	struct timespec now, rest = { .tv_sec = 0 };
	uint64_t bytes = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < swap->n; i++) {
		const struct swap_item *item = &swap->v[i];

		if ((item->state == SWAP_READY || item->state == SWAP_DONE) &&
		    item->made.st_mtim.tv_sec == now.tv_sec)
			bytes += (uint64_t)item->made.st_size;
	}
	if (bytes <= RACY_BYTES)
		return;
	rest.tv_nsec = 1000000000 - now.tv_nsec;
	if (rest.tv_nsec < 1000000000)
		nanosleep(&rest, NULL);
	else
		sleep(1);
	/* The file system's clock is up to a tick behind ours. */
	rest.tv_nsec = 10000000;
	nanosleep(&rest, NULL);
}

static int round_of_batches(struct swap *swap, struct meter *meter,
			    struct swap_result *result)
{
	size_t from = 0, to = 0;
	int ret = 0, acted;

	while (!ret && from < swap->n) {
		char *why;

		ret = swap_fill(swap, &to, meter, result);
		if (!ret && to == swap->n)
			wait_out_second(swap);
		/* What is ready goes in, also when we were told to stop. */
		why = xstrdup(fail_text());
		acted = swap_act(swap, from, to);
		if (ret)
			fail_adopt(why);
		else
			ret = acted;
		free(why);
		from = to;
	}
	return ret;
}

static int prepare(struct swap *swap)
{
	int ret = temp_mkdirs(swap->dir, 0);
	struct silo *store;

	if (ret)
		return ret;
	if (swap->busy < 0) {
		swap->busy = open(swap->dir, O_RDONLY | O_DIRECTORY |
				  O_CLOEXEC);
		if (swap->busy >= 0 && flock(swap->busy, LOCK_SH | LOCK_NB))
			errno = 0;	/* somebody finishes what was left */
	}
	medo_sweep(swap->medo, swap->dir);
	if (!swap->drop)
		ret = medo_store(swap->medo, &store);
	if (!swap->drop && !ret) {
		vouch_load(&swap->vouch, store);
		ret = swap_journal_begin(swap);
	}
	return ret ? ret : stage_open(&swap->stage, swap->dir);
}

static void sum_up(const struct swap *swap, struct swap_result *result)
{
	for (size_t i = 0; i < swap->n; i++) {
		const struct swap_item *item = &swap->v[i];

		switch (item->state) {
		case SWAP_DONE:
			result->files++;
			result->bytes += item->size;
			break;
		case SWAP_LEFT:
			result->left++;
			break;
		case SWAP_FAILED:
			result->failed++;
			break;
		case SWAP_MISSING:
			break;
		default:
			result->pending++;
		}
	}
}

int swap_work(struct swap *swap, struct swap_result *result)
{
	struct meter *meter = NULL;
	uint64_t bytes = 0;
	char *why;
	int ret;

	sort(swap);
	ret = swap_look(swap);
	if (ret)
		return ret;
	if (!count(swap, SWAP_FOUND) && !count(swap, SWAP_STALE))
		goto out;
	ret = prepare(swap);
	if (ret)
		return ret;
	for (size_t i = 0; i < swap->n; i++)
		if (swap->v[i].state == SWAP_FOUND)
			bytes += swap->v[i].size;
	meter = medo_meter(swap->medo, "Swapping in", METER_BYTES, bytes);
	/* Twice: the second time is for mount points within the tree. */
	for (int i = 0; i < 2 && !ret; i++)
		ret = round_of_batches(swap, meter, result);
	meter_stop(meter);
out:
	why = xstrdup(fail_text());
	/* Before the journal goes: nobody would come to sweep it. */
	for (size_t i = 0; i < swap->n; i++)
		if (*swap->v[i].name)
			swap_unstage(swap, &swap->v[i]);
	stage_drop(&swap->stage);
	if (!swap->drop && file_exists(swap->pending) &&
	    swap_journal_end(swap) && !ret)
		say("warning: ", "%s", fail_text());
	fail_clear();
	if (ret)
		fail_adopt(why);
	free(why);
	sum_up(swap, result);
	return ret;
}

int swap_run(struct swap *swap, struct swap_result *result)
{
	return swap->n ? swap_work(swap, result) : 0;
}

/* What a kill left goes also when there was nothing else to do. */
static void clean_up(struct swap *swap)
{
	struct index_lock lock = INDEX_LOCK_INIT;

	medo_sweep(swap->medo, swap->dir);
	if (index_lock(&lock, swap->index_path, swap->dir,
		       medo_algo(swap->medo), 0))
		fail_clear();
	index_unlock(&lock);
}

int swap_resume(struct medo *medo, struct swap_result *result)
{
	struct swap *swap = NULL;
	char *path = xstrfmt("%s/medo/pending", medo->git.dir);
	int ret = medo->git.top ? file_exists(path) : 0;

	free(path);
	if (ret <= 0)
		return ret;
	ret = swap_new(&swap, medo);
	if (ret)
		return ret;
	swap->busy = open(swap->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (swap->busy >= 0 && flock(swap->busy, LOCK_EX | LOCK_NB) &&
	    errno == EWOULDBLOCK)
		goto out;
	ret = swap_journal_read(swap);
	if (!ret)
		ret = swap_work(swap, result);
	if (!ret)
		clean_up(swap);
out:
	swap_free(swap);
	return ret;
}
