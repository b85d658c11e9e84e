#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "base/temp.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static void close_both(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Ours, and one more in front, where it counts; yours to free. */
static const char **environ_with(const char *one)
{
	const char **v;
	size_t n = 0;

	while (environ[n])
		n++;
	v = xcalloc(n + 2, sizeof(*v));
	v[0] = one;
	memcpy(v + 1, environ, n * sizeof(*v));
	return v;
}

/* The child's ends become 0 and 1; everything else of ours is O_CLOEXEC. */
static int spawn(const struct run *run, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	const char **env = run->env ? environ_with(run->env) : NULL;
	sigset_t none, ignored;
	int err;

	posix_spawn_file_actions_init(&acts);
	posix_spawnattr_init(&attr);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&acts, in, 0);
	else
		posix_spawn_file_actions_addopen(&acts, 0, "/dev/null",
						 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&acts, out, 1);
	if (run->both)
		posix_spawn_file_actions_adddup2(&acts, out, 2);
	else if (run->quiet)
		posix_spawn_file_actions_addopen(&acts, 2, "/dev/null",
						 O_WRONLY, 0);
	if (run->dir)
		posix_spawn_file_actions_addchdir_np(&acts, run->dir);
	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &ignored);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	err = posix_spawnp(pid, run->argv[0], &acts, &attr,
			   (char *const *)run->argv,
			   env ? (char *const *)env : environ);
	free(env);
	posix_spawn_file_actions_destroy(&acts);
	posix_spawnattr_destroy(&attr);
	errno = err;
	return err ? fail_errno("cannot run '%s'", quoted(run->argv[0])) : 0;
}

/* What becomes of stdout: gathered, or handed on where `take` is not NULL. */
struct drain {
	struct buf *out;
	size_t max;
	size_t (*take)(void *data, const char *text, size_t len);
	void *data;
};

/* 1: enough. */
static int drained(const struct run *run, struct drain *drain, size_t start)
{
	struct buf *out = drain->out;
	size_t used;

	if (drain->take) {
		used = drain->take(drain->data, out->ptr, out->len);
		if (used == RUN_ENOUGH)
			return 1;
		memmove(out->ptr, out->ptr + used, out->len - used);
		buf_setlen(out, out->len - used);
	}
	if (out->len - start > drain->max)
		return fail(FAIL_FORMAT, "'%s' says too much",
			    quoted(run->argv[0]));
	return 0;
}

/*
 * Feed and drain at once, so that neither side waits for the other.  `from`
 * may be -1: then there is only to feed.
 */
static int pump(const struct run *run, int *to, int from, struct drain *drain)
{
	struct buf *out = drain->out;
	size_t fed = 0, start = out->len;
	int ret;

	while (from >= 0 || *to >= 0) {
		struct pollfd fds[2] = {
			{ .fd = from, .events = POLLIN },
			{ .fd = *to, .events = POLLOUT },
		};
		ssize_t n;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return fail_errno("cannot wait for '%s'",
					  quoted(run->argv[0]));
		if (*to >= 0 && fds[1].revents) {
			n = write(*to, run->input + fed, run->input_len - fed);
			if (n > 0)
				fed += (size_t)n;
			if ((n < 0 && errno != EINTR && errno != EAGAIN) ||
			    fed == run->input_len) {
				close(*to);
				*to = -1;
			}
		}
		if (!fds[0].revents)
			continue;
		buf_grow(out, 65536);
		n = read(from, out->ptr + out->len, 65536);
		if (!n)
			return 0;
		if (n < 0 && errno != EINTR)
			return fail_errno("cannot read from '%s'",
					  quoted(run->argv[0]));
		if (n < 0)
			continue;
		buf_setlen(out, out->len + (size_t)n);
		ret = drained(run, drain, start);
		if (ret)
			return ret;
	}
	return 0;
}

/* What was said into memory. */
static int take_memory(const struct run *run, int fd, struct drain *drain)
{
	struct stat st;
	size_t len;
	int ret;

	if (fstat(fd, &st))
		return fail_errno("cannot stat what '%s' said",
				  quoted(run->argv[0]));
	len = (size_t)st.st_size;
	if (len > drain->max)
		return fail(FAIL_FORMAT, "'%s' says too much",
			    quoted(run->argv[0]));
	buf_grow(drain->out, len);
	ret = file_pread(fd, 0, drain->out->ptr + drain->out->len, len);
	if (!ret)
		buf_setlen(drain->out, drain->out->len + len);
	return ret;
}

/* ^C goes to all of us: then it is no failure of the child's. */
static int died(const char *name, int sig)
{
	int ret = stop_check();

	return ret ? ret : fail(FAIL_SYSTEM, "'%s' died of signal %d",
				quoted(name), sig);
}

static int run_and_drain(const struct run *run, struct drain *drain)
{
	int in[2] = { -1, -1 }, back[2] = { -1, -1 };
	int memory = run->at_end ? memfd_create("out", MFD_CLOEXEC) : -1;
	int ret = FAIL_SYSTEM, status;
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	pid_t pid = -1;

	if ((run->input && pipe2(in, O_CLOEXEC)) ||
	    (memory < 0 && pipe2(back, O_CLOEXEC))) {
		ret = fail_errno("cannot make a pipe");
		goto out;
	}
	if (in[1] >= 0)
		fcntl(in[1], F_SETFL, O_NONBLOCK);
	ret = spawn(run, in[0], memory < 0 ? back[1] : memory, &pid);
	if (ret)
		goto out;
	if (back[1] >= 0)
		close(back[1]);
	back[1] = -1;
	if (in[0] >= 0)
		close(in[0]);
	in[0] = -1;
	ret = pump(run, &in[1], back[0], drain);
	if (ret)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!ret && memory >= 0)
		ret = take_memory(run, memory, drain);
	if (!ret && WIFEXITED(status))
		ret = WEXITSTATUS(status);
	else if (!ret)
		ret = died(run->argv[0], WTERMSIG(status));
	else if (ret > 0)
		ret = 0;
out:
	if (memory >= 0)
		close(memory);
	close_both(in);
	close_both(back);
	signal(SIGPIPE, old);
	return ret;
}

int run_capture(const struct run *run, struct buf *out, size_t max)
{
	struct drain drain = {
		.out = out, .max = max ? max : (size_t)1 << 30,
	};

	return run_and_drain(run, &drain);
}

/* What one record may have: a path is shorter. */
#define RECORD_MAX ((size_t)1 << 20)

int run_each(const struct run *run,
	     size_t (*take)(void *data, const char *text, size_t len),
	     void *data)
{
	struct buf out = BUF_INIT;
	struct drain drain = {
		.out = &out, .max = RECORD_MAX, .take = take, .data = data,
	};
	int ret = run_and_drain(run, &drain);

	buf_release(&out);
	return ret;
}

int run_start(struct child *child, const struct run *run)
{
	int in[2] = { -1, -1 }, back[2] = { -1, -1 };
	int ret;

	if (pipe2(in, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		ret = fail_errno("cannot make a pipe");
	else
		ret = spawn(run, in[0], back[1], &child->pid);
	if (!ret) {
		child->to = in[1];
		child->from = back[0];
		in[1] = back[0] = -1;
	} else {
		child->pid = 0;
	}
	close_both(in);
	close_both(back);
	return ret;
}

int run_stop(struct child *child)
{
	int status = 0, ret = 0;

	if (child->to >= 0)
		close(child->to);
	if (child->from >= 0)
		close(child->from);
	if (child->pid) {
		while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
			;
		ret = WIFEXITED(status) ? WEXITSTATUS(status) : FAIL_SYSTEM;
	}
	*child = (struct child)CHILD_INIT;
	return ret;
}

char *run_beside(const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	/* Where there is no /proc: PATH decides. */
	if (n <= 0)
		return xstrdup(name);
	path[n] = '\0';
	slash = strrchr(path, '/');
	return xstrfmt("%.*s/%s", (int)(slash - path), path, name);
}
