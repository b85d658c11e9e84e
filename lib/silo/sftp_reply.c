#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_int.h"

static int confused(struct sftp_msg *msg)
{
	return fail(FAIL_NET, "the sftp server gives a reply of type %d that "
		    "makes no sense", msg->type);
}

int sftp_status(struct sftp_msg *msg)
{
	uint32_t status = fxp_get_u32(&msg->in);

	if (msg->type != FXP_STATUS || msg->in.bad || status > 31)
		return confused(msg);
	return (int)status;
}

/* A status instead of what was asked for: not FX_OK, which says nothing. */
static int instead(struct sftp_msg *msg)
{
	int status = sftp_status(msg);

	return status ? status : confused(msg);
}

int sftp_attrs(struct sftp_msg *msg, struct fxp_attrs *out)
{
	if (msg->type != FXP_ATTRS)
		return instead(msg);
	fxp_get_attrs(&msg->in, out);
	return msg->in.bad || !out->has_mode || !out->has_size ?
	       confused(msg) : 0;
}

int sftp_handle(struct sftp_msg *msg, struct buf *out)
{
	const unsigned char *p;
	size_t len;

	if (msg->type != FXP_HANDLE)
		return instead(msg);
	p = fxp_get_str(&msg->in, &len);
	if (msg->in.bad || !len || len > FXP_HANDLE_MAX)
		return confused(msg);
	buf_reset(out);
	buf_add(out, p, len);
	return 0;
}

int sftp_fail(struct sftp_conn *conn, int status, const char *verb,
	      const char *name)
{
	static const char *const words[] = {
		[FX_EOF] = "end of file",
		[FX_NO_SUCH_FILE] = "no such file",
		[FX_PERMISSION_DENIED] = "permission denied",
		[FX_BAD_MESSAGE] = "bad message",
		[FX_OP_UNSUPPORTED] = "operation unsupported",
	};
	enum fail_code code = FAIL_NET;
	const char *word = "it gives no reason; is it read-only, or its disk full?";

	if (status < 0)
		return status;
	if (status == FX_NO_SUCH_FILE)
		code = FAIL_MISSING;
	else if (status == FX_PERMISSION_DENIED ||
		 status == FX_OP_UNSUPPORTED)
		code = FAIL_DENIED;
	if ((size_t)status < ARRAY_SIZE(words) && words[status])
		word = words[status];
	return fail(code, "the server cannot %s '%s' in '%s': %s", verb,
		    quoted(name), quoted(conn->url), word);
}
