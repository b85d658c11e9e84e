#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/move_int.h"

#include <time.h>

void mover_init(struct mover *m, struct move_item *items, size_t n,
		const struct move_opts *opts)
{
	*m = (struct mover){ .items = items, .n = n, .opts = opts };
	m->state = xcalloc(n + 1, 1);
	pthread_mutex_init(&m->lock, NULL);
}

void mover_release(struct mover *m)
{
	pthread_mutex_destroy(&m->lock);
	packer_free(m->packer);
	free(m->dead_why);
	free(m->state);
	free(m->tasks);
	free(m->spots);
}

void mover_task(struct mover *m, int (*run)(struct mover *, struct task *),
		size_t from, size_t to)
{
	ALLOC_GROW(m->tasks, m->ntasks, m->cap);
	m->tasks[m->ntasks++] = (struct task){ run, from, to, 0 };
}

static int by_size(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	return x->size > y->size ? -1 : x->size < y->size;
}

void mover_sort(struct mover *m, size_t first)
{
	for (size_t i = first; i < m->ntasks; i++) {
		const uint64_t *size = m->items[m->tasks[i].from].expect.size;

		m->tasks[i].size = size ? *size : 0;
	}
	if (m->ntasks > first)
		qsort(m->tasks + first, m->ntasks - first, sizeof(*m->tasks),
		      by_size);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * Each byte takes its time on one line that all share; who comes when the
 * line is busy sleeps until it is his turn.
 */
int mover_pace(struct mover *m, size_t bytes)
{
	uint64_t now, wait;

	if (!m->opts->rate)
		return stop_check();
	pthread_mutex_lock(&m->lock);
	now = now_ns();
	m->pace_next = MAX(m->pace_next, now);
	wait = m->pace_next - now;
	m->pace_next += (uint64_t)((double)bytes * 1e9 /
				   (double)m->opts->rate);
	pthread_mutex_unlock(&m->lock);
	while (wait && !stop_asked()) {
		uint64_t slice = MIN(wait, (uint64_t)100000000);
		struct timespec ts = { 0, (long)slice };

		nanosleep(&ts, NULL);
		wait -= slice;
	}
	return stop_check();
}

int mover_done(struct mover *m, size_t i, int result)
{
	struct move_item *item = &m->items[i];
	char *why = result < 0 ? xstrdup(fail_text()) : NULL;

	m->state[i] = ITEM_DONE;
	free(item->why);
	item->why = why;
	item->result = result;
	if (result == FAIL_STOPPED)
		return result;
	if (result < 0)
		fail_clear();
	return 0;
}

int mover_fail_rest(struct mover *m, int code, bool small_ones)
{
	char *why = xstrdup(fail_text());
	int ret = 0;

	for (size_t i = 0; !ret && i < m->n; i++) {
		if (m->state[i] == ITEM_DONE ||
		    (small_ones && !silo_is_small(&m->items[i].expect)))
			continue;
		fail_adopt(why);
		ret = mover_done(m, i, code);
	}
	free(why);
	return ret;
}

bool mover_dead(struct mover *m)
{
	bool dead;

	pthread_mutex_lock(&m->lock);
	dead = m->dead;
	pthread_mutex_unlock(&m->lock);
	return dead;
}

void mover_set_dead(struct mover *m, int code)
{
	pthread_mutex_lock(&m->lock);
	if (!m->dead) {
		m->dead = code;
		m->dead_why = xstrdup(fail_text());
	}
	pthread_mutex_unlock(&m->lock);
}

/*
 * One name that fails need not mean the place.  If it does not even answer
 * to this, nobody waits for it ten thousand times.
 */
void mover_net_failed(struct mover *m, struct silo *silo)
{
	char *why;
	uint64_t size;
	int ret;

	if (mover_dead(m))
		return;
	why = xstrdup(fail_text());
	ret = silo->b->ops->has(silo->b, "silo.json", &size);
	fail_adopt(why);
	free(why);
	if (ret == FAIL_NET)
		mover_set_dead(m, ret);
}

int mover_fail_dead(struct mover *m)
{
	int ret;

	pthread_mutex_lock(&m->lock);
	fail_adopt(m->dead_why);
	ret = m->dead;
	pthread_mutex_unlock(&m->lock);
	return ret;
}

static int need_packer(struct mover *m)
{
	int ret = m->packer ? 0 : silo_packer(m->to, 1, &m->packer);

	if (!ret)
		packer_expect(m->packer, m->nspots);
	return ret;
}

int mover_add_raw(struct mover *m, const struct raw *v, size_t n)
{
	int ret;

	pthread_mutex_lock(&m->lock);
	ret = need_packer(m);
	for (size_t i = 0; ret >= 0 && i < n; i++)
		ret = packer_add_raw(m->packer, v[i].id, v[i].bytes, v[i].len);
	pthread_mutex_unlock(&m->lock);
	return MIN(ret, 0);
}

int mover_add(struct mover *m, const void *content, size_t len, struct id *id)
{
	int ret;

	pthread_mutex_lock(&m->lock);
	ret = need_packer(m);
	if (!ret)
		ret = packer_add(m->packer, content, len, id);
	pthread_mutex_unlock(&m->lock);
	return MIN(ret, 0);
}

struct worker {
	struct job job;
	struct mover *m;
};

static int work(struct job *job)
{
	struct mover *m = ((struct worker *)job)->m;
	int ret = 0;

	while (!ret && !atomic_load(&m->stop)) {
		size_t i = atomic_fetch_add(&m->next, 1);

		if (i >= m->ntasks)
			break;
		ret = stop_check();
		if (!ret)
			ret = m->tasks[i].run(m, &m->tasks[i]);
	}
	if (ret < 0)
		atomic_store(&m->stop, true);
	return ret;
}

/* The terminal is this thread's, so it watches and does nothing else. */
static void watch(struct mover *m, struct pool *pool, struct worker *v,
		  size_t n, unsigned long long *told)
{
	struct timespec nap = { 0, 500000 };

	for (size_t i = 0; i < n;) {
		unsigned long long moved = atomic_load(&m->moved);

		if (moved > *told)
			meter_add(m->opts->meter, moved - *told);
		*told = MAX(*told, moved);
		if (job_done(pool, &v[i].job)) {
			i++;
			continue;
		}
		nanosleep(&nap, NULL);
		nap.tv_nsec = MIN(nap.tv_nsec * 2, 4000000);
	}
}

int mover_run(struct mover *m)
{
	size_t jobs = m->opts->jobs ? m->opts->jobs : MOVE_JOBS;
	unsigned long long told = atomic_load(&m->moved);
	struct worker v[MOVE_JOBS_MAX];
	struct pool *pool;
	int ret = 0;

	jobs = MIN(MIN(jobs, m->ntasks), (size_t)MOVE_JOBS_MAX);
	if (!jobs)
		return 0;
	atomic_store(&m->next, 0);
	pool = pool_new((unsigned)jobs + 1);
	for (size_t i = 0; i < jobs; i++) {
		v[i] = (struct worker){ .job = JOB_INIT(work), .m = m };
		job_submit(pool, &v[i].job);
	}
	if (pool_threads(pool) > 1)
		watch(m, pool, v, jobs, &told);
	for (size_t i = 0; i < jobs; i++) {
		int one = job_join(pool, &v[i].job);

		ret = ret ? ret : one;
	}
	watch(m, pool, v, 0, &told);
	pool_free(pool);
	m->ntasks = 0;
	return ret;
}

void move_release(struct move_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(items[i].why);
		items[i].why = NULL;
	}
}
