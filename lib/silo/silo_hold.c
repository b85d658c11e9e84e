#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/silo.h"
#include "silo/silo_int.h"

#include <poll.h>
#include <sys/file.h>

#define ALONE_MS 10000
#define RETRY_MS 20

int silo_hold(struct silo *silo, bool alone)
{
	int how = alone ? LOCK_EX | LOCK_NB : LOCK_SH, left = ALONE_MS, ret = 0;

	while (!ret && flock(silo->b->fd, how)) {
		if (errno == EWOULDBLOCK && left <= 0)
			return fail(FAIL_REQUEST, "'%s' is being written to; "
				    "try again when that is done",
				    quoted(silo->b->path));
		/* A file system without locks: one user at a time, then. */
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (errno == EWOULDBLOCK)
			left -= RETRY_MS + poll(NULL, 0, RETRY_MS);
		ret = stop_check();
	}
	return ret;
}
