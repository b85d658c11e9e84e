#include "base/base.h"
#include "base/meter.h"

#include <time.h>

struct meter {
	char *title;
	enum meter_unit unit;
	uint64_t total;
	uint64_t done;
	double start;
	double shown;		/* when, 0: never */
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct meter *meter_start(const char *title, enum meter_unit unit,
			  uint64_t total, enum meter_mode mode)
{
	struct meter *meter;

	if (mode == METER_OFF || (mode == METER_AUTO && !isatty(2)))
		return NULL;
	meter = xcalloc(1, sizeof(*meter));
	meter->title = xstrdup(title);
	meter->unit = unit;
	meter->total = total;
	meter->start = now();
	return meter;
}

static void amount(char *out, size_t room, double n, enum meter_unit unit)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	if (unit == METER_ITEMS) {
		snprintf(out, room, "%.0f", n);
		return;
	}
	while (n >= 1024 && i + 1 < ARRAY_SIZE(names)) {
		n /= 1024;
		i++;
	}
	snprintf(out, room, i ? "%.1f %s" : "%.0f %s", n, names[i]);
}

static void show(struct meter *meter, double t)
{
	double rate = (double)meter->done / MAX(t - meter->start, 1e-3);
	char done[32], total[32] = "", per[32], left[48] = "";

	amount(done, sizeof(done), (double)meter->done, meter->unit);
	amount(per, sizeof(per), rate, meter->unit);
	if (meter->total) {
		double rest = (double)meter->total - (double)meter->done;
		unsigned long s = rate > 0 && rest > 0 ?
				  (unsigned long)(rest / rate) : 0;

		amount(total, sizeof(total), (double)meter->total, meter->unit);
		snprintf(left, sizeof(left), ", %lu:%02lu left", s / 60, s % 60);
	}
	fprintf(stderr, "\r%s: %s%s%s, %s/s%s\033[K", meter->title, done,
		*total ? " of " : "", total, per, left);
	fflush(stderr);
	meter->shown = t;
}

void meter_add(struct meter *meter, uint64_t n)
{
	double t;

	if (!meter)
		return;
	meter->done += n;
	t = now();
	if (t - meter->start > 0.5 && t - meter->shown > 0.1)
		show(meter, t);
}

void meter_stop(struct meter *meter)
{
	if (!meter)
		return;
	if (meter->shown > 0)
		fputs("\r\033[K", stderr);
	free(meter->title);
	free(meter);
}
