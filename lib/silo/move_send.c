#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/move_int.h"

#include <sys/stat.h>

/*
 * A blob file on its way out.  Our own disk lies too, and nobody else shall
 * get what it spoilt: the file is verified while it is sent, and its last
 * bytes wait for the verdict, so that what is wrong never gets its name.
 */
struct send {
	struct job job;
	struct mover *m;
	size_t item;
	struct blob *blob;
	struct source src;	/* the file itself */
	pthread_mutex_t lock;
	bool verified;
	int verdict;
	char *why;
	uint64_t sent;		/* of the file */
	uint64_t told;		/* of the content */
};

static int verify(struct job *job)
{
	struct send *s = (struct send *)job;

	return silo_verify_blob(s->blob, &s->m->items[s->item].expect,
				s->m->opts->pool);
}

static int verdict(struct send *s)
{
	int ret;

	pthread_mutex_lock(&s->lock);
	if (!s->verified) {
		s->verdict = job_join(s->m->opts->pool, &s->job);
		if (s->verdict)
			s->why = xstrdup(fail_text());
		s->verified = true;
	}
	ret = s->verdict;
	pthread_mutex_unlock(&s->lock);
	if (ret)
		fail_adopt(s->why);
	return ret;
}

static void tell(struct send *s, uint64_t off)
{
	const uint64_t *size = s->m->items[s->item].expect.size;
	uint64_t is;

	pthread_mutex_lock(&s->lock);
	s->sent = MAX(s->sent, off);
	is = size ? (uint64_t)((double)*size * ((double)s->sent /
					       (double)s->src.size)) : 0;
	if (is > s->told) {
		atomic_fetch_add(&s->m->moved, is - s->told);
		s->told = is;
	}
	pthread_mutex_unlock(&s->lock);
}

static int send_read(void *data, uint64_t off, void *buf, size_t len)
{
	struct send *s = data;
	int ret = mover_pace(s->m, len);

	if (!ret && off + len == s->src.size)
		ret = verdict(s);
	if (!ret)
		ret = s->src.read(s->src.data, off, buf, len);
	if (!ret)
		tell(s, off + len);
	return ret;
}

/* Out of a pack, verified already: by way of a temp of ours. */
static int send_packed(struct mover *m, struct silo *near, struct blob *blob)
{
	struct temp temp = TEMP_INIT;
	struct source src;
	struct stat st;
	int ret = temp_open(&temp, near->b->path);

	if (!ret)
		ret = silo_write_packed(&temp, blob, near->algo,
					m->opts->pool);
	if (!ret && fstat(temp.fd, &st))
		ret = fail_errno("cannot stat a temporary file");
	if (!ret) {
		src = source_fd(&temp.fd, (uint64_t)st.st_size, blob->name);
		ret = m->to->b->ops->put(m->to->b, blob->name, &src);
	}
	temp_drop(&temp);
	return ret;
}

static int send_file(struct mover *m, size_t i, struct blob *blob)
{
	struct send s = {
		.job = JOB_INIT(verify), .m = m, .item = i, .blob = blob,
		.src = blob->src,
	};
	struct source src = blob->src;
	char *why;
	int ret;

	pthread_mutex_init(&s.lock, NULL);
	src.read = send_read;
	src.data = &s;
	job_submit(m->opts->pool, &s.job);
	ret = m->to->b->ops->put(m->to->b, blob->name, &src);
	why = ret < 0 ? xstrdup(fail_text()) : NULL;
	/* It has to end before its blob does; it may know why this failed. */
	if (verdict(&s) && ret < 0) {
		ret = s.verdict;
	} else if (ret < 0) {
		fail_adopt(why);
	} else {
		fail_clear();
		tell(&s, s.src.size);
	}
	free(why);
	free(s.why);
	pthread_mutex_destroy(&s.lock);
	return ret;
}

static int send_one(struct mover *m, size_t i)
{
	const struct silo_expect *expect = &m->items[i].expect;
	struct blob blob = BLOB_INIT;
	struct silo *near = NULL;
	char hex[ID_HEX_MAX];
	int ret = silo_seen(m->to, expect, m->opts->pool);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = mover_near(m, &expect->id, &near);
	if (!ret)
		return fail(FAIL_MISSING, "blob %s is not on this disk",
			    id_hex(&expect->id, hex));
	if (ret > 0)
		ret = silo_blob(near, &expect->id, &blob);
	if (ret)
		return ret;
	if (blob.packed) {
		ret = silo_verify_blob(&blob, expect, m->opts->pool);
		ret = ret ? silo_blame(ret, near, &expect->id) :
		      send_packed(m, near, &blob);
	} else {
		ret = send_file(m, i, &blob);
		if (ret == FAIL_CORRUPT || ret == FAIL_FORMAT)
			ret = silo_blame(ret, near, &expect->id);
	}
	/* Who may not write one may not write the others. */
	if (ret == FAIL_DENIED)
		mover_set_dead(m, ret);
	blob_close(&blob);
	return ret ? ret : 1;
}

int send_run(struct mover *m, struct task *task)
{
	size_t i = task->from;
	int ret = mover_dead(m) ? mover_fail_dead(m) : send_one(m, i);

	if (ret == FAIL_NET)
		mover_net_failed(m, m->to);
	return mover_done(m, i, ret);
}
