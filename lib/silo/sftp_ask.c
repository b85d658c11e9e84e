#include "base/base.h"
#include "base/fail.h"
#include "silo/sftp_int.h"

static void add_path(struct sftp_verb *v, const char *name)
{
	const char *root = v->s->root;
	size_t len = strlen(root);
	bool slash = *name && len && root[len - 1] != '/';

	fxp_u32(&v->packet, (uint32_t)(len + slash + strlen(name)));
	buf_adds(&v->packet, root);
	if (slash)
		buf_addc(&v->packet, '/');
	buf_adds(&v->packet, name);
}

static int ask(struct sftp_verb *v, uint64_t tag)
{
	return sftp_send(&v->queue, &v->packet, NULL, 0, REPLY_SHORT, tag,
			 true);
}

static void by_name(struct sftp_verb *v, enum fxp_type type, const char *name)
{
	fxp_start(&v->packet, type);
	add_path(v, name);
	if (type == FXP_MKDIR)
		fxp_no_attrs(&v->packet);
}

int sftp_ask(struct sftp_verb *v, enum fxp_type type, const char *name,
	     uint64_t tag)
{
	by_name(v, type, name);
	return ask(v, tag);
}

int sftp_ask_open(struct sftp_verb *v, const char *name, unsigned flags,
		  uint64_t tag)
{
	fxp_start(&v->packet, FXP_OPEN);
	add_path(v, name);
	fxp_u32(&v->packet, flags);
	fxp_no_attrs(&v->packet);
	return ask(v, tag);
}

int sftp_ask_two(struct sftp_verb *v, const char *extension, const char *from,
		 const char *to, uint64_t tag)
{
	fxp_start(&v->packet, extension ? FXP_EXTENDED : FXP_RENAME);
	if (extension)
		fxp_strz(&v->packet, extension);
	add_path(v, from);
	add_path(v, to);
	return ask(v, tag);
}

static void by_handle(struct sftp_verb *v, enum fxp_type type,
		      const struct buf *handle)
{
	fxp_start(&v->packet, type);
	fxp_str(&v->packet, handle->ptr, handle->len);
}

int sftp_ask_handle(struct sftp_verb *v, enum fxp_type type,
		    const struct buf *handle, uint64_t tag)
{
	by_handle(v, type, handle);
	return sftp_send(&v->queue, &v->packet, NULL, 0,
			 type == FXP_READDIR ? FXP_PACKET_MAX : REPLY_SHORT,
			 tag, true);
}

int sftp_ask_sync(struct sftp_verb *v, const struct buf *handle, uint64_t tag)
{
	fxp_start(&v->packet, FXP_EXTENDED);
	fxp_strz(&v->packet, "fsync@openssh.com");
	fxp_str(&v->packet, handle->ptr, handle->len);
	return ask(v, tag);
}

/* Nobody learns of a failure here: what is told is worth no more than that. */
static void tell(struct sftp_verb *v)
{
	char *kept = xstrdup(fail_text());

	if (sftp_send(&v->queue, &v->packet, NULL, 0, REPLY_SHORT, 0, false))
		fail_adopt(kept);
	free(kept);
}

void sftp_tell(struct sftp_verb *v, enum fxp_type type, const char *name)
{
	by_name(v, type, name);
	tell(v);
}

void sftp_tell_close(struct sftp_verb *v, const struct buf *handle)
{
	if (!handle->len)
		return;
	by_handle(v, FXP_CLOSE, handle);
	tell(v);
}

int sftp_wait_status(struct sftp_verb *v)
{
	struct sftp_msg *msg;
	int ret = sftp_next(&v->queue, &msg);

	if (!ret)
		ret = sftp_status(msg);
	sftp_msg_free(msg);
	return ret;
}

int sftp_wait_attrs(struct sftp_verb *v, struct fxp_attrs *out)
{
	struct sftp_msg *msg;
	int ret = sftp_next(&v->queue, &msg);

	if (!ret)
		ret = sftp_attrs(msg, out);
	sftp_msg_free(msg);
	return ret;
}
