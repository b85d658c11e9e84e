#include "base/base.h"
#include "base/temp.h"
#include "silo/silo.h"
#include "silo/silo_int.h"

#include <sys/file.h>

int silo_hold(struct silo *silo, bool alone)
{
	int ret = 0;

	while (!ret && flock(silo->b->fd, alone ? LOCK_EX : LOCK_SH)) {
		/* A file system without locks: one user at a time, then. */
		if (errno != EINTR)
			return 0;
		ret = stop_check();
	}
	return ret;
}
