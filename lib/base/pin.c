#include "base/base.h"
#include "base/pin.h"

/* The kernel may move the asker: look again after so many questions. */
#define LOOK_EVERY 16

/*
 * Else each line of a question that git writes wakes us in git's place, seven
 * times a file: a batch process waits until the other does.
 */
static void be_patient(struct pin *pin)
{
	struct sched_param param = { 0 };

	pin->patient = sched_getscheduler(0) == SCHED_OTHER &&
		       !sched_setscheduler(0, SCHED_BATCH, &param);
}

static void be_prompt(struct pin *pin)
{
	struct sched_param param = { 0 };

	if (pin->patient)
		sched_setscheduler(0, SCHED_OTHER, &param);
	pin->patient = false;
}

void pin_follow(struct pin *pin)
{
	pin->wanted = true;
}

static bool begin(struct pin *pin)
{
	asker_find(&pin->asker);
	pin->off = sched_getaffinity(0, sizeof(pin->all), &pin->all) != 0;
	return !pin->off;
}

void pin_look(struct pin *pin)
{
	cpu_set_t one;
	int cpu;

	if (!pin->wanted || pin->off)
		return;
	if (pin->cpu >= 0 ? pin->asked++ % LOOK_EVERY != 0 : !begin(pin))
		return;
	cpu = asker_cpu(&pin->asker);
	if (cpu == pin->cpu)
		return;
	if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &pin->all)) {
		pin_release(pin);
		return;
	}
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one)) {
		pin->off = true;
		return;
	}
	if (pin->cpu < 0)
		be_patient(pin);
	pin->cpu = cpu;
}

void pin_release(struct pin *pin)
{
	if (pin->cpu >= 0) {
		sched_setaffinity(0, sizeof(pin->all), &pin->all);
		be_prompt(pin);
	}
	pin->cpu = -1;
	pin->wanted = false;
}
