#include "base/base.h"
#include "base/pin.h"

#include <fcntl.h>

/* The kernel may move the parent: look again after so many questions. */
#define LOOK_EVERY 64

/* Field 39 of /proc/PID/stat (proc(5)); the second may hold spaces. */
#define CPU_FIELD 39

/* -1: nobody knows. */
static int cpu_of(pid_t pid)
{
	char path[64], text[1024];
	const char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	p = strrchr(text, ')');
	for (int field = 2; p && field < CPU_FIELD; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p ? (int)strtol(p, NULL, 10) : -1;
}

void pin_follow(struct pin *pin)
{
	cpu_set_t one;
	int cpu;

	if (pin->off || (pin->cpu >= 0 && pin->asked++ % LOOK_EVERY))
		return;
	if (pin->cpu < 0 && sched_getaffinity(0, sizeof(pin->all), &pin->all)) {
		pin->off = true;
		return;
	}
	cpu = cpu_of(getppid());
	if (cpu == pin->cpu)
		return;
	if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &pin->all)) {
		pin_release(pin);
		return;
	}
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		pin->off = true;
	else
		pin->cpu = cpu;
}

void pin_release(struct pin *pin)
{
	if (pin->cpu >= 0)
		sched_setaffinity(0, sizeof(pin->all), &pin->all);
	pin->cpu = -1;
}
