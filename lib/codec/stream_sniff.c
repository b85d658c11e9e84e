#include "base/base.h"
#include "base/fail.h"
#include "codec/stream_int.h"

#define TAR_BLOCK 512

static const struct {
	const char *format;
	unsigned char magic[10];
	size_t len;
} magics[] = {
	{ "tar.gz", { 0x1f, 0x8b, 8 }, 3 },
	{ "tar.xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6 },
	{ "tar.bz2", { 'B', 'Z', 'h' }, 3 },
	{ "tar.zst", { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
	{ "zip", { 'P', 'K', 3, 4 }, 4 },
	{ "zip", { 'P', 'K', 5, 6 }, 4 },
};

/* 0x184D2A50 to 5F: what parallel compressors put in front. */
static bool is_zst_skippable(const unsigned char *head, size_t len)
{
	return len >= 4 && (get_le32(head) & 0xfffffff0) == 0x184d2a50;
}

/* Octal, spaces around it, a NUL or space or the field's end behind it. */
static bool checksum_field(const unsigned char *p, size_t len, unsigned *out)
{
	unsigned value = 0;
	size_t i = 0, digits = 0;

	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++, digits++)
		value = value * 8 + (p[i] - '0');
	*out = value;
	return digits && (i == len || p[i] == ' ' || !p[i]);
}

/* Old tars summed signed characters. */
static bool is_tar_header(const unsigned char *p)
{
	unsigned sum = 0, want;
	int with_signs = 0;

	if (!*p || !checksum_field(p + 148, 8, &want))
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned char c = i >= 148 && i < 156 ? ' ' : p[i];

		sum += c;
		with_signs += (signed char)c;
	}
	return sum == want || with_signs == (int)want;
}

/* Does a tar begin in there?  Damage further on is not our business here. */
static bool holds_tar(enum stream_kind kind, const void *head, size_t len)
{
	static const struct sink unused = { .take = NULL };
	struct stream *stream;
	bool yes;
	int ret;

	if (stream_new(&stream, kind, &unused)) {
		fail_clear();
		return false;
	}
	stream->in = head;
	stream->avail = len;
	do
		ret = stream->codec->run(stream, false);
	while (!ret && stream->out->len < TAR_BLOCK && stream->avail);
	if (ret)
		fail_clear();
	yes = stream->out->len >= TAR_BLOCK &&
	      is_tar_header(stream->out->data);
	stream_free(stream);
	return yes;
}

const char *stream_sniff(const void *data, size_t len)
{
	const unsigned char *head = data;
	const char *format = NULL;
	enum stream_kind kind;

	for (size_t i = 0; i < ARRAY_SIZE(magics) && !format; i++)
		if (len >= magics[i].len &&
		    !memcmp(head, magics[i].magic, magics[i].len))
			format = magics[i].format;
	if (!format && is_zst_skippable(head, len))
		format = "tar.zst";
	kind = stream_of_format(format);
	if (kind != STREAM_NONE)
		return holds_tar(kind, head, len) ? format : NULL;
	if (!format && len >= TAR_BLOCK && is_tar_header(head))
		return "tar";
	return format;
}
