#include "base/base.h"
#include "base/block.h"
#include "base/fail.h"
#include "base/file.h"

struct block *block_new(void)
{
	struct block *block = xmalloc(sizeof(*block));

	block->data = xmalloc(PIECE_SIZE);
	block->len = 0;
	block->refs = 1;
	return block;
}

struct block *block_hold(struct block *block)
{
	__atomic_add_fetch(&block->refs, 1, __ATOMIC_RELAXED);
	return block;
}

void block_drop(struct block *block)
{
	if (!block || __atomic_sub_fetch(&block->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(block->data);
	free(block);
}

static int read_fd(void *data, uint64_t off, void *buf, size_t len)
{
	return file_pread(*(int *)data, off, buf, len);
}

struct source source_fd(int *fd, uint64_t size, const char *name)
{
	return (struct source){
		.read = read_fd, .data = fd, .size = size, .name = name,
	};
}

static int read_memory(void *data, uint64_t off, void *buf, size_t len)
{
	struct memory *memory = data;

	if (off > memory->len || len > memory->len - off)
		return fail(FAIL_CORRUPT, "read past the end");
	memcpy(buf, (const char *)memory->ptr + off, len);
	return 0;
}

struct source source_memory(struct memory *memory, const char *name)
{
	return (struct source){
		.read = read_memory, .data = memory, .size = memory->len,
		.name = name,
	};
}
