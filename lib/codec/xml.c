#include "base/base.h"
#include "base/fail.h"
#include "codec/xml.h"

#ifdef HAVE_EXPAT
#include <expat.h>
#include <limits.h>

/* Stands in no namespace's name, so what is behind the last one is local. */
#define BETWEEN '\n'
#define DEPTH_MAX 32

struct reader {
	const struct xml *xml;
	XML_Parser parser;
	struct buf text;
	int depth;
	int ret;
};

static const char *local(const char *name)
{
	const char *last = strrchr(name, BETWEEN);

	return last ? last + 1 : name;
}

static void stop(struct reader *r, int ret)
{
	r->ret = ret;
	XML_StopParser(r->parser, XML_FALSE);
}

/* After a stop expat may still bring what it has at hand. */
static void on_open(void *data, const char *name,
		    const char **attributes UNUSED)
{
	struct reader *r = data;
	int ret = 0;

	if (r->ret)
		return;
	buf_reset(&r->text);
	if (++r->depth > DEPTH_MAX)
		ret = fail(FAIL_FORMAT, "XML is nested too deeply");
	else if (r->xml->open)
		ret = r->xml->open(r->xml->data, local(name));
	if (ret < 0)
		stop(r, ret);
}

static void on_close(void *data, const char *name)
{
	struct reader *r = data;
	int ret;

	if (r->ret)
		return;
	r->depth--;
	ret = r->xml->close(r->xml->data, local(name), r->text.ptr,
			    r->text.len);
	if (ret < 0)
		stop(r, ret);
	buf_reset(&r->text);
}

static void on_text(void *data, const char *text, int len)
{
	struct reader *r = data;

	if (!r->ret)
		buf_add(&r->text, text, (size_t)len);
}

/* Entities that grow (a billion laughs) begin with a document type. */
static void on_doctype(void *data, const char *name UNUSED,
		       const char *system UNUSED, const char *public UNUSED,
		       int inside UNUSED)
{
	struct reader *r = data;

	if (!r->ret)
		stop(r, fail(FAIL_FORMAT, "XML with a document type"));
}

int xml_read(const struct xml *xml, const void *text, size_t len)
{
	struct reader r = { .xml = xml, .text = BUF_INIT };

	if (len > INT_MAX)
		return fail(FAIL_FORMAT, "XML of %zu bytes", len);
	r.parser = XML_ParserCreateNS(NULL, BETWEEN);
	if (!r.parser)
		return fail(FAIL_SYSTEM, "out of memory for XML");
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_open, on_close);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	if (XML_Parse(r.parser, text, (int)len, XML_TRUE) != XML_STATUS_OK &&
	    !r.ret)
		r.ret = fail(FAIL_FORMAT, "not well-formed XML: %s, line %lu",
			     XML_ErrorString(XML_GetErrorCode(r.parser)),
			     XML_GetCurrentLineNumber(r.parser));
	XML_ParserFree(r.parser);
	buf_release(&r.text);
	return r.ret;
}

#else

int xml_read(const struct xml *xml UNUSED, const void *text UNUSED,
	     size_t len UNUSED)
{
	return fail(FAIL_REQUEST, "this build has no expat to read XML with");
}

#endif
