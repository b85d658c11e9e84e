#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/compare.h"
#include "medo/content.h"
#include "medo/expand.h"
#include "medo/extract.h"
#include "medo/fetch.h"
#include "model/stat.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Where one tree goes: DEST, and the rest below it. */
struct place {
	char *dest;		/* absolute */
	char *rel;		/* "re2c/3.0" */
	char *path;		/* dest/rel */
	char *parent;		/* of path */
};

static void place_release(struct place *p)
{
	free(p->dest);
	free(p->rel);
	free(p->path);
	free(p->parent);
}

/* What `path` has below `dir`, or NULL. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!strcmp(dir, "/"))
		return path[1] ? path + 1 : NULL;
	return !strncmp(path, dir, n) && path[n] == '/' && path[n + 1] ?
	       path + n + 1 : NULL;
}

/*
 * Our notes lie there, and in a work tree git's: no tree may be taken for
 * them.
 */
static int check_rel(const char *rel)
{
	int ret = entry_check_path(rel, strlen(rel), ENTRY_DIR);

	for (const char *p = rel; !ret && p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strncasecmp(p, ".medo", 5) && (!p[5] || p[5] == '/'))
			ret = fail(FAIL_FORMAT, "unsafe path '%s': git medo "
				   "keeps its own files under that name",
				   quoted(rel));
	}
	return ret;
}

/*
 * A pointer with a prefix was built for one place (files in it name it), so
 * there it goes, when that is DEST or below it.
 */
static int find_place(struct place *p, const char *path, const char *name,
		      const struct treeptr *ptr, const char *dest,
		      bool relocate)
{
	const char *rel = name;
	char *slash;
	int ret;

	p->dest = file_absolute(dest);
	if (ptr->prefix && !relocate) {
		slash = strrchr(p->dest, '/');
		if (!strcmp(ptr->prefix, p->dest) && slash[1])
			slash[slash == p->dest] = '\0';
		rel = below(ptr->prefix, p->dest);
		if (!rel)
			return fail(FAIL_DENIED, "'%s' was made for '%s', which "
				    "is not below '%s'; say --relocate to "
				    "expand it all the same", quoted(path),
				    quoted(ptr->prefix), quoted(p->dest));
	}
	ret = check_rel(rel);
	if (ret)
		return fail_in(ret, "'%s'", quoted(path));
	p->rel = xstrdup(rel);
	p->path = xstrfmt("%s/%s", strcmp(p->dest, "/") ? p->dest : "", rel);
	p->parent = xmemdup(p->path,
			    (size_t)(strrchr(p->path, '/') - p->path));
	return 0;
}

char *expand_shown(const char *name, const struct treeptr *ptr,
		   const char *dest, bool relocate)
{
	size_t n = strlen(dest);
	char *abs, *ret;

	if (ptr->prefix && !relocate)
		return xstrdup(ptr->prefix);
	abs = file_absolute(dest);
	while (n > 1 && dest[n - 1] == '/')
		n--;
	ret = strcmp(abs, "/") ? xstrfmt("%.*s/%s", (int)n, dest, name) :
	      xstrfmt("/%s", name);
	free(abs);
	return ret;
}

/*
 * The copy of the pointer must not replace what somebody else put there, and
 * the place of a pointer itself must not become one of ours: git medo looks
 * for no pointers there.
 */
static int check_copy(const struct place *p, const char *path,
		      const struct treeptr *ptr)
{
	char *copy = expand_copy_path(p->dest, p->rel);
	char *note = expand_record_path(p->dest, p->rel);
	struct treeptr old = TREEPTR_INIT;
	struct stat a, b;
	int ret = file_exists(note);

	if (ret || lstat(copy, &a))
		goto out;
	if (!stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev)
		ret = fail(FAIL_REQUEST, "'%s' is the treeptr itself; expand it "
			   "into another directory", quoted(path));
	else if (treeptr_load(&old, copy) || !id_eq(&old.id, &ptr->id))
		ret = fail(FAIL_REQUEST, "'%s' is in the way: git medo expand "
			   "did not make it", quoted(copy));
out:
	treeptr_release(&old);
	free(copy);
	free(note);
	return ret < 0 ? ret : 0;
}

/* A tree in another would be a change of that one. */
static int check_above(const struct place *p)
{
	char *rel = xstrdup(p->rel), *slash;
	int ret = 0;

	while (!ret && (slash = strrchr(rel, '/'))) {
		char *note;

		*slash = '\0';
		note = expand_record_path(p->dest, rel);
		ret = file_exists(note);
		if (ret > 0)
			ret = fail(FAIL_REQUEST, "'%s' would lie in '%s/%s', "
				   "which is a tree itself", quoted(p->path),
				   quoted(p->dest), quoted(rel));
		free(note);
	}
	free(rel);
	return ret;
}

/*
 * Make the directories between DEST and the tree.  Another tree below DEST
 * may hold symlinks: none of these directories may be one.
 */
static int make_parents(const char *dest, const char *rel)
{
	int at, ret = temp_mkdirs(dest, 0);
	const char *slash = rel;
	char *part;

	if (ret)
		return ret;
	at = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return fail_errno("cannot open '%s'", quoted(dest));
	while (!ret && (slash = strchr(slash, '/'))) {
		int fd;

		part = xmemdup(rel, (size_t)(slash++ - rel));
		if (mkdirat(at, part, 0777) && errno != EEXIST) {
			ret = fail_errno("cannot make '%s'", quoted(part));
		} else {
			fd = file_open_beneath(at, part,
					       O_RDONLY | O_DIRECTORY, 0);
			ret = fd < 0 ? fd : 0;
			if (fd >= 0)
				close(fd);
		}
		free(part);
	}
	close(at);
	return ret;
}

char *expand_record_path(const char *dest, const char *rel)
{
	return xstrfmt("%s/.medo/%s.json", dest, rel);
}

char *expand_copy_path(const char *dest, const char *rel)
{
	return xstrfmt("%s/%s" TREEPTR_SUFFIX, dest, rel);
}

/* Provenance may change where the content does not. */
static int leave_copy(const struct place *p, const struct treeptr *ptr,
		      const char *via)
{
	char *copy = expand_copy_path(p->dest, p->rel);
	struct buf text = BUF_INIT, old = BUF_INIT;
	int ret = 0;

	treeptr_format(ptr, &text);
	if (file_read(copy, TREEPTR_MAX, &old) || old.len != text.len ||
	    memcmp(old.ptr, text.ptr, text.len)) {
		fail_clear();
		ret = temp_write_via(via, copy, text.ptr, text.len, 0);
	}
	buf_release(&text);
	buf_release(&old);
	free(copy);
	return ret;
}

/*
 * Where notes are written until they have their names: what a crash leaves
 * there is swept by the next who comes.
 */
static int open_via(const struct place *p, char **via)
{
	int ret = make_parents(p->dest, ".medo/.tmp/x");

	*via = xstrfmt("%s/.medo/.tmp", p->dest);
	if (!ret)
		temp_sweep(*via);
	return ret;
}

/* The copy first: a record without a pointer would vouch for nothing. */
static int leave_notes(const struct place *p, const struct treeptr *ptr,
		       const char *sync)
{
	struct stat_record record = STAT_RECORD_INIT;
	struct stat_record old = STAT_RECORD_INIT;
	char *note = expand_record_path(p->dest, p->rel);
	char *inner = xstrfmt(".medo/%s", p->rel);
	char *via = NULL;
	int ret = open_via(p, &via);

	if (!ret)
		ret = leave_copy(p, ptr, via);
	if (!ret)
		ret = make_parents(p->dest, inner);
	if (!ret)
		ret = stat_look(p->path, &record);
	if (!ret) {
		/* Who checks it again does not change for whom it is there. */
		if (!sync && !stat_load(&old, note))
			sync = old.sync;
		record.id = ptr->id;
		record.sync = sync ? xstrdup(sync) : NULL;
		ret = stat_save(&record, note, via);
	}
	stat_release(&old);
	stat_release(&record);
	free(inner);
	free(note);
	free(via);
	return ret;
}

/* 1: the record knows it and nothing changed.  0: the content must decide. */
static int quick_look(const char *dest, const char *rel, const char *path,
		      const struct id *id)
{
	struct stat_record was = STAT_RECORD_INIT, is = STAT_RECORD_INIT;
	char *note = expand_record_path(dest, rel);
	int ret = stat_load(&was, note);

	free(note);
	if (ret) {
		fail_clear();
		return 0;
	}
	ret = stat_look(path, &is);
	if (!ret)
		ret = id_eq(&was.id, id) && stat_same(&was, &is);
	stat_release(&was);
	stat_release(&is);
	return ret;
}

/*
 * "Differs" may be the fault of the tree or of our copy of the blob: only a
 * blob that is proven may blame the tree.
 */
static int compare_proven(struct medo *medo, const char *shown,
			  struct content *content, const char *path)
{
	struct silo_expect expect = medo_expect(content->ptr);
	char *why = xstrdup(fail_text());
	int ret = blob_read(content->blob, &expect, medo_pool(medo), NULL,
			    NULL);

	if (!ret) {
		fail_adopt(why);
		ret = FAIL_CORRUPT;
	} else if (ret == FAIL_CORRUPT) {
		ret = fetch_again(medo, shown, content->ptr, content->blob);
		if (!ret)
			ret = compare_tree(medo, content, path);
	}
	free(why);
	return ret;
}

static int deep_look(struct medo *medo, const char *shown, const char *path,
		     const struct treeptr *ptr)
{
	struct blob blob = BLOB_INIT;
	struct content content = {
		.blob = &blob, .ptr = ptr, .name = file_basename(path),
	};
	int ret = fetch_open(medo, shown, ptr, &blob);

	if (!ret) {
		ret = compare_tree(medo, &content, path);
		if (ret == FAIL_CORRUPT)
			ret = compare_proven(medo, shown, &content, path);
	}
	blob_close(&blob);
	return ret;
}

static int extract_to(struct medo *medo, struct stage *stage,
		      struct content *content, const struct expand_opts *opts,
		      char **inner)
{
	struct extract_opts how = {
		/* A plain file has no time of its own. */
		.preserve = opts->preserve,
		.touch = opts->touch || !content->ptr->format,
		.links_out = opts->links_out, .names = opts->limits.entries,
	};
	struct extract *extract = extract_new(stage->fd, medo_pool(medo), &how);
	struct entry_handler handler = extract_handler(extract);
	const char *top;
	int ret;

	content->handler = &handler;
	ret = content_read(medo, content);
	if (!ret && content->ours)
		extract_keep_top(extract);
	if (!ret)
		ret = extract_finish(extract);
	top = ret ? NULL : extract_single_top(extract);
	if (!ret && !content->ptr->format)
		*inner = xstrdup(content->name);
	else if (top && !content->ours)
		*inner = xstrdup(top);
	extract_free(extract);
	return ret;
}

static int try_make(struct medo *medo, const struct place *p,
		    const struct treeptr *ptr, struct blob *blob,
		    const struct expand_opts *opts, bool replace)
{
	struct stage stage = STAGE_INIT;
	struct content content = {
		.blob = blob, .ptr = ptr, .name = file_basename(p->path),
		.limits = opts->limits,
	};
	unsigned flags = 0;
	char *inner = NULL;
	int ret;

	ret = stage_open(&stage, *p->parent ? p->parent : "/");
	content.meter = medo_meter(medo, content.name, METER_BYTES, ptr->size);
	if (!ret)
		ret = extract_to(medo, &stage, &content, opts, &inner);
	if (!ret)
		ret = medo_durable(medo, &flags);
	if (!ret)
		ret = stage_commit(&stage, inner, p->path,
				   (flags ? TEMP_DURABLE : 0) |
				   (replace ? TEMP_REPLACE : 0));
	stage_drop(&stage);
	meter_stop(content.meter);
	free(inner);
	return ret;
}

/* A bad copy in the cache is dropped and fetched again, once. */
static int make(struct medo *medo, const struct place *p, const char *shown,
		const struct treeptr *ptr, const struct expand_opts *opts,
		bool replace)
{
	struct blob blob = BLOB_INIT;
	int ret = fetch_open(medo, shown, ptr, &blob);

	if (!ret)
		ret = make_parents(p->dest, p->rel);
	if (!ret)
		ret = try_make(medo, p, ptr, &blob, opts, replace);
	if (ret == FAIL_CORRUPT) {
		ret = fetch_again(medo, shown, ptr, &blob);
		if (!ret)
			ret = try_make(medo, p, ptr, &blob, opts, replace);
	}
	blob_close(&blob);
	return ret;
}

/*
 * What to do about what is there, all of it read: EXPAND_THERE, or
 * EXPAND_REPLACED where it differs and may go.
 */
static int judge(struct medo *medo, const struct place *p, const char *path,
		 const struct treeptr *ptr, bool force)
{
	int ret = deep_look(medo, path, p->path, ptr);

	if (!ret)
		return EXPAND_THERE;
	if (ret != FAIL_CORRUPT)
		return ret;
	if (!force)
		return fail_in(ret, "'%s' is there already and not the same "
			       "(--force replaces it)", quoted(p->path));
	fail_clear();
	return EXPAND_REPLACED;
}

/* EXPAND_MADE or EXPAND_REPLACED. */
static int make_it(struct medo *medo, struct place *p, const char *path,
		   const struct treeptr *ptr, const struct expand_opts *opts,
		   bool there)
{
	int ret = make(medo, p, path, ptr, opts, there);

	if (!ret)
		return there ? EXPAND_REPLACED : EXPAND_MADE;
	if (ret != FAIL_REQUEST || there || file_exists(p->path) <= 0)
		return ret;
	/* Somebody was faster: then it is there, and has to be right. */
	fail_clear();
	ret = deep_look(medo, path, p->path, ptr);
	return ret ? ret : EXPAND_THERE;
}

int expand_one(struct medo *medo, const char *path, const char *name,
	       const struct treeptr *ptr, const char *dest,
	       const struct expand_opts *opts)
{
	struct place p = { NULL, NULL, NULL, NULL };
	int ret = find_place(&p, path, name, ptr, dest, opts->relocate);
	int result = EXPAND_REPLACED;
	bool there = false;

	if (!ret)
		ret = check_above(&p);
	if (!ret)
		ret = check_copy(&p, path, ptr);
	if (ret)
		goto out;
	medo_sweep(medo, *p.parent ? p.parent : "/");
	ret = file_exists(p.path);
	there = ret > 0;
	if (there && !opts->deep)
		ret = quick_look(p.dest, p.rel, p.path, &ptr->id);
	if (ret < 0)
		goto out;
	if (there && !opts->deep && ret) {
		ret = leave_copy(&p, ptr, NULL);
		result = EXPAND_THERE;
		goto out;
	}
	if (there)
		result = judge(medo, &p, path, ptr, opts->force);
	if (result == EXPAND_REPLACED)
		result = make_it(medo, &p, path, ptr, opts, there);
	ret = result < 0 ? result : leave_notes(&p, ptr, opts->sync);
out:
	place_release(&p);
	/* Of several archives, which one? */
	if (ret < 0 && ret != FAIL_STOPPED && !strstr(fail_text(), quoted(path)))
		ret = fail_in(ret, "'%s'", quoted(path));
	return ret ? ret : result;
}

int expand_check(struct medo *medo, const char *dest, const char *rel,
		 const struct treeptr *ptr, const char *path, bool deep)
{
	char *abs = file_absolute(dest);
	char *place = xstrfmt("%s/%s", strcmp(abs, "/") ? abs : "", rel);
	struct place p = { abs, xstrdup(rel), place, NULL };
	int ret = file_exists(place);

	if (!ret)
		ret = fail(FAIL_MISSING, "'%s' is not there", quoted(place));
	else if (ret > 0)
		ret = deep ? 0 : quick_look(abs, rel, place, &ptr->id);
	if (!ret) {
		ret = deep_look(medo, path, place, ptr);
		/* Touched, but right: the next look is quick again. */
		if (!ret && leave_notes(&p, ptr, NULL))
			fail_clear();
	}
	place_release(&p);
	return ret > 0 ? 0 : ret;
}


static int list_below(const char *dir, const char *rel, struct strs *rels)
{
	char *path = xstrfmt("%s%s%s", dir, *rel ? "/" : "", rel);
	struct strs names = STRS_INIT;
	struct stat st;
	int ret = file_list(path, &names);

	for (size_t i = 0; !ret && i < names.n; i++) {
		size_t n = strlen(names.v[i]);
		char *name = xstrfmt("%s%s%s", rel, *rel ? "/" : "",
				     names.v[i]);
		char *full = xstrfmt("%s/%s", dir, name);

		if (lstat(full, &st))
			ret = fail_errno("cannot stat '%s'", quoted(full));
		else if (S_ISDIR(st.st_mode))
			ret = list_below(dir, name, rels);
		else if (n > 5 && ends_with(name, ".json"))
			strs_addn(rels, name, strlen(name) - 5);
		free(full);
		free(name);
	}
	strs_release(&names);
	free(path);
	return ret;
}

int expand_list(const char *dest, struct strs *rels)
{
	char *dir = xstrfmt("%s/.medo", dest);
	int ret = list_below(dir, "", rels);

	free(dir);
	strs_sort(rels);
	return ret;
}

/* Out of sight at once, or a crash would leave half of it under its name. */
static int remove_tree(const char *place)
{
	struct stage stage = STAGE_INIT;
	char *parent = xmemdup(place, (size_t)(strrchr(place, '/') - place));
	char *aside = NULL;
	int ret = file_exists(place);

	if (ret > 0) {
		ret = stage_open(&stage, *parent ? parent : "/");
		if (!ret) {
			aside = xstrfmt("%s/old", stage_path(&stage));
			ret = temp_move(place, aside, 0);
		}
	}
	stage_drop(&stage);
	free(aside);
	free(parent);
	return ret;
}

int expand_remove(const char *dest, const char *rel)
{
	char *place = xstrfmt("%s/%s", dest, rel);
	char *copy = expand_copy_path(dest, rel);
	char *note = expand_record_path(dest, rel);
	int ret = remove_tree(place);

	if (!ret)
		ret = file_remove_tree(AT_FDCWD, copy);
	if (!ret)
		ret = file_remove_tree(AT_FDCWD, note);
	free(place);
	free(copy);
	free(note);
	return ret;
}
