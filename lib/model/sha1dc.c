#include "base/base.h"
#include "base/fail.h"
#include "model/sha1dc.h"

#include <git2.h>
#include <git2/sys/odb_backend.h>

/*
 * libgit2 hands out its collision-detecting hash only for buffers, or for
 * what is written into an object database.  So this is a database that
 * forgets what is written.
 */
struct sha1dc {
	git_odb *odb;
	git_odb_stream *stream;
};

static int forget(git_odb_stream *stream, const char *data, size_t len)
{
	(void)stream;
	(void)data;
	(void)len;
	return 0;
}

static int finish(git_odb_stream *stream, const git_oid *oid)
{
	(void)stream;
	(void)oid;
	return 0;
}

static void free_stream(git_odb_stream *stream)
{
	free(stream);
}

static int open_stream(git_odb_stream **out, git_odb_backend *backend,
		       git_object_size_t size, git_object_t type)
{
	git_odb_stream *stream = xcalloc(1, sizeof(*stream));

	(void)size;
	(void)type;
	stream->backend = backend;
	stream->mode = GIT_STREAM_WRONLY;
	stream->write = forget;
	stream->finalize_write = finish;
	stream->free = free_stream;
	*out = stream;
	return 0;
}

static int has_nothing(git_odb_backend *backend, const git_oid *oid)
{
	(void)backend;
	(void)oid;
	return 0;
}

static void free_backend(git_odb_backend *backend)
{
	free(backend);
}

static int fail_git(void)
{
	const git_error *e = git_error_last();

	return fail(FAIL_SYSTEM, "libgit2: %s", e ? e->message : "no reason");
}

int sha1dc_new(struct sha1dc **out, uint64_t size)
{
	struct sha1dc *dc = xcalloc(1, sizeof(*dc));
	git_odb_backend *backend = xcalloc(1, sizeof(*backend));
	int ret = FAIL_SYSTEM;

	git_odb_init_backend(backend, GIT_ODB_BACKEND_VERSION);
	backend->writestream = open_stream;
	backend->exists = has_nothing;
	backend->free = free_backend;
	if (git_libgit2_init() < 0) {
		free(backend);
		free(dc);
		return fail_git();
	}
	if (git_odb_new(&dc->odb)) {
		free(backend);
		goto out;
	}
	if (git_odb_add_backend(dc->odb, backend, 1)) {
		free(backend);
		goto out;
	}
	if (git_odb_open_wstream(&dc->stream, dc->odb, size, GIT_OBJECT_BLOB))
		goto out;
	*out = dc;
	return 0;
out:
	ret = fail_git();
	sha1dc_free(dc);
	return ret;
}

int sha1dc_add(struct sha1dc *dc, const void *data, size_t len)
{
	return git_odb_stream_write(dc->stream, data, len) ? fail_git() : 0;
}

int sha1dc_final(struct sha1dc *dc, struct id *out)
{
	git_oid oid;

	if (git_odb_stream_finalize_write(&oid, dc->stream)) {
		const git_error *e = git_error_last();

		return fail(FAIL_CORRUPT, "its bytes are made to collide (%s)",
			    e ? e->message : "SHA-1");
	}
	memset(out, 0, sizeof(*out));
	out->algo = ID_SHA1;
	memcpy(out->raw, oid.id, sizeof(oid.id));
	return 0;
}

void sha1dc_free(struct sha1dc *dc)
{
	if (!dc)
		return;
	if (dc->stream)
		git_odb_stream_free(dc->stream);
	git_odb_free(dc->odb);
	free(dc);
	git_libgit2_shutdown();
}
