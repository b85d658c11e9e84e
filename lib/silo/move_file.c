#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "silo/move_int.h"

#include <sys/stat.h>

/*
 * A blob file on its way, part/<id> in the silo that it is for: the next run
 * goes on where this one was cut.  Nothing of it is believed before all of it
 * hashes to the id (FA-12): a part may be of other bytes than what follows.
 * Who finds that another fetches the same one fetches it for himself.
 */
#define WORTH_KEEPING ((uint64_t)256 << 10)

struct fetch {
	struct mover *m;
	size_t item;
	struct temp temp;
	uint64_t off;
	uint64_t max;
	uint64_t told;		/* to the meter, of the content */
	bool ours;		/* a failure of this disk, or a wish to stop */
};

/* The meter counts content; how much these bytes are of it is a guess. */
static void tell(struct fetch *f, uint64_t got, uint64_t of)
{
	const uint64_t *size = f->m->items[f->item].expect.size;
	uint64_t is = size ? *size : 0;

	if (got < of)
		is = (uint64_t)((double)is * ((double)got / (double)of));
	if (is > f->told) {
		atomic_fetch_add(&f->m->moved, is - f->told);
		f->told = is;
	}
}

static int take(void *data, struct block *block)
{
	struct fetch *f = data;
	int ret = mover_pace(f->m, block->len);

	if (!ret)
		ret = file_pwrite(f->temp.fd, f->off, block->data, block->len);
	f->ours = ret;
	f->off += block->len;
	if (!ret && f->off > f->max)
		ret = fail(FAIL_CORRUPT, "its file is too large for its "
			   "content");
	if (!ret)
		tell(f, f->off, f->max);
	return ret;
}

/* What its size says of its file: more than that no gzip needs. */
static uint64_t most(const struct silo_expect *expect)
{
	uint64_t size = expect->size ? *expect->size : expect->max_size;

	return size ? size + size / 8 + ((uint64_t)1 << 20) : UINT64_MAX;
}

static int open_part(struct fetch *f, struct silo *to, const struct id *id)
{
	char hex[ID_HEX_MAX], name[SILO_NAME_MAX], *path;
	struct stat st;
	int ret;

	snprintf(name, sizeof(name), "part/%s", id_hex(id, hex));
	path = xstrfmt("%s/%s", to->b->path, name);
	ret = backend_parent(to->b, name);
	if (!ret)
		ret = temp_resume(&f->temp, path);
	if (!ret)
		ret = temp_open(&f->temp, to->b->path);
	else if (ret > 0 && fstat(f->temp.fd, &st))
		ret = fail_errno("cannot stat '%s'", quoted(path));
	if (ret > 0)
		f->off = (uint64_t)st.st_size;
	free(path);
	return MIN(ret, 0);
}

/* From where to go on; a part that cannot be one begins anew. */
static int look_at_part(struct fetch *f, struct backend *b, const char *name,
			bool *whole)
{
	uint64_t size = 0;
	int ret;

	*whole = false;
	if (!f->off)
		return 0;
	ret = b->ops->has(b, name, &size);
	if (ret < 0)
		return ret;
	if (!ret)
		return fail(FAIL_MISSING, "it is not there");
	if (size != UINT64_MAX && f->off > size)
		f->off = 0;
	*whole = f->off == size;
	return 0;
}

static int download(struct fetch *f, const char *name, unsigned how)
{
	struct sink sink = { take, f };
	struct backend *b = f->m->from->b;
	uint64_t total = 0;
	bool whole;
	int ret = look_at_part(f, b, name, &whole);

	if (!ret && ftruncate(f->temp.fd, (off_t)f->off))
		ret = fail_errno("cannot cut a temporary file");
	if (!ret && !whole)
		ret = b->ops->read(b, name, f->off, UINT64_MAX, how, &sink,
				   &total);
	return ret;
}

static bool is_wrong(int ret)
{
	return ret == FAIL_CORRUPT || ret == FAIL_FORMAT;
}

/* Wrong bytes, ours or theirs, get one more chance, from the beginning. */
static int download_right(struct fetch *f, const struct silo_expect *expect)
{
	char name[SILO_NAME_MAX];
	int ret = 0;

	silo_blob_name(&expect->id, name);
	for (int try = 0; try < 2; try++) {
		fail_clear();
		ret = download(f, name, try ? READ_FRESH : f->m->how);
		if (!ret)
			ret = silo_check_temp(&f->temp, expect,
					      f->m->opts->pool, NULL);
		if (!is_wrong(ret) || f->ours)
			break;
		f->off = 0;
	}
	return ret;
}

/* Nothing to go on with, or nothing that is right. */
static bool worthless(const struct fetch *f, int ret)
{
	return f->off < WORTH_KEEPING || is_wrong(ret) || ret == FAIL_MISSING;
}

/* `fatal`: it is our disk that fails. */
static int fetch_file(struct mover *m, size_t i, bool *fatal)
{
	const struct silo_expect *expect = &m->items[i].expect;
	struct fetch f = { .m = m, .item = i, .temp = TEMP_INIT,
			   .max = most(expect) };
	int ret = open_part(&f, m->to, &expect->id);

	*fatal = ret;
	if (!ret) {
		ret = download_right(&f, expect);
		*fatal = f.ours;
	}
	if (!ret) {
		ret = silo_commit(m->to, &f.temp, &expect->id);
		*fatal = ret;
	}
	if (!ret)
		tell(&f, 1, 1);
	else if (f.temp.fd >= 0 && worthless(&f, ret))
		temp_discard(&f.temp);
	temp_drop(&f.temp);
	return ret;
}

/* A pack may have what objects/ has not, of any size. */
static int fetch_packed(struct mover *m, size_t i)
{
	const struct silo_expect *expect = &m->items[i].expect;
	int ret = silo_packed(m->from, &expect->id);

	if (ret <= 0)
		return ret ? ret : silo_missing(m->from, &expect->id);
	return silo_import(m->to, m->from, expect, m->opts->pool, NULL);
}

int file_run(struct mover *m, struct task *task)
{
	size_t i = task->from;
	const struct id *id = &m->items[i].expect.id;
	int earlier = m->state[i] == ITEM_OPEN ? 0 : m->items[i].result;
	bool fatal = false;
	int ret = mover_dead(m) ? mover_fail_dead(m) :
		  fetch_file(m, i, &fatal);

	if (fatal)
		return ret;
	if (ret == FAIL_MISSING && !earlier) {
		fail_clear();
		ret = fetch_packed(m, i);
	} else if (ret) {
		ret = silo_blame(ret, m->from, id);
	}
	if (ret == FAIL_NET)
		mover_net_failed(m, m->from);
	/* What its pack had was wrong: that says more than that it is gone. */
	if (ret == FAIL_MISSING && earlier && earlier != FAIL_MISSING) {
		fail_adopt(m->items[i].why);
		ret = earlier;
	}
	return mover_done(m, i, ret ? ret : 1);
}
