#ifndef TREEDIFF_H
#define TREEDIFF_H

#include "medo/content.h"

/*
 * What is in a tree, entry by entry, in few bytes: equal digests are equal
 * entries (type, execute bit, link target, content).
 */
struct tree_item {
	char *path;
	uint64_t size;
	enum entry_type type;
	unsigned char digest[DIGEST_SIZE];
};

struct tree_list {
	struct tree_item *v;
	size_t n;
	size_t cap;
	struct hash hash;
};

#define TREE_LIST_INIT { .v = NULL }

/* The handler that fills it; then tree_list_sort(). */
struct entry_handler tree_list_handler(struct tree_list *list);
void tree_list_sort(struct tree_list *list);
void tree_list_release(struct tree_list *list);

/* By path, after sorting; or NULL. */
const struct tree_item *tree_list_find(const struct tree_list *list,
				       const char *path);
/* Both NULL, or both the same entry. */
bool tree_item_same(const struct tree_item *a, const struct tree_item *b);

/* The entries of a pointer's blob, if it is on this disk: 1; or 0. */
int tree_list_near(struct tree_list *list, struct medo *medo, const char *path,
		   const struct treeptr *ptr) MUST_CHECK;

/*
 * Every path that differs, in order; `old` or `new` is NULL where it is on one
 * side only.  How many there were.
 */
uint64_t tree_list_compare(const struct tree_list *a,
			   const struct tree_list *b,
			   void (*each)(void *data,
					const struct tree_item *old,
					const struct tree_item *new),
			   void *data);

/*
 * Both sides changed a tree.  Where they touched different paths: 1, and the
 * tree with both changes is in the store, `out` (fresh) points to it with
 * prefix and unknown members of `ours`.  0 where they did not; each path that
 * is in dispute is told.  The three are git trees (`tree` is set).
 */
int tree_merge(struct medo *medo, const char *path,
	       const struct treeptr *base, const struct treeptr *ours,
	       const struct treeptr *theirs, struct treeptr *out,
	       void (*clash)(void *data, const char *path), void *data)
	MUST_CHECK;

#endif
