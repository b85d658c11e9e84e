#ifndef PKT_H
#define PKT_H

#include "base/buf.h"

/*
 * git's pkt-lines (gitprotocol-common(5)), as the filter protocol uses them:
 * four hex digits of length, 0000 is a flush.  One reader and one writer
 * for a pair of descriptors, both buffered; the writer flushes before the
 * reader waits.
 */
#define PKT_DATA_MAX 65516	/* bytes in one packet */

struct pkt {
	int in;
	int out;
	unsigned char *buf;	/* input read ahead */
	size_t pos;
	size_t end;
	struct buf pending;	/* output not yet written */

	/* Called when all that was pending is out, where that is not NULL. */
	void (*sent)(void *data);
	void *data;
};

void pkt_init(struct pkt *pkt, int in, int out);
void pkt_release(struct pkt *pkt);

enum pkt_kind { PKT_EOF, PKT_FLUSH, PKT_DATA };

/*
 * The next packet: a kind, or FAIL_FORMAT for what is no packet (0001 to
 * 0003, over 65,520, not hex, cut short).  `data` is borrowed until the next
 * call.  PKT_EOF only at a packet's boundary.  FAIL_STOPPED where a signal
 * asked us to stop.
 */
int pkt_read(struct pkt *pkt, const unsigned char **data, size_t *len)
	MUST_CHECK;

/* A packet of text without its LF, NUL-terminated; a NUL in it: FAIL_FORMAT. */
int pkt_read_line(struct pkt *pkt, const char **line) MUST_CHECK;

/* 1 to PKT_DATA_MAX bytes. */
int pkt_write(struct pkt *pkt, const void *data, size_t len) MUST_CHECK;
/* Any length, as packets of at most PKT_DATA_MAX; nothing for 0 bytes. */
int pkt_write_all(struct pkt *pkt, const void *data, size_t len) MUST_CHECK;
/* A text, to which the LF is added. */
int pkt_write_line(struct pkt *pkt, const char *fmt, ...) PRINTF(2, 3)
	MUST_CHECK;
int pkt_write_flush(struct pkt *pkt) MUST_CHECK;

/* Everything pending goes out now. */
int pkt_send(struct pkt *pkt) MUST_CHECK;

#endif
