#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "base/walk.h"
#include "medo/compare.h"

#include <fcntl.h>
#include <sys/stat.h>

struct compare {
	int root;
	const char *place;
	const char *strip;	/* "top/" of a foreign archive, or "" */
	struct idset seen;	/* digests of paths that may be there */
	int fd;			/* the file under comparison */
	uint64_t off;
	char *path;
};

static void digest_path(const char *path, size_t len, struct id *out)
{
	memset(out, 0, sizeof(*out));
	digest_of(path, len, out->raw);
	out->algo = ID_SHA256;
}

/* The path and the directories above it, which an archive may leave out. */
static void mark_seen(struct compare *c, const char *path)
{
	struct id id;
	size_t len = strlen(path);

	for (;;) {
		size_t before = c->seen.n;

		digest_path(path, len, &id);
		idset_add(&c->seen, &id);
		if (c->seen.n == before)
			return;
		while (len && path[len - 1] != '/')
			len--;
		if (!len)
			return;
		len--;
	}
}

static int differs(struct compare *c, const char *path, const char *how)
{
	return fail(FAIL_CORRUPT, "'%s%s%s' %s", quoted(c->place),
		    *path ? "/" : "", quoted(path), how);
}

static int check_mode(struct compare *c, const char *path, unsigned have,
		      unsigned recorded, bool dir)
{
	unsigned masked = dir || recorded & 0100 ? 0755 : 0644;

	have &= 07777;
	return have == masked || have == (recorded & 0777) ? 0 :
	       differs(c, path, "has another mode");
}

static int check_link(struct compare *c, const char *path, const char *target)
{
	char have[4097];
	ssize_t n = readlinkat(c->root, path, have, sizeof(have) - 1);

	if (n < 0)
		return differs(c, path, "is not a symlink");
	have[n] = '\0';
	return strcmp(have, target) ?
	       differs(c, path, "points elsewhere") : 0;
}

static int open_file(struct compare *c, const struct entry *e,
		     const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return differs(c, c->path, "is not a file");
	if ((uint64_t)st->st_size != e->size)
		return differs(c, c->path, "has another size");
	c->off = 0;
	c->fd = file_open_beneath(c->root, c->path,
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	return c->fd < 0 ? c->fd :
	       check_mode(c, c->path, st->st_mode, e->mode, false);
}

static int begin(void *data, const struct entry *e)
{
	struct compare *c = data;
	size_t skip = strlen(c->strip);
	struct stat st, other;
	int ret = stop_check();

	if (ret)
		return ret;
	/* The stripped directory itself is the place. */
	if (skip && strlen(e->path) < skip)
		return 0;
	free(c->path);
	c->path = xstrdup(e->path + skip);
	mark_seen(c, c->path);
	if (fstatat(c->root, c->path, &st, AT_SYMLINK_NOFOLLOW))
		return differs(c, c->path, "is missing");
	switch (e->type) {
	case ENTRY_FILE:
		return open_file(c, e, &st);
	case ENTRY_DIR:
		return !S_ISDIR(st.st_mode) ?
		       differs(c, c->path, "is not a directory") :
		       check_mode(c, c->path, st.st_mode, e->mode, true);
	case ENTRY_SYMLINK:
		return check_link(c, c->path, e->link);
	case ENTRY_HARDLINK:
		if (strlen(e->link) > skip &&
		    !fstatat(c->root, e->link + skip, &other,
			     AT_SYMLINK_NOFOLLOW) &&
		    other.st_ino == st.st_ino && other.st_dev == st.st_dev)
			return 0;
		return differs(c, c->path, "is no hard link any more");
	}
	return 0;
}

static int content(void *data, struct block *block, size_t off, size_t len)
{
	struct compare *c = data;
	unsigned char buf[16384];
	int ret = 0;

	while (c->fd >= 0 && !ret && len) {
		size_t n = MIN(len, sizeof(buf));

		ret = file_pread(c->fd, c->off, buf, n);
		if (!ret && memcmp(buf, block->data + off, n))
			ret = differs(c, c->path, "has other content");
		c->off += n;
		off += n;
		len -= n;
	}
	return ret;
}

static int end(void *data)
{
	struct compare *c = data;

	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	return 0;
}

static int check_known(void *data, const char *path,
		       const struct stat *st UNUSED)
{
	struct compare *c = data;
	struct id id;

	digest_path(path, strlen(path), &id);
	return idset_find(&c->seen, &id) < 0 ?
	       differs(c, path, "is not in the blob") : 0;
}

/* A first look: does everything lie below one directory? */
struct tops {
	char *first;
	bool several;
	bool dir;
};

static int note_top(void *data, const struct entry *e)
{
	struct tops *t = data;
	size_t n = strcspn(e->path, "/");

	if (!t->first)
		t->first = xmemdup(e->path, n);
	else if (strlen(t->first) != n || memcmp(t->first, e->path, n))
		t->several = true;
	if (e->path[n] || e->type == ENTRY_DIR)
		t->dir = true;
	return 0;
}

static int find_strip(struct medo *medo, struct content *content, char **out)
{
	struct tops tops = { NULL, false, false };
	struct entry_handler h = { .begin = note_top, .data = &tops };
	struct content look = *content;
	int ret;

	look.handler = &h;
	look.meter = NULL;
	ret = content_read(medo, &look);
	if (!ret && tops.first && !tops.several && tops.dir && !look.ours)
		*out = xstrfmt("%s/", tops.first);
	free(tops.first);
	return ret;
}

int compare_tree(struct medo *medo, struct content *content_, const char *place)
{
	bool plain = !content_->ptr->format;
	char *dir = xstrdup(place), *strip = NULL;
	const char *root = dir;
	struct compare c = { .root = -1, .place = place, .fd = -1 };
	struct entry_handler h = { begin, content, end, &c };
	struct content read = *content_;
	char *slash = strrchr(dir, '/');
	int ret = 0;

	/* A plain file is an entry of the directory that it lies in. */
	if (plain) {
		c.place = "";
		read.name = file_basename(place);
		if (slash)
			*slash = '\0';
		root = !slash ? "." : *dir ? dir : "/";
	} else {
		ret = find_strip(medo, content_, &strip);
		if (ret)
			goto out;
	}
	c.strip = strip ? strip : "";
	c.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		      (plain ? 0 : O_NOFOLLOW));
	if (c.root < 0) {
		ret = errno == ENOTDIR || errno == ELOOP ?
		      fail(FAIL_CORRUPT, "'%s' is not a directory",
			   quoted(root)) :
		      fail_errno("cannot open '%s'", quoted(root));
		goto out;
	}
	read.handler = &h;
	ret = content_read(medo, &read);
	if (!ret && !plain)
		ret = walk_tree(c.root, check_known, &c);
out:
	end(&c);
	if (c.root >= 0)
		close(c.root);
	free(c.path);
	free(strip);
	free(dir);
	idset_release(&c.seen);
	return ret;
}
