#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "silo/sftp_int.h"

#include <sys/stat.h>

/*
 * A symlink on the way to a file would take us out of the silo, so each
 * directory is looked at once; the looking travels with what is asked anyway
 * and costs no round trip.
 */
enum { KNOWN_MAX = 4096 };

static bool known(struct sftp *s, const char *dir)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = strs_has(&s->plain, dir);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static void learn(struct sftp *s, const char *dir)
{
	pthread_mutex_lock(&s->lock);
	if (s->plain.n >= KNOWN_MAX)
		strs_release(&s->plain);
	if (!strs_has(&s->plain, dir))
		strs_add(&s->plain, dir);
	pthread_mutex_unlock(&s->lock);
}

int sftp_dirs_ask(struct sftp_verb *v, const char *name, bool make)
{
	const char *slash = name;
	int ret = 0;

	while (!ret && (slash = strchr(slash, '/'))) {
		size_t len = (size_t)(slash++ - name);
		char *dir = xmemdup(name, len);
		bool skip = known(v->s, dir);

		if (!skip && make)
			ret = sftp_ask(v, FXP_MKDIR, dir,
				       SFTP_DIR_TAG |
				       SFTP_DIR_MADE | len);
		if (!skip && !ret)
			ret = sftp_ask(v, FXP_LSTAT, dir, SFTP_DIR_TAG | len);
		free(dir);
	}
	return ret;
}

int sftp_dirs_judge(struct sftp_verb *v, struct sftp_msg *msg,
		    const char *name)
{
	struct fxp_attrs attrs;
	char *dir;
	int ret;

	/* It was there, or it was made: the next reply tells. */
	if (msg->tag & SFTP_DIR_MADE) {
		ret = sftp_status(msg);
		return MIN(ret, 0);
	}
	dir = xmemdup(name, (size_t)(msg->tag & UINT32_MAX));
	ret = sftp_attrs(msg, &attrs);
	if (!ret && S_ISDIR(attrs.mode)) {
		learn(v->s, dir);
	} else if (!ret) {
		ret = fail(FAIL_DENIED, "'%s' in '%s' is not a directory",
			   quoted(dir), quoted(v->s->b.url));
	} else if (ret > 0) {
		/* What needs it says so itself. */
		ret = 0;
	}
	free(dir);
	return ret;
}
