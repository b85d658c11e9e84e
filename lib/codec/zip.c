#include "base/base.h"
#include "base/fail.h"
#include "codec/zip_int.h"

#include <sys/stat.h>
#include <zlib.h>

#define TARGET_MAX 4095
#define INPUT_SIZE 65536
#define DOS_DIRECTORY 0x10

/* One reading of one zip: the parser's state and where contents go. */
struct reader {
	struct zip zip;
	const struct entry_handler *handler;
	const struct entry_limits *limits;
	struct entry_tally tally;
	z_stream inflate;
	struct block *block;	/* shared by many small files */
	struct zip_member member;
	struct buf path;
	struct buf target;	/* of a symlink */
};

/* --- what it is --------------------------------------------------------- */

static int unix_type(struct reader *reader, unsigned mode, bool slash,
		     enum entry_type *type)
{
	switch (mode & S_IFMT) {
	case 0:
		*type = slash ? ENTRY_DIR : ENTRY_FILE;
		return 0;
	case S_IFREG:
		*type = ENTRY_FILE;
		break;
	case S_IFDIR:
		*type = ENTRY_DIR;
		break;
	case S_IFLNK:
		*type = ENTRY_SYMLINK;
		break;
	default:
		return zip_refuse(FAIL_FORMAT, &reader->member, "it is a "
				  "device, fifo or socket");
	}
	if ((*type == ENTRY_DIR) != slash)
		return zip_refuse(FAIL_FORMAT, &reader->member, "its name and "
				  "its mode disagree whether it is a directory");
	return 0;
}

/*
 * Others keep no modes.  Where such an entry nevertheless says that it is a
 * symlink, or a directory without a slash, readers disagree what it is; so
 * they do about a backslash, which is a separator to some of them.
 */
static int other_type(struct reader *reader, bool slash, enum entry_type *type)
{
	const struct zip_member *member = &reader->member;
	bool dos = member->host == ZIP_DOS || member->host == ZIP_NTFS ||
		   member->host == ZIP_VFAT;

	*type = slash ? ENTRY_DIR : ENTRY_FILE;
	if (S_ISLNK(member->attributes >> 16))
		return zip_refuse(FAIL_FORMAT, member, "a symlink that was "
				  "not made on Unix is ambiguous");
	if (dos && !slash && member->attributes & DOS_DIRECTORY)
		return zip_refuse(FAIL_FORMAT, member, "its name and its "
				  "attributes disagree whether it is a "
				  "directory");
	if (dos && strchr(member->name.ptr, '\\'))
		return zip_refuse(FAIL_FORMAT, member, "a backslash in a name "
				  "from DOS or Windows is ambiguous");
	return 0;
}

static int describe(struct reader *reader, struct entry *entry)
{
	const struct zip_member *member = &reader->member;
	const struct buf *name = member->utf8.len ? &member->utf8 :
						    &member->name;
	unsigned mode = member->attributes >> 16;
	bool slash = name->ptr[name->len - 1] == '/';
	size_t skip = 0;
	int ret;

	ret = member->host == ZIP_UNIX && mode ?
	      unix_type(reader, mode, slash, &entry->type) :
	      other_type(reader, slash, &entry->type);
	if (ret)
		return ret;
	while (starts_with(name->ptr + skip, "./"))
		skip += 2;
	buf_reset(&reader->path);
	buf_add(&reader->path, name->ptr + skip, name->len - skip);
	if (slash && reader->path.len)
		buf_setlen(&reader->path, reader->path.len - 1);

	entry->path = reader->path.ptr;
	entry->mode = member->host == ZIP_UNIX && mode ? mode & 07777 :
		      slash ? 0755 : 0644;
	entry->mtime = member->mtime;
	if (entry->type == ENTRY_FILE)
		entry->size = member->size;
	else if (entry->type == ENTRY_DIR && member->size)
		return zip_refuse(FAIL_FORMAT, member, "a directory that has "
				  "content");
	if (!reader->path.len && slash && skip)
		return 0;	/* "./": the directory that is there anyway */
	ret = entry_check_path(reader->path.ptr, reader->path.len,
			       entry->type);
	if (!ret)
		ret = entry_count(&reader->tally, entry, reader->limits);
	return ret;
}

/* --- what is in it ------------------------------------------------------ */

static int take_target(struct reader *reader, const unsigned char *data,
		       size_t len)
{
	if (reader->target.len + len > TARGET_MAX || memchr(data, 0, len))
		return zip_refuse(FAIL_FORMAT, &reader->member, "a target "
				  "that is too long or has a NUL byte");
	buf_add(&reader->target, data, len);
	return 0;
}

/* The last `len` bytes of the block are new; hand them on. */
static int emit(struct reader *reader, const struct entry *entry, size_t len)
{
	struct block *block = reader->block;
	size_t off = block->len;

	if (!len)
		return 0;
	if (entry->type == ENTRY_SYMLINK)
		return take_target(reader, block->data + off, len);
	block->len += len;
	if (!reader->handler->content)
		return 0;
	return reader->handler->content(reader->handler->data, block, off, len);
}

static size_t room(struct reader *reader)
{
	if (reader->block && reader->block->len == PIECE_SIZE) {
		block_drop(reader->block);
		reader->block = NULL;
	}
	if (!reader->block)
		reader->block = block_new();
	return PIECE_SIZE - reader->block->len;
}

static int copy(struct reader *reader, const struct entry *entry, uint32_t *crc)
{
	const struct zip_member *member = &reader->member;
	uint64_t off = member->data, end = off + member->packed;
	const unsigned char *p;
	int ret;

	while (off < end) {
		size_t len = MIN(room(reader), INPUT_SIZE);
		unsigned char *out = reader->block->data + reader->block->len;

		len = (size_t)MIN(len, end - off);
		ret = zip_peek(&reader->zip, &reader->zip.local, off, len,
			       end, &p);
		if (ret)
			return ret;
		memcpy(out, p, len);
		*crc = (uint32_t)crc32(*crc, out, (uInt)len);
		ret = emit(reader, entry, len);
		if (ret)
			return ret;
		off += len;
	}
	return 0;
}

/* How inflate() went on: 1 at the end of the stream. */
static int verdict(struct reader *reader, int code, uint64_t left, size_t made)
{
	if (code == Z_MEM_ERROR)
		return fail(FAIL_SYSTEM, "out of memory");
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return zip_refuse(FAIL_CORRUPT, &reader->member, "its data is "
				  "damaged");
	if (made > left)
		return zip_refuse(FAIL_CORRUPT, &reader->member, "it is "
				  "longer than its header says");
	return code == Z_STREAM_END;
}

/*
 * Once all bytes that were promised have come, inflate() gets room for one
 * more, so that it can show that there are none.
 */
static int inflate_some(struct reader *reader, const struct entry *entry,
			uint64_t *left, uint32_t *crc)
{
	z_stream *z = &reader->inflate;
	size_t len = (size_t)MIN(room(reader), *left), made;
	unsigned char *out = reader->block->data + reader->block->len;
	unsigned char extra;
	int code, done, ret;

	z->next_out = len ? out : &extra;
	z->avail_out = (uInt)(len ? len : 1);
	code = inflate(z, Z_NO_FLUSH);
	made = (len ? len : 1) - z->avail_out;
	done = verdict(reader, code, *left, made);
	if (done < 0)
		return done;
	*crc = (uint32_t)crc32(*crc, out, (uInt)made);
	*left -= made;
	ret = emit(reader, entry, made);
	return ret ? ret : done;
}

static int unpack(struct reader *reader, const struct entry *entry,
		  uint32_t *crc)
{
	const struct zip_member *member = &reader->member;
	uint64_t off = member->data, end = off + member->packed;
	uint64_t left = member->size;
	z_stream *z = &reader->inflate;
	const unsigned char *p;
	int ret = 0;

	if (inflateReset(z) != Z_OK)
		return fail(FAIL_SYSTEM, "cannot start zlib");
	while (off < end && !ret) {
		size_t len = (size_t)MIN(end - off, INPUT_SIZE);

		ret = zip_peek(&reader->zip, &reader->zip.local, off, len,
			       end, &p);
		if (ret)
			return ret;
		z->next_in = (unsigned char *)p;
		z->avail_in = (uInt)len;
		do
			ret = inflate_some(reader, entry, &left, crc);
		while (!ret && (z->avail_in || !z->avail_out));
		off += len - z->avail_in;
	}
	if (ret < 0)
		return ret;
	if (!ret || left)
		return zip_refuse(FAIL_CORRUPT, member, "its data ends too "
				  "early");
	if (off < end)
		return zip_refuse(FAIL_FORMAT, member, "bytes behind the end "
				  "of its data");
	return 0;
}

static int read_content(struct reader *reader, const struct entry *entry)
{
	uint32_t crc = 0;
	int ret;

	buf_reset(&reader->target);
	ret = reader->member.method ? unpack(reader, entry, &crc) :
				      copy(reader, entry, &crc);
	if (!ret && crc != reader->member.crc)
		ret = zip_refuse(FAIL_CORRUPT, &reader->member, "wrong CRC");
	return ret;
}

/* --- one after the other ------------------------------------------------ */

static int begin(struct reader *reader, const struct entry *entry)
{
	if (!reader->handler->begin)
		return 0;
	return reader->handler->begin(reader->handler->data, entry);
}

/* The target of a symlink is its content, and must be known to begin it. */
static int read_entry(struct reader *reader, uint64_t next)
{
	struct entry entry = { .type = ENTRY_FILE };
	int ret;

	ret = zip_read_local(&reader->zip, &reader->member);
	if (!ret)
		ret = describe(reader, &entry);
	if (!ret && entry.type == ENTRY_FILE)
		ret = begin(reader, &entry);
	if (!ret)
		ret = read_content(reader, &entry);
	if (!ret)
		ret = zip_check_end(&reader->zip, &reader->member, next);
	if (ret || !*entry.path)
		return ret;
	if (entry.type == ENTRY_SYMLINK) {
		entry.link = reader->target.ptr;
		if (!*entry.link)
			return zip_refuse(FAIL_FORMAT, &reader->member,
					  "a symlink without a target");
	}
	if (entry.type != ENTRY_FILE)
		ret = begin(reader, &entry);
	if (!ret && reader->handler->end)
		ret = reader->handler->end(reader->handler->data);
	return ret;
}

static int read_entries(struct reader *reader)
{
	struct zip *zip = &reader->zip;
	uint64_t first = zip->nspots ? zip->spots[0].off : zip->dir_off;
	int ret;

	if (first)
		return fail(FAIL_FORMAT, "the zip has %" PRIu64 " bytes in "
			    "front of its first entry", first);
	for (size_t i = 0; i < zip->nspots; i++) {
		uint64_t next = i + 1 < zip->nspots ? zip->spots[i + 1].off :
						      zip->dir_off;

		ret = zip_read_record(zip, zip->spots[i].dir, &reader->member);
		if (!ret)
			ret = read_entry(reader, next);
		if (ret)
			return ret;
	}
	return 0;
}

int zip_read(const struct source *src, const struct entry_handler *handler,
	     const struct entry_limits *limits)
{
	struct reader reader = {
		.zip = { .src = src },
		.handler = handler,
		.limits = limits,
		.member = ZIP_MEMBER_INIT,
		.path = BUF_INIT,
		.target = BUF_INIT,
	};
	int ret;

	if (inflateInit2(&reader.inflate, -15) != Z_OK)
		return fail(FAIL_SYSTEM, "cannot start zlib");
	ret = zip_open_dir(&reader.zip, limits);
	if (!ret)
		ret = read_entries(&reader);
	inflateEnd(&reader.inflate);
	block_drop(reader.block);
	free(reader.zip.dir.data);
	free(reader.zip.local.data);
	free(reader.zip.spots);
	zip_member_release(&reader.member);
	buf_release(&reader.path);
	buf_release(&reader.target);
	return ret;
}
