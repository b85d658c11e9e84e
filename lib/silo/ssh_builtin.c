#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/ssh_int.h"

int ssh_open_builtin(struct ssh **out UNUSED, const struct ssh_place *place)
{
	return fail(FAIL_NET, "no ssh program for '%s'", quoted(place->url));
}
