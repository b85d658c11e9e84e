/*
 * git medo: dispatch.  The same file makes two programs: git-medo, which git
 * may start thousands of times and which therefore links little, and
 * git-medo--full, which it becomes for the other commands.
 */
#include "git-medo/cmd.h"
#include "base/buf.h"
#include "base/temp.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>

#define VERSION_TEXT "0.1.0"

#ifdef MEDO_LIGHT
#define LIGHT(fn) fn
#define FULL(fn) NULL
#else
#define LIGHT(fn) fn
#define FULL(fn) fn
#endif

static const struct command {
	const char *name;
	int (*fn)(int argc, const char **argv);
	const char *summary;
} commands[] = {
#define CMD(name, fn, where, summary) { name, where(fn), summary },
#include "git-medo/commands.h"
#undef CMD
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_help(FILE *to)
{
	size_t width = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		width = MAX(width, strlen(commands[i].name));
	fputs("usage: git medo <command> [<args>]\n"
	      "   or: git medo --version\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "    %-*s  %s\n", (int)width, commands[i].name,
			commands[i].summary);
	fputs("\n'git medo <command> -h' tells the options, "
	      "'git help medo-<command>' all.\n", to);
}

/* 0, 1 and 2 open, or the next file we open would be taken for one of them. */
static void sane_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			exit(128);
	} while (fd <= 2);
	close(fd);
}

#ifdef MEDO_LIGHT
/*
 * Beside this program as it really lies on the disk, not as PATH or a
 * symlink shows it.
 */
static int become_full(const char **argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);

	if (n <= 0)
		return fail_errno("cannot find where this program lies");
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, "git-medo--full");
	execv(path, (char **)argv);
	return fail_errno("cannot run '%s'", quoted(path));
}
#endif

/*
 * A relative path means something only where there is a directory; in one
 * that was removed it must not become one below "/".
 */
static int check_cwd(void)
{
	char *cwd = getcwd(NULL, 0);
	int ret = cwd ? 0 : fail_errno("cannot tell the current directory");

	free(cwd);
	return ret;
}

static int dispatch(int argc, const char **argv, const char **all)
{
	const struct command *cmd = find(argv[0]);
	int ret = check_cwd();

	if (ret)
		return ret;
	if (!cmd) {
		say("error: ", "'%s' is not a git medo command; see 'git medo "
		    "-h'", quoted(argv[0]));
		return 129;
	}
#ifdef MEDO_LIGHT
	if (!cmd->fn)
		return become_full(all);
#else
	(void)all;
#endif
	return cmd->fn(argc, argv);
}

static void list_commands(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("%s\t%s\n", commands[i].name, commands[i].summary);
#define SILO_CMD(name, fn, summary) puts("silo " name "\t" summary);
#include "git-medo/silo_commands.h"
#undef SILO_CMD
}

static int special(int argc, const char **argv, const char **all)
{
	static const char *sub[5];

	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "help")) {
		print_help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		puts("git-medo version " VERSION_TEXT);
		return 0;
	}
	if (!strcmp(argv[1], "--list-cmds")) {
		list_commands();
		return 0;
	}
	if (!strcmp(argv[1], "--list-opts") && argc > 2) {
		sub[0] = argv[2];
		sub[1] = argc > 3 ? argv[3] : "--list-opts";
		sub[2] = argc > 3 ? "--list-opts" : NULL;
		return dispatch(argc - 1, sub, all);
	}
	return -100;
}

static int report(int ret)
{
	int code = fail_exit_code(ret);

	if (ret == FAIL_STOPPED)
		stop_now();
	say(code == 128 ? "fatal: " : "error: ", "%s", fail_text());
	return code;
}

int main(int argc, const char **argv)
{
	const char *name = strrchr(argc ? argv[0] : "", '/');
	const char **args = argv + 1;
	const char *as_silo[64];
	int ret = -100;

	sane_fds();
	/* Both come back as errors of write(2). */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
#ifdef M_MMAP_THRESHOLD
	/* Blocks come and go; each as a fresh mapping is 64 page faults. */
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
#endif
	name = name ? name + 1 : argc ? argv[0] : "git-medo";
	if (!strcmp(name, "silo") && argc < 60) {
		/* `silo X` is `git medo silo X` */
		as_silo[0] = argv[0];
		as_silo[1] = "silo";
		memcpy(as_silo + 2, argv + 1, (size_t)argc * sizeof(*argv));
		args = as_silo + 1;
		argc++;
	} else if (argc > 1 && *argv[1] == '-') {
		ret = special(argc, argv, argv);
	} else if (argc > 1 && (!strcmp(argv[1], "help") ||
				!strcmp(argv[1], "version"))) {
		ret = special(argc, argv, argv);
	}
	if (ret == -100 && argc < 2) {
		print_help(stderr);
		return 129;
	}
	if (ret == -100)
		ret = dispatch(argc - 1, args, argv);
	if (ret >= 0 && out_flush())
		ret = FAIL_SYSTEM;
	return ret < 0 ? report(ret) : ret;
}
