#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/hosted_int.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What git pack-objects has made, measured. */
static int measure(struct hosted_pack *out, const char *dir)
{
	char *path = xstrfmt("%s/%s.pack", dir, out->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	unsigned char head[12];
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = fail_errno("cannot open '%s'", quoted(path));
	} else {
		ret = file_pread(fd, 0, head, sizeof(head));
		out->size = (uint64_t)st.st_size;
		out->objects = get_be32(head + 8);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

static void add_lines(struct buf *out, const struct strs *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(out, "%s\n", lines->v[i]);
}

/* What it says is the hash at the end of the pack, which names it. */
int hosted_pack_objects(struct hosted_pack *out, const char *dir,
			struct strs *env, const char *how,
			const struct buf *input, bool progress)
{
	struct strs argv = STRS_INIT;
	struct run run = { .input = input->ptr, .input_len = input->len };
	struct buf said = BUF_INIT;
	int ret;

	strs_add(&argv, "env");
	for (size_t i = 0; env && i < env->n; i++)
		strs_add(&argv, env->v[i]);
	strs_add(&argv, "git");
	strs_add(&argv, "pack-objects");
	if (how)
		strs_add(&argv, how);
	if (out->large) {
		strs_add(&argv, "--window=0");
		strs_add(&argv, "--no-reuse-delta");
	}
	strs_add(&argv, "--delta-base-offset");
	strs_add(&argv, "--non-empty");
	strs_add(&argv, progress ? "--progress" : "-q");
	strs_addf(&argv, "%s/pack", dir);
	run.argv = strs_argv(&argv);
	ret = run_capture(&run, &said, 65536);
	if (ret > 0)
		ret = fail(FAIL_CORRUPT, "git pack-objects failed; does this "
			   "repository lack something?");
	if (!ret && said.len) {
		said.ptr[strcspn(said.ptr, "\n")] = '\0';
		out->name = xstrfmt("pack-%s", said.ptr);
		ret = measure(out, dir);
		ret = ret ? ret : 1;
	}
	buf_release(&said);
	strs_release(&argv);
	return ret;
}

int hosted_pack_make(struct hosted_pack *out, const char *dir,
		     const struct strs *want, const struct strs *have,
		     bool progress)
{
	struct buf input = BUF_INIT;
	struct strs env = STRS_INIT;
	int ret;

	/* What some other place has promised is got from there, in one go. */
	strs_add(&env, "GIT_NO_LAZY_FETCH=0");
	add_lines(&input, want);
	buf_adds(&input, "--not\n");
	add_lines(&input, have);
	ret = hosted_pack_objects(out, dir, &env, "--revs", &input, progress);
	strs_release(&env);
	buf_release(&input);
	return ret;
}

static int put_file(struct hosted *h, const char *dir, const char *name,
		    const char *suffix)
{
	char *path = xstrfmt("%s/%s%s", dir, name, suffix);
	char *far = xstrfmt("%sobjects/pack/%s%s", h->dir, name, suffix);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct source src;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = fail_errno("cannot open '%s'", quoted(path));
	} else {
		src = source_fd(&fd, (uint64_t)st.st_size, path);
		ret = backend_put_exact(h->b, far, &src);
	}
	if (fd >= 0)
		close(fd);
	free(far);
	free(path);
	return ret;
}

struct put_job {
	struct job job;
	struct hosted *h;
	const char *dir;
	const char *name;
	const char *suffix;
};

static int run_put(struct job *job)
{
	struct put_job *j = (struct put_job *)job;

	return put_file(j->h, j->dir, j->name, j->suffix);
}

static int put_both(struct hosted *h, const char *dir, const char *name)
{
	struct put_job idx = { JOB_INIT(run_put), h, dir, name, ".idx" };
	struct pool *pool = pool_new(2);
	int ret, other;
	char *why;

	job_submit(pool, &idx.job);
	ret = put_file(h, dir, name, ".pack");
	why = xstrdup(fail_text());
	other = job_join(pool, &idx.job);
	if (ret)
		fail_adopt(why);
	free(why);
	pool_free(pool);
	return ret ? ret : other;
}

/* Nobody looks for either before an entry names them: far away, both at once. */
int hosted_pack_put(struct hosted *h, const char *dir,
		    const struct hosted_pack *pack)
{
	int ret;

	if (!h->b->path)
		return put_both(h, dir, pack->name);
	ret = put_file(h, dir, pack->name, ".pack");
	return ret ? ret : put_file(h, dir, pack->name, ".idx");
}
