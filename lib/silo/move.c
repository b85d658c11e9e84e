#include "base/base.h"
#include "base/fail.h"
#include "silo/move.h"

/* One after the other. */
static int note(struct move_item *item, int ret)
{
	item->result = ret;
	if (ret >= 0)
		return 0;
	item->why = xstrdup(fail_text());
	fail_clear();
	return ret == FAIL_STOPPED ? ret : 0;
}

int move_here(struct silo *to, struct silo *from, struct move_item *items,
	      size_t n, const struct move_opts *opts)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++) {
		ret = silo_has(to, &items[i].expect.id);
		if (!ret) {
			ret = silo_import(to, from, &items[i].expect,
					  opts->pool, opts->meter);
			ret = ret ? ret : 1;
		} else if (ret > 0) {
			ret = 0;
		}
		ret = note(&items[i], ret);
	}
	return ret;
}

int move_there(struct silo *const *from, size_t nfrom, struct silo *to,
	       struct move_item *items, size_t n, const struct move_opts *opts)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++) {
		struct silo *near = from[nfrom - 1];
		int there = 0;

		for (size_t k = 0; !there && k < nfrom; k++) {
			there = silo_has(from[k], &items[i].expect.id);
			if (there > 0)
				near = from[k];
		}
		ret = there < 0 ? there :
		      silo_export(near, to, &items[i].expect, opts->pool,
				  opts->meter);
		ret = note(&items[i], ret);
	}
	return ret;
}

void move_release(struct move_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(items[i].why);
		items[i].why = NULL;
	}
}
