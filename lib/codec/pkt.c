#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/temp.h"
#include "codec/pkt.h"

#define HEAD_SIZE 4
#define PKT_MAX (PKT_DATA_MAX + HEAD_SIZE)

/* Room for a packet whose first bytes came with the one before. */
#define READ_AHEAD ((size_t)2 * PKT_MAX)

/* What waits for the reader; more is sent without being asked. */
#define PENDING_MAX ((size_t)2 * PKT_MAX)

void pkt_init(struct pkt *pkt, int in, int out)
{
	*pkt = (struct pkt){ .in = in, .out = out, .pending = BUF_INIT };
	pkt->buf = xmalloc(READ_AHEAD);
}

void pkt_release(struct pkt *pkt)
{
	free(pkt->buf);
	pkt->buf = NULL;
	pkt->pos = pkt->end = 0;
	buf_release(&pkt->pending);
}

/* At least `need` bytes at `pos`; 0 where the input ends before. */
static int fill(struct pkt *pkt, size_t need)
{
	int ret;

	while (pkt->end - pkt->pos < need) {
		ssize_t n;

		/* The other side may be waiting for us, as we do for it. */
		ret = pkt_send(pkt);
		if (!ret)
			ret = stop_check();
		if (ret)
			return ret;
		if (pkt->pos) {
			memmove(pkt->buf, pkt->buf + pkt->pos,
				pkt->end - pkt->pos);
			pkt->end -= pkt->pos;
			pkt->pos = 0;
		}
		n = read(pkt->in, pkt->buf + pkt->end, READ_AHEAD - pkt->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno("cannot read a packet");
		if (!n)
			return 0;
		pkt->end += (size_t)n;
	}
	return 1;
}

/* The number in the first four bytes, or -1. */
static int length_of(const unsigned char *head)
{
	int len = 0;

	for (int i = 0; i < HEAD_SIZE; i++) {
		int c = head[i];

		if (c >= '0' && c <= '9')
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else if (c >= 'A' && c <= 'F')
			c -= 'A' - 10;
		else
			return -1;
		len = len << 4 | c;
	}
	return len;
}

int pkt_read(struct pkt *pkt, const unsigned char **data, size_t *len)
{
	int ret = fill(pkt, HEAD_SIZE), n;

	*data = NULL;
	*len = 0;
	if (ret < 0)
		return ret;
	if (!ret && pkt->end == pkt->pos)
		return PKT_EOF;
	if (!ret)
		return fail(FAIL_FORMAT, "input ends within a packet");
	n = length_of(pkt->buf + pkt->pos);
	if (n < 0 || (n && n < HEAD_SIZE) || n > PKT_MAX)
		return fail(FAIL_FORMAT, "input is not in packets");
	if (!n) {
		pkt->pos += HEAD_SIZE;
		return PKT_FLUSH;
	}
	ret = fill(pkt, (size_t)n);
	if (!ret)
		ret = fail(FAIL_FORMAT, "input ends within a packet");
	if (ret < 0)
		return ret;
	*data = pkt->buf + pkt->pos + HEAD_SIZE;
	*len = (size_t)n - HEAD_SIZE;
	pkt->pos += (size_t)n;
	return PKT_DATA;
}

int pkt_read_line(struct pkt *pkt, const char **line)
{
	const unsigned char *data;
	size_t len;
	char *text;
	int ret = pkt_read(pkt, &data, &len);

	*line = NULL;
	if (ret != PKT_DATA)
		return ret;
	if (len && data[len - 1] == '\n')
		len--;
	if (memchr(data, '\0', len))
		return fail(FAIL_FORMAT, "a line of text has a NUL in it");
	/* A step back over the length, and the NUL fits within the packet. */
	text = (char *)pkt->buf + (data - pkt->buf) - 1;
	memmove(text, data, len);
	text[len] = '\0';
	*line = text;
	return PKT_DATA;
}

int pkt_write(struct pkt *pkt, const void *data, size_t len)
{
	char head[HEAD_SIZE + 1];

	if (!len || len > PKT_DATA_MAX)
		return fail(FAIL_REQUEST, "%zu bytes are no packet", len);
	snprintf(head, sizeof(head), "%04x", (unsigned)(len + HEAD_SIZE));
	buf_add(&pkt->pending, head, HEAD_SIZE);
	buf_add(&pkt->pending, data, len);
	return pkt->pending.len >= PENDING_MAX ? pkt_send(pkt) : 0;
}

int pkt_write_all(struct pkt *pkt, const void *data, size_t len)
{
	const char *p = data;
	int ret = 0;

	while (!ret && len) {
		size_t n = MIN(len, PKT_DATA_MAX);

		ret = pkt_write(pkt, p, n);
		p += n;
		len -= n;
	}
	return ret;
}

int pkt_write_line(struct pkt *pkt, const char *fmt, ...)
{
	struct buf line = BUF_INIT;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	buf_addc(&line, '\n');
	ret = pkt_write(pkt, line.ptr, line.len);
	buf_release(&line);
	return ret;
}

int pkt_write_flush(struct pkt *pkt)
{
	buf_adds(&pkt->pending, "0000");
	return 0;
}

int pkt_send(struct pkt *pkt)
{
	int ret;

	if (!pkt->pending.len)
		return 0;
	ret = file_write(pkt->out, pkt->pending.ptr, pkt->pending.len);
	/* Half a packet was sent perhaps: nothing sensible can follow it. */
	buf_reset(&pkt->pending);
	if (!ret && pkt->sent)
		pkt->sent(pkt->data);
	return ret ? fail_in(ret, "a packet") : 0;
}
