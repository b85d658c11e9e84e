#ifndef QUOTE_H
#define QUOTE_H

#include "base/buf.h"

/*
 * Names and server messages are other people's bytes: before they reach a
 * terminal, a pipe or a log, C0, C1, DEL, bidirectional controls, zero-width
 * and invalid UTF-8 are written as \n, \t, \xNN or \u{NNNN}; a backslash as \\.
 * Nothing else is changed.
 */
void quote_add(struct buf *out, const char *s, size_t len);

/* For messages: valid until the eighth next call in this thread. */
const char *quoted(const char *s);

/* "error: ", "warning: ", "fatal: " + one line to stderr, already quoted. */
void say(const char *prefix, const char *fmt, ...) PRINTF(2, 3);

#endif
