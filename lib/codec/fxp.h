#ifndef FXP_H
#define FXP_H

#include "base/buf.h"

/*
 * Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH and
 * nearly all others speak it.  A packet is a length (u32), a type (u8), and,
 * but for the first two, the request's id (u32).  Numbers are big endian, a
 * string is its length and its bytes.
 */
enum fxp_type {
	FXP_INIT = 1, FXP_VERSION = 2, FXP_OPEN = 3, FXP_CLOSE = 4,
	FXP_READ = 5, FXP_WRITE = 6, FXP_LSTAT = 7, FXP_FSTAT = 8,
	FXP_OPENDIR = 11, FXP_READDIR = 12, FXP_REMOVE = 13, FXP_MKDIR = 14,
	FXP_RMDIR = 15, FXP_REALPATH = 16, FXP_STAT = 17, FXP_RENAME = 18,
	FXP_STATUS = 101, FXP_HANDLE = 102, FXP_DATA = 103, FXP_NAME = 104,
	FXP_ATTRS = 105, FXP_EXTENDED = 200, FXP_EXTENDED_REPLY = 201,
};

enum fxp_status {
	FX_OK = 0, FX_EOF = 1, FX_NO_SUCH_FILE = 2, FX_PERMISSION_DENIED = 3,
	FX_FAILURE = 4, FX_BAD_MESSAGE = 5, FX_OP_UNSUPPORTED = 8,
};

enum fxp_open {
	FXF_READ = 1, FXF_WRITE = 2, FXF_CREAT = 8, FXF_TRUNC = 16,
	FXF_EXCL = 32,
};

#define FXP_HANDLE_MAX 256	/* no handle is longer, says the draft */
#define FXP_PACKET_MAX 262144	/* OpenSSH's SFTP_MAX_MSG_LENGTH */

/* Start a packet in an empty `out`; the id is filled in when it is sent. */
void fxp_start(struct buf *out, enum fxp_type type);
void fxp_u32(struct buf *out, uint32_t v);
void fxp_u64(struct buf *out, uint64_t v);
void fxp_str(struct buf *out, const void *data, size_t len);
void fxp_strz(struct buf *out, const char *s);
/* No attributes: the server's defaults. */
void fxp_no_attrs(struct buf *out);
/* Write length and id; `extra` bytes (the data of a WRITE) come behind. */
void fxp_finish(struct buf *out, uint32_t id, size_t extra);

/*
 * Reading: what does not fit makes `bad` true and yields zeroes from then on,
 * so that it is asked once, at the end.  Strings are borrowed.
 */
struct fxp {
	const unsigned char *p;
	const unsigned char *end;
	bool bad;
};

uint32_t fxp_get_u32(struct fxp *in);
uint64_t fxp_get_u64(struct fxp *in);
const unsigned char *fxp_get_str(struct fxp *in, size_t *len);

struct fxp_attrs {
	bool has_size;
	bool has_mode;
	bool has_time;
	uint64_t size;
	uint32_t mode;		/* as st_mode, with the type */
	uint32_t mtime;
};

void fxp_get_attrs(struct fxp *in, struct fxp_attrs *out);

#endif
