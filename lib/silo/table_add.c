#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/table_int.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* Others may be first, but not all day. */
#define TRIES 400

int table_claim(struct table *t, const char *members)
{
	struct buf state = BUF_INIT, text = BUF_INIT;
	struct json *json = NULL;
	int ret = chain_claim(t->chain, t->n + 1, members);

	if (ret < 0)
		return ret;
	if (!ret)
		return table_load(t, true);
	buf_addf(&text, "{ %s }", members);
	ret = json_parse(&json, text.ptr, text.len, "our own entry");
	if (!ret)
		ret = table_apply(t, json, "our own entry");
	if (!ret) {
		t->n++;
		/* A large state is not worth its bytes each time. */
		if (t->nlive < 512 || t->n % 16 == 0)
			table_format(&state, t);
		chain_hint(t->chain, t->n, state.len ? state.ptr : NULL);
	}
	json_free(json);
	buf_release(&text);
	buf_release(&state);
	return ret ? ret : 1;
}

void table_pace(struct table *t, int (*pace)(void *data, size_t bytes),
		void *data)
{
	t->pace = pace;
	t->pace_data = data;
}

struct paced {
	struct table *t;
	struct source src;
};

static int paced_read(void *data, uint64_t off, void *buf, size_t len)
{
	struct paced *p = data;
	int ret = p->t->pace ? p->t->pace(p->t->pace_data, len) : 0;

	return ret ? ret : p->src.read(p->src.data, off, buf, len);
}

static int put_file(struct table *t, const char *dir, const char *name,
		    uint64_t *size)
{
	char *path = xstrfmt("%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	uint64_t there = 0;
	struct paced paced = { .t = t };
	struct source src;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = fail_errno("cannot open '%s'", quoted(path));
		goto out;
	}
	*size = (uint64_t)st.st_size;
	/* Same name, same bytes: an earlier try brought it there. */
	ret = t->b->ops->has(t->b, name, &there);
	if (ret == 1 && there == *size) {
		ret = 0;
		goto out;
	}
	paced.src = src = source_fd(&fd, *size, name);
	src.read = paced_read;
	src.data = &paced;
	if (ret >= 0)
		ret = backend_put_exact(t->b, name, &src);
out:
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

int table_upload(struct table *t, const char *dir, const char *name,
		 struct live *live)
{
	char *pack = xstrfmt("pack/%s.pack", name);
	char *idx = xstrfmt("pack/%s.idx", name);
	char *path = xstrfmt("%s/%s", dir, idx);
	struct buf bytes = BUF_INIT;
	uint64_t size;
	int ret = file_read(path, (size_t)1 << 28, &bytes);

	*live = (struct live){ .name = xstrdup(name), .path = xstrdup(pack) };
	if (!ret)
		ret = midx_open_idx(&live->idx, &bytes, t->algo, name);
	if (!ret)
		ret = put_file(t, dir, pack, &live->size);
	if (!ret)
		ret = put_file(t, dir, idx, &size);
	if (!ret)
		live->objects = midx_objects(live->idx);
	buf_release(&bytes);
	free(pack);
	free(idx);
	free(path);
	return ret;
}

/* Those that collided shall not collide again. */
static void wait_a_little(unsigned try, uint64_t seed)
{
	uint64_t ms = MIN(try, 10u) * (seed % 17 + 1);
	struct timespec ts = { 0, (long)ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* What we have in memory need not be fetched. */
static void adopt_indexes(struct table *t, struct live *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ssize_t k = table_pack(t, v[i].name);

		if (k >= 0 && !t->v[k].idx)
			SWAP(t->v[k].idx, v[i].idx);
	}
}

static int announce(struct table *t, struct live *v, size_t n)
{
	int ret = 0;

	for (unsigned try = 0; !ret && try < TRIES; try++) {
		struct live *left = xcalloc(n + 1, sizeof(*left));
		struct buf members = BUF_INIT;
		size_t k = 0;

		for (size_t i = 0; i < n; i++)
			if (table_pack(t, v[i].name) < 0)
				left[k++] = v[i];
		table_format_packs(&members, left, k);
		if (try)
			wait_a_little(try, (uint64_t)getpid());
		ret = stop_check();
		if (!ret)
			ret = k ? table_claim(t, members.ptr) : 1;
		buf_release(&members);
		free(left);
	}
	if (!ret)
		ret = fail(FAIL_NET, "others were first %d times", TRIES);
	adopt_indexes(t, v, n);
	return MIN(ret, 0);
}

/* Fewer packs are a kindness to readers; the push has happened without it. */
static int tidy(struct table *t, const char *dir)
{
	int ret = table_fold(t, dir);

	if (!ret || ret == FAIL_STOPPED)
		return ret;
	say("warning: ", "silo '%s': its packs were not put together: %s",
	    quoted(t->b->url), fail_text());
	fail_clear();
	return 0;
}

int table_add(struct table *t, const char *dir, const struct strs *packs)
{
	struct live *v = xcalloc(packs->n + 1, sizeof(*v));
	int ret;

	pthread_mutex_lock(&t->lock);
	ret = table_load(t, !t->loaded);
	if (!ret)
		ret = chain_able(t->chain, t->n + 1);
	for (size_t i = 0; !ret && i < packs->n; i++)
		ret = table_upload(t, dir, packs->v[i], &v[i]);
	if (!ret)
		ret = announce(t, v, packs->n);
	if (!ret)
		ret = table_complete(t);
	if (!ret)
		ret = tidy(t, dir);
	pthread_mutex_unlock(&t->lock);
	for (size_t i = 0; i < packs->n; i++)
		live_release(&v[i]);
	free(v);
	return ret && ret != FAIL_STOPPED ?
	       fail_in(ret, "silo '%s'", quoted(t->b->url)) : ret;
}
