#include "base/buf.h"
#include "base/fail.h"
#include "base/quote.h"
#include "model/index.h"
#include "test-tool.h"

static int answer(int ret)
{
	if (ret < 0)
		say("error: ", "%s", fail_text());
	return ret < 0 ? fail_exit_code(ret) : ret;
}

/* A line an entry, as `git ls-files -s -t` has it, but for the order. */
static int dump(const char *path, enum id_algo algo)
{
	struct index_file index = INDEX_FILE_INIT;
	int ret = index_open(&index, path, algo);

	for (size_t i = 0; !ret && i < index.n; i++) {
		const struct index_entry *entry = &index.v[i];
		char hex[ID_HEX_MAX];

		printf("%c %06o %s %u\t%s%s\n", entry->skip_worktree ? 'S' :
		       entry->assume_valid ? 'h' : entry->stage ? 'M' : 'H',
		       entry->mode, id_hex(&entry->id, hex), entry->stage,
		       entry->path, entry->intent_to_add ? " (later)" : "");
	}
	if (!ret)
		fprintf(stderr, "version %u%s%s\n", index.version,
			index.split ? " split" : "",
			index.sparse ? " sparse" : "");
	index_close(&index);
	return answer(ret);
}

/* Do the stat data of these paths, as they lie here, match? */
static int match(const char *path, enum id_algo algo, const char **argv)
{
	struct index_file index = INDEX_FILE_INIT;
	int ret = index_open(&index, path, algo);

	for (; !ret && *argv; argv++) {
		struct index_entry *entry = index_find(&index, *argv);
		struct stat st;

		if (!entry)
			printf("no entry '%s'\n", *argv);
		else if (lstat(*argv, &st) ||
			 !index_stat_matches(&index, entry, &st))
			printf("differs '%s'\n", *argv);
		else
			printf("matches '%s'\n", *argv);
	}
	index_close(&index);
	return answer(ret);
}

/* Patch in the stat data of these paths; "-PATH": forget them. */
static int patch(const char *path, enum id_algo algo, const char **argv)
{
	struct index_lock lock = INDEX_LOCK_INIT;
	int ret = index_lock(&lock, path, getenv("MARKS") ? getenv("MARKS") :
			     ".", algo, 200);

	if (ret)
		return answer(ret);
	for (; *argv; argv++) {
		const char *name = *argv + (**argv == '-');
		struct index_entry *entry = index_find(&lock.index, name);
		struct stat st;

		if (!entry)
			printf("no entry '%s'\n", name);
		else if (**argv == '-')
			index_forget_stat(&lock, entry);
		else if (!lstat(name, &st))
			index_set_stat(&lock, entry, &st);
	}
	ret = index_publish(&lock, 0);
	if (!ret && getenv("HOLD")) {
		printf("held\n");
		fflush(stdout);
		while (!stop_asked())
			pause();
	}
	if (!ret)
		ret = index_commit(&lock, TEMP_DURABLE);
	index_unlock(&lock);
	stop_now();
	return answer(ret);
}

int test_index(int argc, const char **argv)
{
	enum id_algo algo = argc > 2 ? id_algo_parse(argv[2]) : ID_NONE;

	if (algo && !strcmp(argv[1], "dump") && argc == 4)
		return dump(argv[3], algo);
	if (algo && !strcmp(argv[1], "match") && argc > 4)
		return match(argv[3], algo, argv + 4);
	if (algo && !strcmp(argv[1], "patch") && argc > 3)
		return patch(argv[3], algo, argv + 4);
	fprintf(stderr, "usage: test-tool index (dump|match|patch) "
		"(sha1|sha256) <index> [<path>...]\n");
	return 129;
}
