#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "silo/ssh_int.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { PIPE_SIZE = 1 << 20, GRACE_MS = 5000 };

struct by_program {
	struct ssh ssh;
	struct child child;
	char *name;
	int status;
	bool ended;
};

static struct by_program *of(struct ssh *ssh)
{
	return (struct by_program *)(void *)ssh;
}

static void program_eof(struct ssh *ssh)
{
	struct by_program *p = of(ssh);

	if (ssh->to >= 0)
		close(ssh->to);
	ssh->to = p->child.to = -1;
}

/* It got its end of input; who does not end then is ended. */
static void wait_a_while(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	for (int i = 0; i < GRACE_MS / 10 && !info.si_pid; i++) {
		if (waitid(P_PID, (id_t)pid, &info,
			   WEXITED | WNOHANG | WNOWAIT))
			return;
		if (!info.si_pid)
			usleep(i < 10 ? 1000 : 10000);
	}
	if (!info.si_pid)
		kill(pid, SIGTERM);
}

static void end_it(struct by_program *p)
{
	if (p->ended)
		return;
	program_eof(&p->ssh);
	if (p->child.from >= 0)
		close(p->child.from);
	p->child.from = -1;
	if (p->child.pid)
		wait_a_while(p->child.pid);
	p->status = run_stop(&p->child);
	p->ssh.to = p->ssh.from = -1;
	p->ended = true;
}

static void program_kill(struct ssh *ssh)
{
	if (of(ssh)->child.pid)
		kill(of(ssh)->child.pid, SIGTERM);
}

static void program_why(struct ssh *ssh, struct buf *out)
{
	struct by_program *p = of(ssh);

	end_it(p);
	if (p->status > 0)
		buf_addf(out, "'%s' ended with status %d; what it said of it "
			 "stands above", quoted(p->name), p->status);
	else if (p->status < 0)
		buf_addf(out, "'%s' died", quoted(p->name));
	else
		buf_adds(out, "the other side has ended it");
}

static void program_close(struct ssh *ssh)
{
	struct by_program *p = of(ssh);

	end_it(p);
	free(p->name);
	free(p);
}

static const struct ssh_ops program_ops = {
	program_eof, program_kill, program_why, program_close,
};

int ssh_open_program(struct ssh **out, const struct ssh_settings *s,
		     const struct ssh_place *place)
{
	struct by_program *p = xcalloc(1, sizeof(*p));
	struct strs argv = STRS_INIT;
	struct run run = { .dir = NULL };
	int ret = ssh_argv(&argv, s, place);

	p->ssh = (struct ssh){ .ops = &program_ops, .why = BUF_INIT };
	p->child = (struct child)CHILD_INIT;
	p->name = xstrdup(s->command ? s->command : s->program);
	if (!ret) {
		run.argv = strs_argv(&argv);
		ret = run_start(&p->child, &run);
		if (ret)
			ret = fail_in(FAIL_NET, "cannot reach '%s'",
				      quoted(place->url));
	}
	if (!ret) {
		p->ssh.to = p->child.to;
		p->ssh.from = p->child.from;
		/* More room means fewer turns; no harm where it is denied. */
		fcntl(p->ssh.to, F_SETPIPE_SZ, PIPE_SIZE);
		fcntl(p->ssh.from, F_SETPIPE_SZ, PIPE_SIZE);
		if (fcntl(p->ssh.to, F_SETFL, O_NONBLOCK))
			ret = fail_errno("cannot talk to '%s'",
					 quoted(p->name));
	}
	if (ret) {
		program_close(&p->ssh);
		p = NULL;
	}
	*out = p ? &p->ssh : NULL;
	strs_release(&argv);
	return ret;
}
