/*
 * git medo url-for: SILO.json and treeptr combined.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "medo/tracked.h"
#include "model/pack.h"

static const char *const usage[] = {
	"git medo url-for [<options>] <treeptr>...",
	NULL
};

/*
 * Small blobs travel in packs, and then have no file of their own.  Of a silo
 * on this disk that can be seen; elsewhere it may be.
 */
static void warn_small(const char *path, const char *url, uint64_t size)
{
	int there = strstr(url, "://") ? 0 : file_exists(url);

	fail_clear();
	if (size <= PACK_BLOB_MAX && there != 1)
		say("warning: ", "'%s' is small, so it may lie in a pack of the "
		    "silo; 'git medo cat' finds it", quoted(path));
}

static int print(struct medo *medo, const char *path, struct rows *rows)
{
	struct silo_list list = SILO_LIST_INIT;
	struct treeptr ptr = TREEPTR_INIT;
	char name[SILO_NAME_MAX], hex[ID_HEX_MAX];
	int ret = tracked_pointer(medo, path, &ptr);

	if (!ret)
		ret = medo_silos(medo, path, &list);
	if (!ret && !list.n)
		ret = fail(FAIL_MISSING, "'%s' has no SILO.json above it; see "
			   "git medo init", quoted(path));
	for (size_t i = 0; !ret && i < list.n; i++) {
		size_t n = strlen(list.v[i].url);
		char *url = xstrfmt("%s%s%s", list.v[i].url,
				    n && list.v[i].url[n - 1] == '/' ? "" : "/",
				    silo_blob_name(&ptr.id, name));

		rows_str(rows, "url", url);
		if (rows->json) {
			rows_str(rows, "path", path);
			rows_str(rows, "id", id_hex(&ptr.id, hex));
			if (list.v[i].name)
				rows_str(rows, "silo", list.v[i].name);
		}
		rows_end(rows);
		if (!i)
			warn_small(path, url, ptr.size);
		free(url);
	}
	treeptr_release(&ptr);
	silo_list_release(&list);
	return ret;
}

int cmd_url_for(int argc, const char **argv)
{
	struct medo medo = MEDO_INIT;
	struct rows rows = { 0, 0, 0 };
	const struct opt opts[] = {
		ROWS_OPTS(&rows),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;

	if (!n)
		opt_usage(usage, opts, "which <treeptr>?");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	for (int i = 0; !ret && i < n; i++)
		ret = print(&medo, argv[i], &rows);
	medo_release(&medo);
	return ret;
}
