#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "base/temp.h"
#include "medo/hosted_int.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What git pack-objects has made, measured. */
static int measure(struct hosted_pack *out, const char *dir)
{
	char *path = xstrfmt("%s/%s.pack", dir, out->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	unsigned char head[12];
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = fail_errno("cannot open '%s'", quoted(path));
	} else {
		ret = file_pread(fd, 0, head, sizeof(head));
		out->size = (uint64_t)st.st_size;
		out->objects = get_be32(head + 8);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

static void add_lines(struct buf *out, const struct strs *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(out, "%s\n", lines->v[i]);
}

/* What it says is the hash at the end of the pack, which names it. */
static int pack_objects(struct hosted_pack *out, const char *dir,
			const char *how, const struct buf *input,
			bool progress)
{
	char *base = xstrfmt("%s/pack", dir);
	const char *argv[] = {
		"git", "pack-objects", how, "--delta-base-offset",
		"--non-empty", progress ? "--progress" : "-q", base, NULL
	};
	struct run run = { .argv = argv, .input = input->ptr,
			   .input_len = input->len };
	struct buf said = BUF_INIT;
	int ret = run_capture(&run, &said, 65536);

	if (ret > 0)
		ret = fail(FAIL_CORRUPT, "git pack-objects failed; does this "
			   "repository lack something?");
	if (!ret && said.len) {
		said.ptr[strcspn(said.ptr, "\n")] = '\0';
		out->name = xstrfmt("pack-%s", said.ptr);
		ret = measure(out, dir);
		ret = ret ? ret : 1;
	}
	buf_release(&said);
	free(base);
	return ret;
}

int hosted_pack_make(struct hosted_pack *out, const char *dir,
		     const struct strs *want, const struct strs *have,
		     bool progress)
{
	struct buf input = BUF_INIT;
	int ret;

	add_lines(&input, want);
	buf_adds(&input, "--not\n");
	add_lines(&input, have);
	ret = pack_objects(out, dir, "--revs", &input, progress);
	buf_release(&input);
	return ret;
}

static int put_file(struct hosted *h, const char *dir, const char *name,
		    const char *suffix)
{
	char *path = xstrfmt("%s/%s%s", dir, name, suffix);
	char *far = xstrfmt("%sobjects/pack/%s%s", h->dir, name, suffix);
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct source src;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		ret = fail_errno("cannot open '%s'", quoted(path));
	} else {
		src = source_fd(&fd, (uint64_t)st.st_size, path);
		ret = h->b->ops->put(h->b, far, &src);
	}
	if (fd >= 0)
		close(fd);
	free(far);
	free(path);
	return MIN(ret, 0);
}

int hosted_pack_put(struct hosted *h, const char *dir,
		    const struct hosted_pack *pack)
{
	int ret;

	if (h->b->path)
		temp_sweep(h->b->path);
	ret = put_file(h, dir, pack->name, ".pack");
	return ret ? ret : put_file(h, dir, pack->name, ".idx");
}
