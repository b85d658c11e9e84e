#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include "git-medo/cmd.h"

/*
 * Lines of a .gitattributes that give paths to our filter.  Everything else in
 * such a file is kept byte by byte.
 */
#define MEDO_ATTRIBUTES "filter=medo diff=medo merge=medo -text"
#define ATTRIBUTES_MAX ((size_t)100 << 20)	/* git reads no more */
#define ATTRIBUTES_LINE_MAX ((size_t)2048)

/*
 * As it stands in the file: blanks as [[:space:]], and nothing that git would
 * take for a comment, a macro or a quoted pattern.  `literal`: a file's name,
 * no pattern.  FAIL_REQUEST for what git does not match.
 */
int attributes_pattern(const char *typed, bool literal, struct buf *out)
	MUST_CHECK;
/* The other way round, for people. */
void attributes_shown(const char *pattern, struct buf *out);

/* Read a file; absent is empty, a symlink is refused, as git does. */
int attributes_read(const char *path, struct buf *text) MUST_CHECK;

/* Each line with filter=medo. */
void attributes_each(const struct buf *text,
		     void (*each)(void *data, const char *pattern),
		     void *data);
bool attributes_has(const struct buf *text, const char *pattern);

/* Take our attributes from that pattern's lines: 1 something changed, 0. */
int attributes_remove(const struct buf *text, const char *pattern,
		      struct buf *out);

#endif
