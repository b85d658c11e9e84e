/*
 * git medo init: a directory becomes a medo.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/temp.h"
#include "codec/url.h"

#include <sys/stat.h>

#define ATTRIBUTES "*.treeptr text eol=lf diff=medo merge=medo\n"
#define FILE_MAX (1 << 20)

static const char *const usage[] = {
	"git medo init [-q] [--silo <url> [--push <url>]]... <dir>",
	NULL
};

/* "/srv/deps.silo" is called "deps". */
static char *name_of(const char *url)
{
	const char *base = file_basename(url);
	size_t n = strlen(base);

	if (n > 5 && ends_with(base, ".silo"))
		n -= 5;
	return xmemdup(base, n);
}

static bool lists(const struct silo_list *list, const char *url)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i].url, url))
			return true;
	return false;
}

/*
 * For reading and writing.  Few web servers take WebDAV, so http and https are
 * for reading unless `push` says where to write.
 */
static void add_silo(struct silo_list *list, const char *url, const char *push,
		     bool *changed)
{
	char *normal = medo_normal_url(url, NULL);
	char *to = push ? medo_normal_url(push, NULL) : NULL;
	char *name = name_of(normal);
	bool web = starts_with(normal, "http://") ||
		   starts_with(normal, "https://");

	if (!lists(list, normal)) {
		silo_list_add(list, name, normal, to ? to :
			      web ? NULL : normal);
		*changed = true;
	}
	free(name);
	free(to);
	free(normal);
}

/* What the user types he allows. */
static int allow_all(struct medo *medo, const struct strs *urls)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < urls->n; i++) {
		char *normal = medo_normal_url(urls->v[i], NULL);

		ret = medo_allow(medo, normal, false, false);
		free(normal);
	}
	return ret;
}

/* We write nothing that we would not read. */
static int format_list(const struct silo_list *list, const char *path,
		       struct buf *text)
{
	struct silo_list again = SILO_LIST_INIT;
	int ret;

	buf_reset(text);
	silo_list_format(list, text);
	ret = silo_list_parse(&again, text->ptr, text->len, path);
	silo_list_release(&again);
	return ret;
}

/* Before it stands in a file: what no push or fetch would take. */
static int check_urls(const struct strs *urls)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < urls->n; i++) {
		char *normal = medo_normal_url(urls->v[i], NULL);
		struct url url = URL_INIT;

		if (strstr(normal, "://"))
			ret = url_parse(&url, normal);
		url_release(&url);
		free(normal);
	}
	return ret;
}

static int write_silos(struct medo *medo, const char *dir,
		       const struct strs *urls, const struct strs *pushes,
		       bool *changed)
{
	char *path = xstrfmt("%s/SILO.json", dir);
	struct silo_list list = SILO_LIST_INIT;
	struct buf text = BUF_INIT;
	int ret = file_read(path, FILE_MAX, &text);

	if (!ret)
		ret = silo_list_parse(&list, text.ptr, text.len, path);
	else if (ret == FAIL_MISSING)
		ret = 0;
	for (size_t i = 0; !ret && i < urls->n; i++)
		add_silo(&list, urls->v[i],
			 i < pushes->n ? pushes->v[i] : NULL, changed);
	if (!ret && *changed)
		ret = format_list(&list, path, &text);
	if (!ret)
		ret = allow_all(medo, urls);
	if (!ret)
		ret = allow_all(medo, pushes);
	if (!ret && *changed)
		ret = temp_write(path, text.ptr, text.len, TEMP_DURABLE);
	buf_release(&text);
	silo_list_release(&list);
	free(path);
	return ret;
}

static int write_attributes(const char *dir)
{
	char *path = xstrfmt("%s/.gitattributes", dir);
	struct buf text = BUF_INIT;
	int ret = file_read(path, FILE_MAX, &text);

	if (ret == FAIL_MISSING)
		ret = 0;
	if (!ret && !strstr(text.ptr, ATTRIBUTES)) {
		if (text.len && text.ptr[text.len - 1] != '\n')
			buf_addc(&text, '\n');
		buf_adds(&text, ATTRIBUTES);
		ret = temp_write(path, text.ptr, text.len, 0);
	}
	buf_release(&text);
	free(path);
	return ret;
}

/* In the work tree, and not in what is git's own. */
static int check_dir(struct medo *medo, const char *dir)
{
	char *abs = file_absolute(dir), *real, *probe;
	size_t n = strlen(medo->git.top);
	int ret = 0;

	/* The part that is there already, as git sees it. */
	for (probe = xstrdup(abs); !(real = realpath(probe, NULL));)
		*strrchr(probe, '/') = '\0';
	if (strncmp(real, medo->git.top, n) || (real[n] && real[n] != '/'))
		ret = fail(FAIL_REQUEST, "'%s' is not in the work tree '%s'",
			   quoted(dir), quoted(medo->git.top));
	else if (starts_with(real + n, "/.git/") ||
		 !strcmp(real + n, "/.git") || strstr(abs, "/.git/"))
		ret = fail(FAIL_REQUEST, "'%s' is git's own", quoted(dir));
	free(real);
	free(probe);
	free(abs);
	return ret;
}

int cmd_init(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct strs silos = STRS_INIT, pushes = STRS_INIT;
	bool changed = false;
	int quiet = 0, ret;
	const struct opt opts[] = {
		OPT_STRS(0, "silo", &silos, "url",
			 "a silo to read from and write to"),
		OPT_STRS(0, "push", &pushes, "url",
			 "where to write the first, second ... of them"),
		OPT_BOOL('q', "quiet", &quiet, "do not say what was made"),
		OPT_END
	};

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "init takes one <dir>");
	ret = medo_open(&medo, MEDO_WORK_TREE);
	if (!ret)
		ret = check_dir(&medo, argv[0]);
	if (!ret)
		ret = check_urls(&silos);
	if (!ret)
		ret = check_urls(&pushes);
	if (!ret)
		ret = temp_mkdirs(argv[0], 0);
	if (!ret && silos.n)
		ret = write_silos(&medo, argv[0], &silos, &pushes, &changed);
	if (!ret)
		ret = write_attributes(argv[0]);
	if (!ret && !quiet)
		printf("%s\n", quoted(argv[0]));
	strs_release(&silos);
	strs_release(&pushes);
	medo_release(&medo);
	return ret;
}
