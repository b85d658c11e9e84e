#include "base/base.h"
#include "medo/hosted_int.h"

void hosted_fold(struct hosted *h UNUSED, const struct gitdir *g UNUSED,
		 const char *dir UNUSED)
{
}
