#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/backend.h"

int backend_sftp(struct backend **out UNUSED, const char *url,
		const struct backend_opts *opts UNUSED)
{
	return fail(FAIL_NET, "silo '%s': not served yet", quoted(url));
}
