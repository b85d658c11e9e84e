#ifndef SILO_INT_H
#define SILO_INT_H

#include "silo/silo.h"

/* For silo*.c alone. */
struct silo {
	struct backend *b;
	enum id_algo algo;
};

#endif
