#include "base/base.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/vouch.h"

#include <sys/stat.h>

#define LINE 65			/* 64 hex digits, LF */
#define VOUCH_MAX ((size_t)1000000 * LINE)

void vouch_load(struct vouch *vouch, struct silo *silo)
{
	struct buf text = BUF_INIT;
	struct id id;

	vouch->path = xstrfmt("%s/verified", silo_backend(silo)->path);
	if (file_read(vouch->path, VOUCH_MAX, &text))
		fail_clear();
	for (size_t i = 0; i + LINE <= text.len; i += LINE)
		if (text.ptr[i + LINE - 1] == '\n' &&
		    !id_parse(&id, text.ptr + i, LINE - 1))
			idset_add(&vouch->known, &id);
	buf_release(&text);
}

/* false: not ours, or not regular, so never believed. */
static bool describe(const struct blob *blob, const struct silo_expect *e,
		     const char *how, struct id *out)
{
	char line[512], id[ID_HEX_MAX], seal[SEAL_HEX_MAX] = "-";
	struct stat st;
	int n;

	if (fstat(blob->fd, &st) || st.st_uid != geteuid() ||
	    !S_ISREG(st.st_mode))
		return false;
	if (e->seal)
		seal_hex(e->seal, seal);
	n = snprintf(line, sizeof(line), "%s%s %" PRIu64 " %s %llu %llu "
		     "%lld %lld.%ld", how, id_hex(&e->id, id), e->size ? *e->size : 0,
		     seal, (unsigned long long)st.st_dev,
		     (unsigned long long)st.st_ino, (long long)st.st_size,
		     (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	memset(out, 0, sizeof(*out));
	out->algo = ID_SHA256;
	digest_of(line, (size_t)n, out->raw);
	return true;
}

#define VERIFIED ""
#define MADE "made "

static bool has(const struct vouch *vouch, const struct blob *blob,
		const struct silo_expect *expect, const char *how)
{
	struct id id;

	return describe(blob, expect, how, &id) &&
	       idset_find(&vouch->known, &id) >= 0;
}

static void add(struct vouch *vouch, const struct blob *blob,
		const struct silo_expect *expect, const char *how)
{
	struct id id;

	if (describe(blob, expect, how, &id) &&
	    idset_find(&vouch->known, &id) < 0) {
		idset_add(&vouch->known, &id);
		vouch->changed = true;
	}
}

bool vouch_knows(const struct vouch *vouch, const struct blob *blob,
		 const struct silo_expect *expect)
{
	return has(vouch, blob, expect, VERIFIED);
}

bool vouch_trusts(const struct vouch *vouch, const struct blob *blob,
		  const struct silo_expect *expect)
{
	return has(vouch, blob, expect, VERIFIED) ||
	       has(vouch, blob, expect, MADE);
}

void vouch_add(struct vouch *vouch, const struct blob *blob,
	       const struct silo_expect *expect)
{
	add(vouch, blob, expect, VERIFIED);
}

void vouch_made(struct vouch *vouch, const struct blob *blob,
		const struct silo_expect *expect)
{
	add(vouch, blob, expect, MADE);
}

void vouch_save(struct vouch *vouch)
{
	struct buf text = BUF_INIT;
	char hex[ID_HEX_MAX];

	for (size_t i = 0; vouch->changed && i < vouch->known.n; i++)
		buf_addf(&text, "%s\n", id_hex(&vouch->known.ids[i], hex));
	if (vouch->changed &&
	    temp_write(vouch->path, text.ptr, text.len, TEMP_PRIVATE)) {
		say("warning: ", "%s", fail_text());
		fail_clear();
	}
	buf_release(&text);
	free(vouch->path);
	idset_release(&vouch->known);
	*vouch = (struct vouch)VOUCH_INIT;
}
