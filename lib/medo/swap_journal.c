#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "medo/swap_int.h"

#include <fcntl.h>
#include <sys/file.h>

/*
 * $GIT_DIR/medo/pending: "<pointer> <blob> <size> <seal or -> <path>" and a
 * NUL for each file.  All is there that a later process needs to finish it,
 * whichever of pointer and content it finds.
 */
#define JOURNAL_MAX ((size_t)256 << 20)

static void add_record(struct buf *out, const struct swap_item *item)
{
	char pointer[ID_HEX_MAX], id[ID_HEX_MAX], seal[SEAL_HEX_MAX];

	buf_addf(out, "%s %s %" PRIu64 " %s %s", id_hex(&item->pointer, pointer),
		 id_hex(&item->id, id), item->size,
		 item->has_seal ? seal_hex(&item->seal, seal) : "-",
		 item->path);
	buf_addc(out, '\0');
}

static bool next_field(const char **p, const char **field, size_t *len)
{
	const char *space = strchr(*p, ' ');

	if (!space)
		return false;
	*field = *p;
	*len = (size_t)(space - *p);
	*p = space + 1;
	return true;
}

/* false: not a line of ours, or cut off. */
static bool parse_record(const char *p, struct swap_item *item)
{
	const char *pointer, *id, *size, *seal;
	size_t plen, ilen, slen, elen;
	char *end;

	if (!next_field(&p, &pointer, &plen) || !next_field(&p, &id, &ilen) ||
	    !next_field(&p, &size, &slen) || !next_field(&p, &seal, &elen) ||
	    !*p || id_parse(&item->pointer, pointer, plen) ||
	    id_parse(&item->id, id, ilen))
		return false;
	item->size = strtoull(size, &end, 10);
	if (end != size + slen || !slen)
		return false;
	item->has_seal = elen != 1 || *seal != '-';
	if (item->has_seal && seal_parse(&item->seal, seal, elen))
		return false;
	item->path = (char *)p;		/* borrowed */
	return true;
}

static int read_pending(const struct swap *swap, struct buf *out)
{
	int ret = file_read(swap->pending, JOURNAL_MAX, out);

	if (ret == FAIL_MISSING) {
		fail_clear();
		return 0;
	}
	return ret;
}

/*
 * Two processes may be at it: one changes the file at a time.  The lock is on
 * $GIT_DIR, for its medo/ may be the store, which our own filter may hold.
 */
static int lock_folder(const struct swap *swap)
{
	int fd = open(swap->medo->git.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
	return fd;
}

static int cmp_path(const void *a, const void *b)
{
	return strcmp(((const struct swap_item *)a)->path,
		      ((const struct swap_item *)b)->path);
}

/* `v` is sorted by path. */
static struct swap_item *find(const struct swap *swap, char *path)
{
	struct swap_item key = { .path = path };

	return swap->n ? bsearch(&key, swap->v, swap->n, sizeof(*swap->v),
				 cmp_path) : NULL;
}

static bool undone(const struct swap_item *item)
{
	return item->state == SWAP_NEW || item->state == SWAP_FOUND ||
	       item->state == SWAP_STALE || item->state == SWAP_READY;
}

/* What others wrote stays; ours is replaced by what is undone of it. */
static int rewrite(struct swap *swap, unsigned durable)
{
	struct buf old = BUF_INIT, out = BUF_INIT;
	int fd = lock_folder(swap);
	int ret = read_pending(swap, &old);

	if (ret)
		goto out;
	for (const char *p = old.ptr; p < old.ptr + old.len;
	     p += strlen(p) + 1) {
		struct swap_item item;

		if (!parse_record(p, &item) || find(swap, item.path))
			continue;
		add_record(&out, &item);
	}
	for (size_t i = 0; i < swap->n; i++)
		if (undone(&swap->v[i]))
			add_record(&out, &swap->v[i]);
	if (out.len)
		ret = temp_write(swap->pending, out.ptr, out.len, durable);
	else if (unlink(swap->pending) && errno != ENOENT)
		ret = fail_errno("cannot remove '%s'", quoted(swap->pending));
out:
	if (fd >= 0)
		close(fd);
	buf_release(&old);
	buf_release(&out);
	return ret;
}

int swap_journal_begin(struct swap *swap)
{
	return rewrite(swap, swap->durable);
}

int swap_journal_end(struct swap *swap)
{
	/* Losing this one costs another look, nothing else. */
	return rewrite(swap, 0);
}

int swap_journal_read(struct swap *swap)
{
	struct buf text = BUF_INIT;
	int ret = read_pending(swap, &text);

	for (const char *p = text.ptr; p < text.ptr + text.len && !ret;
	     p += strlen(p) + 1) {
		struct swap_item item = { .own = STAGE_INIT }, *fresh;

		if (!parse_record(p, &item))
			continue;
		fresh = swap_item_new(swap, item.path);
		item.path = fresh->path;
		*fresh = item;
	}
	buf_release(&text);
	return ret;
}
