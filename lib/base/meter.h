#ifndef METER_H
#define METER_H

#include "base/base.h"

/*
 * One progress line on stderr: bytes or items, rate, time left.  Nothing is
 * shown in the first half second, nothing at all unless stderr is a terminal
 * or the caller forces it; the line is erased at the end.  A NULL meter is
 * legal everywhere and silent.  One thread, the one that owns the terminal.
 */
struct meter;

enum meter_mode { METER_AUTO, METER_OFF, METER_ON };
enum meter_unit { METER_ITEMS, METER_BYTES };

/* `total` 0: not known. */
struct meter *meter_start(const char *title, enum meter_unit unit,
			  uint64_t total, enum meter_mode mode);
void meter_add(struct meter *meter, uint64_t n);
void meter_stop(struct meter *meter);

#endif
