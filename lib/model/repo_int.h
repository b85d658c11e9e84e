#ifndef REPO_INT_H
#define REPO_INT_H

#include "model/repo.h"

/* For repo*.c alone. */

/* git rev-list HOW REVS -- PATHS, for run_each(); a NULL ends each list. */
int repo_rev_list(const char *const *how, const char *const *revs,
		  const char *const *paths,
		  size_t (*take)(void *data, const char *text, size_t len),
		  void *data) MUST_CHECK;

/*
 * Every pair of a blob's id (hex) and a path `*.treeptr` in what `revs`
 * reaches; one blob may be told more than once.
 */
int repo_each_name(const struct gitdir *g, const char *const *revs,
		   const char *dir,
		   int (*each)(void *data, const char *hex, const char *path),
		   void *data) MUST_CHECK;

#endif
