#ifndef XML_H
#define XML_H

#include "base/buf.h"

/*
 * Small XML documents that servers send: the multistatus of WebDAV, the
 * listings and errors of S3.  Read by expat, the only module that touches it;
 * no document type, so no entities of the document's own.
 *
 * `open` is called where an element begins, `close` where it ends, with the
 * text since the last tag (all of it, for an element that has no elements in
 * it).  Names come without their namespace.  A failure of theirs ends it.
 */
struct xml {
	int (*open)(void *data, const char *name);	/* or NULL */
	int (*close)(void *data, const char *name, const char *text,
		     size_t len);
	void *data;
};

/*
 * FAIL_FORMAT: not well-formed, deeper than 32, or with a document type.
 * FAIL_REQUEST: this build has no expat.
 */
int xml_read(const struct xml *xml, const void *text, size_t len) MUST_CHECK;

#endif
