/*
 * git medo track: these files are to be filtered, as .gitattributes says.
 */
#include "git-medo/attributes.h"
#include "git-medo/hookfile.h"
#include "base/file.h"
#include "base/run.h"
#include "base/temp.h"
#include "medo/gather.h"

#include <fnmatch.h>

static const char *const usage[] = {
	"git medo track [<options>] <pattern>...",
	"git medo track [<options>]",
	NULL
};

struct track {
	struct medo medo;
	struct rows rows;
	int literal;
	int dry_run;
	int quiet;
	const char *listed;	/* the file whose lines are printed */
	unsigned added;
};

static void print_row(void *data, const char *pattern)
{
	struct track *t = data;
	struct buf shown = BUF_INIT;

	attributes_shown(pattern, &shown);
	rows_str(&t->rows, "pattern", shown.ptr);
	rows_str(&t->rows, "file", t->listed);
	rows_end(&t->rows);
	buf_release(&shown);
}

static int list_file(struct track *t, const char *path)
{
	struct buf text = BUF_INIT;
	int ret = attributes_read(path, &text);

	t->listed = path;
	if (!ret)
		attributes_each(&text, print_row, t);
	else if (ret == FAIL_REQUEST)
		ret = 0;
	buf_release(&text);
	return ret;
}

/* All .gitattributes of the work tree, and the repository's own. */
static int list(struct track *t)
{
	static const char *const argv[] = {
		"git", "ls-files", "-z", "--cached", "--others",
		"--exclude-standard", "--deduplicate", "--full-name", "--",
		":(top,glob)**/.gitattributes", NULL
	};
	struct run run = { .argv = argv };
	char *info = xstrfmt("%s/info/attributes", t->medo.git.common);
	char *up = gather_way_up(&t->medo);
	struct buf out = BUF_INIT;
	int ret = run_capture(&run, &out, 0);

	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git ls-files failed");
	for (const char *p = out.ptr; !ret && p < out.ptr + out.len;
	     p += strlen(p) + 1) {
		char *path = xstrfmt("%s%s", up, p);

		ret = list_file(t, path);
		free(path);
	}
	if (!ret)
		ret = list_file(t, info);
	buf_release(&out);
	free(info);
	free(up);
	return ret;
}

/* These say what is filtered and where it comes from: never filtered. */
static int check_pattern(const char *pattern)
{
	static const char *const names[] = {
		".gitattributes", ".gitignore", ".gitmodules", "SILO.json",
		"MEDO.json", "any.treeptr",
	};
	const char *p = *pattern == '/' ? pattern + 1 : pattern;

	for (size_t i = 0; !strchr(p, '/') && i < ARRAY_SIZE(names); i++)
		if (!fnmatch(p, names[i], 0))
			return fail(FAIL_REQUEST, "'%s' matches '%s', which "
				    "must not be filtered", quoted(pattern),
				    names[i]);
	return 0;
}

/*
 * The file is the one of this directory, as patterns are relative to it; that
 * of the top for a name outside.
 */
static int place(struct track *t, const char *typed, char **file, char **name)
{
	char *up, *below = NULL;
	int ret;

	*file = xstrdup(".gitattributes");
	*name = xstrdup(typed);
	if (*typed != '/' && strncmp(typed, "../", 3))
		return 0;
	if (!t->literal)
		return *typed == '/' ? 0 :
		       fail(FAIL_REQUEST, "'%s' leads out of this directory; "
			    "patterns are relative to it", quoted(typed));
	ret = gitdir_below_top(&t->medo.git, typed, &below);
	if (ret)
		return ret;
	up = gather_way_up(&t->medo);
	free(*file);
	free(*name);
	*file = xstrfmt("%s.gitattributes", up);
	*name = below;
	free(up);
	return 0;
}

static int append(struct track *t, const char *file, const char *pattern)
{
	struct buf text = BUF_INIT;
	int ret = attributes_read(file, &text);

	if (ret || attributes_has(&text, pattern))
		goto out;
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	buf_addf(&text, "%s " MEDO_ATTRIBUTES "\n", pattern);
	if (!t->dry_run)
		ret = temp_write(file, text.ptr, text.len, 0);
	t->added += !ret;
	t->listed = file;
	if (!ret && !t->quiet)
		print_row(t, pattern);
out:
	buf_release(&text);
	return ret;
}

static int track_one(struct track *t, const char *typed)
{
	struct buf pattern = BUF_INIT;
	char *file = NULL, *name = NULL;
	int ret = place(t, typed, &file, &name);

	if (!ret)
		ret = attributes_pattern(name, t->literal, &pattern);
	if (!ret)
		ret = check_pattern(pattern.ptr);
	if (!ret)
		ret = append(t, file, pattern.ptr);
	buf_release(&pattern);
	free(file);
	free(name);
	return ret;
}

/*
 * What the attributes say is done only once git knows of us, and pushed only
 * by our hooks: after install, which may have been run elsewhere.
 */
static int tie_in(const struct track *t)
{
	unsigned left = 0;
	bool wanted;
	int ret = gitdir_get_bool(&t->medo.git, "medo.hooks", true, &wanted);

	if (ret)
		return ret;
	if (gitdir_get(&t->medo.git, "filter.medo.process"))
		return wanted ? hooks_put(&t->medo, NULL, NULL, &left) : 0;
	if (!t->quiet)
		say("hint: ", "git does not know the filter yet: git medo "
		    "install");
	return 0;
}

/* Attributes change nothing that git has already: a word about it. */
static int advise(void)
{
	static const char *const argv[] = {
		"git", "ls-files", "-z", "--", ":(top,attr:filter=medo)", NULL
	};
	struct run run = { .argv = argv, .quiet = true };
	struct buf out = BUF_INIT;
	size_t n = 0;
	int ret = run_capture(&run, &out, 0);

	for (const char *p = out.ptr; !ret && p < out.ptr + out.len;
	     p += strlen(p) + 1)
		n++;
	if (n)
		say("hint: ", "%zu tracked files are in git already; git add "
		    "--renormalize . turns those that are content into "
		    "pointers", n);
	buf_release(&out);
	return ret < 0 ? ret : 0;
}

int cmd_track(int argc, const char **argv)
{
	struct track t = { .medo = MEDO_INIT };
	const struct opt opts[] = {
		OPT_BOOL(0, "filename", &t.literal,
			 "names of files, no patterns"),
		OPT_BOOL('n', "dry-run", &t.dry_run,
			 "only say what would be written"),
		OPT_BOOL('q', "quiet", &t.quiet, "do not say what was written"),
		ROWS_OPTS(&t.rows),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;

	ret = medo_open(&t.medo, MEDO_WORK_TREE);
	if (!ret && !n)
		ret = list(&t);
	for (int i = 0; !ret && i < n; i++)
		ret = track_one(&t, argv[i]);
	if (!ret && n && !t.dry_run)
		ret = tie_in(&t);
	if (!ret && t.added && !t.quiet && !t.dry_run)
		ret = advise();
	medo_release(&t.medo);
	return ret;
}
