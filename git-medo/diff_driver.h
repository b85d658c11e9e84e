#ifndef DIFF_DRIVER_H
#define DIFF_DRIVER_H

#include "medo/treediff.h"

/*
 * What git diff calls (diff.medo.command): PATH OLD-FILE OLD-ID OLD-MODE
 * NEW-FILE NEW-ID NEW-MODE, and for a rename NEW-PATH and a text; a PATH alone
 * is unmerged.  A file is a pointer, or content that lies in the work tree.
 */
int diff_driver(int argc, const char **argv) MUST_CHECK;

/* diff.medo.textconv, for git log -p and git show: lines to be compared. */
int diff_textconv(const char *file) MUST_CHECK;

#endif
