#include "base/base.h"
#include "base/pin.h"

/* The kernel may move the parent: look again after so many questions. */
#define LOOK_EVERY 64

void pin_follow(struct pin *pin)
{
	cpu_set_t one;
	int cpu;

	if (pin->off || (pin->cpu >= 0 && pin->asked++ % LOOK_EVERY))
		return;
	if (pin->cpu < 0) {
		asker_find(&pin->asker);
		if (sched_getaffinity(0, sizeof(pin->all), &pin->all)) {
			pin->off = true;
			return;
		}
	}
	cpu = asker_cpu(&pin->asker);
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
