#include "base/base.h"
#include "base/asker.h"

#include <fcntl.h>

/* proc(5), /proc/PID/stat: fields from 1 on; the second is "(name)". */
#define PARENT_FIELD 4
#define CPU_FIELD 39

struct stat_line {
	char text[1024];
	const char *name;
	const char *rest;	/* from the ')' on */
};

static bool read_stat(pid_t pid, struct stat_line *line)
{
	char path[64], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, line->text, sizeof(line->text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	line->text[n] = '\0';
	line->name = strchr(line->text, '(');
	end = strrchr(line->text, ')');
	if (!line->name || !end)
		return false;
	line->name++;
	*end = '\0';
	line->rest = end + 1;
	return true;
}

static int field(const struct stat_line *line, int nr)
{
	const char *p = line->rest;

	for (int i = 2; p && i < nr; i++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? (int)strtol(p, NULL, 10) : -1;
}

static bool is_shell(const char *name)
{
	static const char *const shells[] = {
		"sh", "dash", "bash", "ash", "busybox", "ksh", "mksh", "zsh",
	};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(name, shells[i]))
			return true;
	return false;
}

void asker_find(struct asker *a)
{
	struct stat_line line;

	a->parent = getppid();
	a->above = 0;
	if (read_stat(a->parent, &line) && is_shell(line.name))
		a->above = MAX(field(&line, PARENT_FIELD), 0);
}

pid_t asker_pid(const struct asker *a)
{
	return a->above ? a->above : a->parent;
}

bool asker_gone(const struct asker *a)
{
	struct stat_line line;

	if (getppid() != a->parent)
		return true;
	return a->above && read_stat(a->parent, &line) &&
	       field(&line, PARENT_FIELD) != a->above;
}

int asker_cpu(const struct asker *a)
{
	struct stat_line line;

	return read_stat(asker_pid(a), &line) ? field(&line, CPU_FIELD) : -1;
}
