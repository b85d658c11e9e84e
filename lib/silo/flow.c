#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "silo/flow.h"
#include "silo/silo_int.h"

/*
 * The guessed size is what gz_write() is promised.  A flow that ends earlier
 * is filled up with zeros, one that goes on is cut: either way all that was
 * taken from it lies in the blob file then, and can be taken out again.
 */
struct taker {
	const struct flow *flow;
	uint64_t real;		/* bytes that came */
	bool ended;
};

static int take(void *data, uint64_t off, void *buf, size_t len)
{
	struct taker *t = data;
	size_t have = 0;

	(void)off;
	while (have < len && !t->ended) {
		ssize_t n = t->flow->read(t->flow->data, (char *)buf + have,
					  len - have);

		if (n < 0)
			return (int)n;
		t->ended = !n;
		have += (size_t)n;
	}
	t->real += have;
	memset((char *)buf + have, 0, len - have);
	return 0;
}

struct spill {
	int fd;
	uint64_t off;
	uint64_t left;
};

static int to_spill(void *data, struct block *block)
{
	struct spill *s = data;
	size_t n = (size_t)MIN(s->left, block->len);
	int ret = file_pwrite(s->fd, s->off, block->data, n);

	s->off += n;
	s->left -= n;
	return ret;
}

/* The guess was wrong: out of the blob file, and what is still to come. */
static int unpack(struct taker *t, int fd, uint64_t file_size,
		  struct pool *pool, struct temp *plain, const void *more,
		  size_t more_len)
{
	struct source src = source_fd(&fd, file_size, "content");
	struct spill spill = { plain->fd, 0, t->real };
	struct sink sink = { to_spill, &spill };
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct gz *gz = NULL;
	ssize_t n = (ssize_t)more_len;
	int ret = gz_open(&gz, &src);

	if (!ret)
		ret = gz_read(gz, NULL, pool, &sink, NULL, NULL);
	memcpy(buf, more, more_len);
	while (!ret && n) {
		ret = file_pwrite(plain->fd, spill.off, buf, (size_t)n);
		spill.off += (uint64_t)n;
		if (!ret)
			ret = stop_check();
		n = ret ? 0 : t->flow->read(t->flow->data, buf, PIECE_SIZE);
		if (n < 0)
			ret = (int)n;
	}
	t->real = spill.off;
	gz_close(gz);
	free(buf);
	return ret;
}

static int add_again(struct silo *silo, struct taker *t, int fd,
		     uint64_t file_size, int level, struct pool *pool,
		     const void *more, size_t more_len,
		     struct gz_facts *facts)
{
	struct temp plain = TEMP_INIT;
	struct source src;
	int ret = temp_open(&plain, silo->b->path);

	if (!ret)
		ret = unpack(t, fd, file_size, pool, &plain, more, more_len);
	if (!ret) {
		src = source_fd(&plain.fd, t->real, "content");
		ret = silo_add(silo, &src, level, pool, NULL, facts);
	}
	temp_drop(&plain);
	return ret;
}

int flow_add(struct silo *silo, const struct flow *flow, int level,
	     struct pool *pool, struct gz_facts *facts)
{
	struct taker t = { flow, 0, false };
	struct source src = {
		.read = take, .data = &t, .size = flow->guess,
		.name = "content", .serial = true,
	};
	struct gz_write_opts opts = { .algo = silo->algo, .level = level };
	struct temp temp = TEMP_INIT;
	unsigned char more[4096];
	ssize_t n = 0;
	int ret = temp_open(&temp, silo->b->path);

	if (!ret)
		ret = gz_write(temp.fd, silo->b->path, &src, &opts, pool,
			       facts);
	if (!ret && !t.ended)
		n = flow->read(flow->data, more, sizeof(more));
	if (n < 0)
		ret = (int)n;
	if (!ret && (n || t.real != flow->guess))
		ret = add_again(silo, &t, temp.fd, facts->file_size, level,
				pool, more, (size_t)n, facts);
	else if (!ret)
		ret = silo_commit(silo, &temp, &facts->id);
	temp_drop(&temp);
	return ret;
}
