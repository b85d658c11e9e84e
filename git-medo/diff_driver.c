/*
 * What git diff shows of a pointer: which paths came, went, changed their
 * size, and never JSON.
 */
#include "git-medo/cmd.h"
#include "git-medo/diff_driver.h"
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

struct version {
	bool any;		/* not /dev/null */
	bool pointer;		/* else it is content, or nobody's business */
	struct treeptr ptr;	/* id and size of content, too */
};

#define VERSION_INIT { .ptr = TREEPTR_INIT }

static int hash_file(int fd, enum id_algo algo, uint64_t size,
		     const char *name, struct id *out)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct hash hash;
	uint64_t off = 0;
	int ret = 0;

	hash_init_object(&hash, algo, "blob", size);
	while (!ret && off < size) {
		size_t n = (size_t)MIN(size - off, PIECE_SIZE);

		ret = file_pread(fd, off, buf, n);
		hash_add(&hash, buf, n);
		off += n;
	}
	if (!ret)
		hash_final(&hash, out);
	else
		ret = fail_in(ret, "'%s'", quoted(name));
	free(buf);
	return ret;
}

/* Content in the work tree has an id as well. */
static int measure(struct version *v, struct medo *medo, const char *file)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return fail_errno("cannot open '%s'", quoted(file));
	if (fstat(fd, &st)) {
		ret = fail_errno("cannot stat '%s'", quoted(file));
	} else {
		v->ptr.size = (uint64_t)st.st_size;
		ret = hash_file(fd, medo_algo(medo), v->ptr.size, file,
				&v->ptr.id);
	}
	close(fd);
	return ret;
}

static int load(struct version *v, struct medo *medo, const char *file)
{
	struct buf text = BUF_INIT;
	int ret;

	if (!strcmp(file, "/dev/null"))
		return 0;
	v->any = true;
	ret = file_read(file, TREEPTR_MAX, &text);
	if (!ret && treeptr_likely(text.ptr, text.len))
		v->pointer = !treeptr_parse(&v->ptr, text.ptr, text.len, file);
	fail_clear();
	buf_release(&text);
	return v->pointer ? 0 : measure(v, medo, file);
}

static void print_version(const char *mark, const struct version *v)
{
	char hex[ID_HEX_MAX];

	if (!v->any)
		printf("%s nothing\n", mark);
	else
		printf("%s size %" PRIu64 ", id %s\n", mark, v->ptr.size,
		       id_hex(&v->ptr.id, hex));
}

static void print_change(void *data UNUSED, const struct tree_item *old,
			 const struct tree_item *new)
{
	const char *path = quoted(old ? old->path : new->path);

	if (!old)
		printf("  added    %s (%" PRIu64 ")\n", path, new->size);
	else if (!new)
		printf("  removed  %s (%" PRIu64 ")\n", path, old->size);
	else if (old->size != new->size)
		printf("  resized  %s (%" PRIu64 " -> %" PRIu64 ")\n", path,
		       old->size, new->size);
	else
		printf("  changed  %s (%" PRIu64 ")\n", path, new->size);
}

/* A tree has more than the one entry that is the file itself. */
static bool is_tree(const struct tree_list *list, const char *path)
{
	const char *base = file_basename(path);

	return list->n != 1 || strcmp(list->v[0].path, base);
}

/* 1 when the paths were printed, 0 when they are not known here. */
static int print_paths(struct medo *medo, const char *path,
		       const struct version *old, const struct version *new)
{
	struct tree_list a = TREE_LIST_INIT, b = TREE_LIST_INIT;
	int ret = tree_list_near(&a, medo, path, &old->ptr);

	if (ret > 0)
		ret = tree_list_near(&b, medo, path, &new->ptr);
	if (ret > 0 && (is_tree(&a, path) || is_tree(&b, path)))
		tree_list_compare(&a, &b, print_change, NULL);
	tree_list_release(&a);
	tree_list_release(&b);
	/* A blob that cannot be read is said by verify, not by a diff. */
	if (ret < 0 && ret != FAIL_STOPPED) {
		fail_clear();
		ret = 0;
	}
	return ret;
}

static int show(struct medo *medo, const char *path, const char *new_path,
		const char **argv)
{
	struct version old = VERSION_INIT, new = VERSION_INIT;
	int ret = load(&old, medo, argv[1]);

	if (!ret)
		ret = load(&new, medo, argv[4]);
	if (ret)
		goto out;
	printf("diff --medo a/%s b/%s\n", quoted(path), quoted(new_path));
	if (old.any && new.any && strcmp(argv[3], argv[6]))
		printf("old mode %s\nnew mode %s\n", argv[3], argv[6]);
	if (old.any && new.any && id_eq(&old.ptr.id, &new.ptr.id)) {
		print_version(" ", &new);
		puts("  the content is the same");
	} else {
		print_version("-", &old);
		print_version("+", &new);
		if (old.any && new.any)
			ret = print_paths(medo, new_path, &old, &new);
		if (!ret && old.pointer && new.pointer)
			puts("  what changed inside is not known on this disk");
	}
	ret = ret < 0 ? ret : 0;
out:
	treeptr_release(&old.ptr);
	treeptr_release(&new.ptr);
	return ret;
}

int diff_driver(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	int ret;

	if (argc == 1) {
		printf("* Unmerged path %s\n", quoted(argv[0]));
		return 0;
	}
	if (argc != 7 && argc != 9)
		return fail(FAIL_REQUEST, "git diff gave %d arguments, not 7 "
			    "or 9", argc);
	ret = medo_open(&medo, MEDO_ANYWHERE);
	if (!ret)
		ret = show(&medo, argv[0], argc == 9 ? argv[7] : argv[0], argv);
	medo_release(&medo);
	return ret;
}

int diff_textconv(const char *file)
{
	struct version v = VERSION_INIT;
	struct tree_list list = TREE_LIST_INIT;
	struct medo medo = MEDO_INIT;
	char hex[ID_HEX_MAX];
	int ret = medo_open(&medo, MEDO_ANYWHERE);

	if (!ret)
		ret = load(&v, &medo, file);
	if (ret)
		goto out;
	printf("size %" PRIu64 "\nid %s\n", v.ptr.size,
	       id_hex(&v.ptr.id, hex));
	ret = tree_list_near(&list, &medo, file, &v.ptr);
	if (ret < 0 && ret != FAIL_STOPPED) {
		fail_clear();
		ret = 0;
	}
	/* So that a line differs where an entry does. */
	for (size_t i = 0; ret > 0 && is_tree(&list, file) && i < list.n; i++)
		printf("%s\t%" PRIu64 "\t%02x%02x%02x%02x\n",
		       quoted(list.v[i].path), list.v[i].size,
		       list.v[i].digest[0], list.v[i].digest[1],
		       list.v[i].digest[2], list.v[i].digest[3]);
	ret = ret < 0 ? ret : 0;
out:
	tree_list_release(&list);
	treeptr_release(&v.ptr);
	medo_release(&medo);
	return ret;
}
