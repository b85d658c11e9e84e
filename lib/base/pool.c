#include "base/base.h"
#include "base/fail.h"
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

enum { IDLE, QUEUED, RUNNING, DONE };

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;	/* a job was queued, or the end */
	pthread_cond_t done;	/* a job has run */
	struct job *head;
	struct job *tail;
	pthread_t *threads;
	unsigned nthreads;	/* workers, not counting who joins */
	bool quit;
};

static struct job *dequeue(struct pool *pool)
{
	struct job *job = pool->head;

	if (job) {
		pool->head = job->next;
		if (!pool->head)
			pool->tail = NULL;
		job->state = RUNNING;
	}
	return job;
}

/* Called with the lock held; runs the job without it. */
static void run_job(struct pool *pool, struct job *job)
{
	char *sentence = NULL;
	int ret;

	pthread_mutex_unlock(&pool->lock);
	ret = job->run(job);
	if (ret < 0)
		sentence = xstrdup(fail_text());
	pthread_mutex_lock(&pool->lock);
	job->ret = ret;
	job->sentence = sentence;
	job->state = DONE;
	pthread_cond_broadcast(&pool->done);
}

static void *worker(void *data)
{
	struct pool *pool = data;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->head && !pool->quit)
			pthread_cond_wait(&pool->work, &pool->lock);
		job = dequeue(pool);
		if (!job)
			break;
		run_job(pool, job);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static unsigned default_threads(void)
{
	const char *env = getenv("MEDO_THREADS");
	cpu_set_t set;
	long n = env ? strtol(env, NULL, 10) : 0;

	if (n <= 0 && !sched_getaffinity(0, sizeof(set), &set))
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

struct pool *pool_new(unsigned threads)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));
	sigset_t all, old;

	if (!threads)
		threads = default_threads();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->threads = xcalloc(threads, sizeof(*pool->threads));
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (pool->nthreads + 1 < threads &&
	       !pthread_create(&pool->threads[pool->nthreads], NULL, worker,
			       pool))
		pool->nthreads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pool;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->quit = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->nthreads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->done);
	free(pool->threads);
	free(pool);
}

unsigned pool_threads(const struct pool *pool)
{
	return pool->nthreads + 1;
}

void job_submit(struct pool *pool, struct job *job)
{
	job->next = NULL;
	job->ret = 0;
	job->sentence = NULL;
	pthread_mutex_lock(&pool->lock);
	job->state = QUEUED;
	if (pool->tail)
		pool->tail->next = job;
	else
		pool->head = job;
	pool->tail = job;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

/* Take a queued job out of the line, so that who needs it runs it now. */
static void unlink_job(struct pool *pool, struct job *job)
{
	struct job **p = &pool->head, *last = NULL;

	while (*p != job) {
		last = *p;
		p = &(*p)->next;
	}
	*p = job->next;
	if (pool->tail == job)
		pool->tail = last;
	job->state = RUNNING;
}

int job_join(struct pool *pool, struct job *job)
{
	struct job *other;
	int ret;

	pthread_mutex_lock(&pool->lock);
	while (job->state != DONE) {
		if (job->state == QUEUED) {
			unlink_job(pool, job);
			run_job(pool, job);
		} else if (job->state == RUNNING &&
			   (other = dequeue(pool))) {
			run_job(pool, other);
		} else {
			pthread_cond_wait(&pool->done, &pool->lock);
		}
	}
	job->state = IDLE;
	pthread_mutex_unlock(&pool->lock);
	ret = job->ret;
	if (job->sentence)
		fail_adopt(job->sentence);
	free(job->sentence);
	job->sentence = NULL;
	return ret;
}

bool job_done(struct pool *pool, const struct job *job)
{
	bool done;

	pthread_mutex_lock(&pool->lock);
	done = job->state == DONE;
	pthread_mutex_unlock(&pool->lock);
	return done;
}
