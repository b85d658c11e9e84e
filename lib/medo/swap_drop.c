#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "medo/swap_int.h"

#include <fcntl.h>
#include <sys/stat.h>

static void take_over(struct swap_item *item, const struct treeptr *ptr)
{
	item->id = ptr->id;
	item->size = ptr->size;
	item->has_seal = ptr->has_seal;
	item->seal = ptr->seal;
}

/* A pointer lies there: what does it point to? */
static bool read_item(struct swap *swap, struct swap_item *item)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	struct stat st;
	bool is = false;
	int fd = file_open_beneath(swap->top, item->path, O_RDONLY |
				   O_NOFOLLOW | O_NONBLOCK, 0);

	if (fd >= 0 && !fstat(fd, &st) &&
	    swap_is_pointer(fd, &st, &item->pointer)) {
		buf_grow(&text, (size_t)st.st_size);
		if (!file_pread(fd, 0, text.ptr, (size_t)st.st_size)) {
			buf_setlen(&text, (size_t)st.st_size);
			is = treeptr_likely(text.ptr, text.len) &&
			     !treeptr_parse(&ptr, text.ptr, text.len,
					    item->path);
		}
	}
	if (is)
		take_over(item, &ptr);
	if (fd >= 0)
		close(fd);
	fail_clear();
	treeptr_release(&ptr);
	buf_release(&text);
	return is;
}

/* An item for each path that the index has as a file. */
static int add_paths(struct swap *swap, const struct strs *paths)
{
	struct index_file index = INDEX_FILE_INIT;
	int ret = swap_index(swap, &index);

	for (size_t i = 0; i < paths->n && !ret; i++) {
		const struct index_entry *entry =
			index_find(&index, paths->v[i]);
		struct swap_item *item;

		if (!entry || !S_ISREG(entry->mode) || entry->skip_worktree)
			continue;
		item = swap_item_new(swap, paths->v[i]);
		item->pointer = entry->id;
	}
	index_close(&index);
	if (ret == FAIL_MISSING) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

static void drop_item(struct swap *swap, size_t i)
{
	free(swap->v[i].path);
	free(swap->v[i].text);
	swap->v[i] = swap->v[--swap->n];
}

int swap_get(struct medo *medo, const struct strs *paths,
	     struct swap_result *result)
{
	struct swap *swap = NULL;
	int ret = swap_resume(medo, result);

	if (ret)
		return ret;
	ret = swap_new(&swap, medo);
	if (!ret)
		ret = add_paths(swap, paths);
	if (ret)
		goto out;
	for (size_t i = swap->n; i--; )
		if (!read_item(swap, &swap->v[i]))
			drop_item(swap, i);
	if (swap->n)
		ret = swap_work(swap, result);
out:
	swap_free(swap);
	return ret;
}

/* --- content back to pointers -------------------------------------------- */

/* "<id> blob <size>\n<bytes>\n", in the order that was asked. */
static bool next_object(const char **p, const char *end, const char **text,
			size_t *len)
{
	const char *eol = memchr(*p, '\n', (size_t)(end - *p));
	const char *space;

	if (!eol)
		return false;
	space = memrchr(*p, ' ', (size_t)(eol - *p));
	*text = eol + 1;
	*p = eol + 1;
	*len = 0;
	if (!space || !memmem(space - 5, 5, " blob", 5))
		return true;	/* "<id> missing": nothing follows */
	*len = strtoul(space + 1, NULL, 10);
	if (*len >= (size_t)(end - *p))
		return false;
	*p += *len + 1;
	return true;
}

/* What git cat-file says of all items. */
static int ask_git(const struct swap *swap, const char *how, struct buf *out)
{
	const char *argv[] = { "git", "cat-file", how, NULL };
	struct buf in = BUF_INIT;
	struct run run = { .argv = argv, .dir = swap->medo->git.top };
	char hex[ID_HEX_MAX];
	int ret;

	for (size_t i = 0; i < swap->n; i++)
		buf_addf(&in, "%s\n", id_hex(&swap->v[i].pointer, hex));
	run.input = in.ptr;
	run.input_len = in.len;
	ret = swap->n ? run_capture(&run, out, 0) : 0;
	buf_release(&in);
	return ret > 0 ? fail(FAIL_SYSTEM, "git cat-file failed with %d", ret) :
	       ret;
}

/* What is too large for a pointer goes. */
static int drop_large(struct swap *swap)
{
	struct buf out = BUF_INIT;
	int ret = ask_git(swap, "--batch-check=%(objectname) %(objectsize)",
			  &out);
	const char *p = out.ptr;

	for (size_t i = 0; i < swap->n && !ret; i++) {
		const char *size = strchr(p, ' ');

		p = size ? strchr(size, '\n') : NULL;
		if (!p)
			break;
		p++;
		swap->v[i].size = strtoull(size + 1, NULL, 10);
	}
	for (size_t i = swap->n; i-- && !ret; )
		if (!swap->v[i].size || swap->v[i].size > TREEPTR_MAX)
			drop_item(swap, i);
	buf_release(&out);
	return ret;
}

static void take_text(struct swap_item *item, const char *text, size_t len)
{
	struct treeptr ptr = TREEPTR_INIT;

	if (treeptr_likely(text, len) &&
	    !treeptr_parse(&ptr, text, len, item->path)) {
		take_over(item, &ptr);
		item->text = xmemdup(text, len);
		item->text_len = len;
	}
	treeptr_release(&ptr);
	fail_clear();
}

/* The pointers as git has them; what is none keeps no text. */
static int read_pointers(struct swap *swap)
{
	struct buf out = BUF_INIT;
	const char *p, *text;
	size_t len;
	int ret = drop_large(swap);

	if (!ret)
		ret = ask_git(swap, "--batch", &out);
	p = out.ptr;
	for (size_t i = 0; i < swap->n && !ret; i++) {
		if (next_object(&p, out.ptr + out.len, &text, &len))
			take_text(&swap->v[i], text, len);
		else
			ret = fail(FAIL_SYSTEM, "git cat-file says too little");
	}
	buf_release(&out);
	return ret;
}

/* 1: a far silo has it, seen just now, and not by its name alone. */
static int seen_far(struct medo *medo, const struct swap_item *item)
{
	struct silo_expect expect = {
		.id = item->id, .size = &item->size,
		.seal = item->has_seal ? &item->seal : NULL,
	};
	struct silo_list list = SILO_LIST_INIT;
	char *path = xstrfmt("%s/%s", medo->git.top, item->path);
	int ret = medo_silos(medo, path, &list);

	if (ret)
		goto out;
	for (size_t i = 0; i < list.n && ret != 1; i++) {
		struct silo *far;

		ret = medo_far(medo, list.v[i].url, false, &far);
		if (!ret)
			ret = silo_seen(far, &expect, medo_pool(medo));
		if (ret == FAIL_CORRUPT)
			say("warning: ", "%s", fail_text());
		if (ret < 0)
			fail_clear();
	}
out:
	silo_list_release(&list);
	free(path);
	if (ret < 0)
		fail_clear();
	return ret == 1;
}

int swap_drop(struct medo *medo, const struct strs *paths,
	      struct swap_result *result)
{
	struct swap *swap = NULL;
	int ret = swap_new(&swap, medo);

	if (ret)
		return ret;
	swap->drop = true;
	ret = add_paths(swap, paths);
	if (!ret && swap->n)
		ret = read_pointers(swap);
	for (size_t i = swap->n; i-- && !ret; ) {
		if (swap->v[i].text && seen_far(medo, &swap->v[i]))
			continue;
		result->left += !!swap->v[i].text;
		drop_item(swap, i);
	}
	if (!ret && swap->n)
		ret = swap_work(swap, result);
	swap_free(swap);
	return ret;
}
