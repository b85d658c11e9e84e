#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/backend.h"

#include <sys/random.h>
#include <time.h>

struct slurp {
	struct buf *out;
	size_t max;
	const char *name;
	const char *url;
};

static int slurp_take(void *data, struct block *block)
{
	struct slurp *slurp = data;

	if (slurp->out->len + block->len > slurp->max)
		return fail(FAIL_FORMAT, "'%s' of silo '%s' is over %zu bytes",
			    quoted(slurp->name), quoted(slurp->url), slurp->max);
	buf_add(slurp->out, block->data, block->len);
	return 0;
}

int backend_slurp(struct backend *b, const char *name, size_t max,
		  unsigned how, struct buf *out)
{
	struct slurp slurp = { out, max, name, b->url };
	struct sink sink = { slurp_take, &slurp };
	uint64_t total;

	return b->ops->read(b, name, 0, UINT64_MAX, how, &sink, &total);
}

int backend_put(struct backend *b, const char *name, const void *data,
		size_t len)
{
	struct memory memory = { data, len };
	struct source src = source_memory(&memory, name);
	int ret = b->ops->put(b, name, &src);

	return MIN(ret, 0);
}

int backend_put_exact(struct backend *b, const char *name,
		      const struct source *src)
{
	uint64_t size = src->size;
	int ret = b->ops->put(b, name, src);

	if (ret > 0)
		ret = b->ops->has(b, name, &size);
	if (ret < 0 || size == src->size || size == UINT64_MAX)
		return MIN(ret, 0);
	return fail(FAIL_CORRUPT, "'%s/%s' is there and damaged: it has %"
		    PRIu64 " bytes, not %" PRIu64 "; remove it, and try again",
		    quoted(b->url), name, size, src->size);
}

char *backend_temp_name(void)
{
	uint64_t nonce;

	/* Its only failure is a kernel too old: then a clock and a pid. */
	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce)) {
		struct timespec ts;

		clock_gettime(CLOCK_REALTIME, &ts);
		nonce = (uint64_t)ts.tv_nsec << 32 ^ (uint64_t)ts.tv_sec ^
			(uint64_t)getpid() << 16;
	}
	return xstrfmt(BACKEND_TEMP "%016" PRIx64, nonce);
}
