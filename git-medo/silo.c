/*
 * git medo silo: the silo itself, whoever uses it.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/temp.h"
#include "silo/check.h"

static int silo_init(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo init [-q] [--object-format <format>] <silo>",
		NULL
	};
	struct medo medo = MEDO_INIT;
	struct silo *silo = NULL;
	const char *format = "sha1";
	int quiet = 0, ret;
	enum id_algo algo;
	const struct opt opts[] = {
		OPT_STR(0, "object-format", &format, "format",
			"what ids are: sha1 or sha256"),
		OPT_BOOL('q', "quiet", &quiet, "do not say what was made"),
		OPT_END
	};

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "silo init takes one <silo>");
	algo = id_algo_parse(format);
	if (!algo)
		opt_usage(usage, opts, "object format '%s' is neither sha1 nor "
			  "sha256", quoted(format));
	ret = silo_open(&silo, argv[0], algo, SILO_CREATE | SILO_DURABLE |
			SILO_ANY_ADDRESS);
	if (!ret && !quiet)
		printf("%s\n", quoted(silo_url(silo)));
	/* Typed by the user, so it is allowed, where there is a repository. */
	if (!ret && !gitdir_open(&medo.git, true) && medo.git.dir)
		ret = medo_allow(&medo, silo_url(silo), false, false);
	silo_close(silo);
	medo_release(&medo);
	return ret;
}

struct totals {
	uint64_t blobs;
	uint64_t bytes;
};

static int count(void *data, const struct id *id UNUSED, uint64_t size)
{
	struct totals *t = data;

	t->blobs++;
	t->bytes += size;
	return stop_check();
}

/* Where nothing at all was found: a place that is empty, or a typing error? */
static int check_there(struct silo *silo, uint64_t blobs)
{
	struct backend *b = silo_backend(silo);
	uint64_t size;
	int ret = blobs || b->path ? 1 : b->ops->has(b, "silo.json", &size);

	return ret ? MIN(ret, 0) :
	       fail(FAIL_NET, "there is no silo at '%s'", quoted(b->url));
}

static int silo_info(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo info [--json] <silo>",
		NULL
	};
	struct totals t = { 0, 0 };
	struct silo *silo = NULL;
	struct rows rows = { 0, 0, 0 };
	const struct opt opts[] = {
		OPT_BOOL(0, "json", &rows.json, "as one JSON object"),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "silo info takes one <silo>");
	ret = silo_open(&silo, argv[0], ID_NONE, SILO_ANY_ADDRESS);
	if (!ret)
		ret = silo_each(silo, count, &t);
	if (!ret)
		ret = check_there(silo, t.blobs);
	if (!ret && rows.json) {
		rows_str(&rows, "url", silo_url(silo));
		rows_str(&rows, "object-format",
			 id_algo_name(silo_algo(silo)));
		rows_u64(&rows, "blobs", t.blobs);
		rows_u64(&rows, "bytes", t.bytes);
		rows_end(&rows);
	} else if (!ret) {
		printf("url: %s\nobject-format: %s\nblobs: %" PRIu64
		       "\nbytes: %" PRIu64 "\n", quoted(silo_url(silo)),
		       id_algo_name(silo_algo(silo)), t.blobs, t.bytes);
	}
	silo_close(silo);
	return ret;
}

struct listed {
	struct rows rows;
	uint64_t n;
};

static int print_blob(void *data, const struct id *id, uint64_t size)
{
	struct listed *l = data;
	char hex[ID_HEX_MAX];

	l->n++;
	rows_str(&l->rows, "id", id_hex(id, hex));
	rows_u64(&l->rows, "file-size", size);
	rows_end(&l->rows);
	return stop_check();
}

static int silo_ls(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo ls [<options>] <silo>",
		NULL
	};
	struct silo *silo = NULL;
	struct listed l = { .n = 0 };
	const struct opt opts[] = {
		ROWS_OPTS(&l.rows),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "silo ls takes one <silo>");
	ret = silo_open(&silo, argv[0], ID_NONE, SILO_ANY_ADDRESS);
	if (!ret)
		ret = silo_each(silo, print_blob, &l);
	if (!ret)
		ret = check_there(silo, l.n);
	silo_close(silo);
	return ret;
}

struct report {
	struct rows rows;
	uint64_t bad;
};

static int print_verdict(void *data, enum check_verdict verdict,
			 const char *name, const char *why)
{
	static const char *const words[] = {
		[CHECK_CORRUPT] = "corrupt", [CHECK_STRANGE] = "strange",
	};
	struct report *r = data;

	rows_str(&r->rows, "verdict", words[verdict]);
	rows_str(&r->rows, "name", name);
	rows_end(&r->rows);
	fflush(stdout);
	say(verdict == CHECK_CORRUPT ? "error: " : "warning: ", "'%s': %s",
	    quoted(name), why);
	/* What somebody left in the folder harms no blob. */
	r->bad += verdict == CHECK_CORRUPT;
	return 0;
}

static int silo_verify_cmd(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo verify [<options>] <silo>",
		NULL
	};
	struct report report = { .bad = 0 };
	struct medo medo = MEDO_INIT;
	struct talk talk = { 0, 0 };
	struct check check = { .each = print_verdict, .data = &report };
	struct silo *silo = NULL, *cache;
	int quick = 0, ret;
	const struct opt opts[] = {
		OPT_BOOL(0, "quick", &quick,
			 "only names, sizes, trailers and indexes"),
		TALK_OPTS(&talk),
		ROWS_OPTS(&report.rows),
		OPT_END
	};

	if (opt_parse(argc, argv, opts, usage) != 1)
		opt_usage(usage, opts, "silo verify takes one <silo>");
	talk_apply(&talk, &medo);
	check.quick = quick;
	ret = silo_open(&silo, argv[0], ID_NONE, SILO_ANY_ADDRESS);
	if (!ret && !silo_backend(silo)->path) {
		ret = medo_open(&medo, MEDO_ANYWHERE);
		if (!ret)
			ret = medo_cache(&medo, &cache);
		if (!ret)
			check.scratch = silo_backend(cache)->path;
	}
	check.meter = medo_meter(&medo, "Verifying", METER_BYTES, 0);
	if (!ret)
		ret = check_silo(silo, medo_pool(&medo), &check);
	meter_stop(check.meter);
	if (!ret)
		ret = check_there(silo, check.blobs);
	if (!ret && !talk.quiet)
		fprintf(stderr, "%" PRIu64 " blobs, %" PRIu64 " bytes of "
			"content, %" PRIu64 " bad\n", check.blobs, check.bytes,
			report.bad);
	silo_close(silo);
	medo_release(&medo);
	return ret ? ret : report.bad ? 1 : 0;
}

static const struct {
	const char *name;
	int (*fn)(int argc, const char **argv);
	const char *summary;
} commands[] = {
#define SILO_CMD(name, fn, summary) { name, fn, summary },
#include "git-medo/silo_commands.h"
#undef SILO_CMD
};

static void print_help(FILE *to)
{
	fputs("usage: git medo silo <command> [<args>]\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "    %-12s%s\n", commands[i].name,
			commands[i].summary);
}

int cmd_silo(int argc, const char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		print_help(stdout);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "--list-opts"))
		return 0;
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].fn(argc - 1, argv + 1);
	if (argc > 1)
		say("error: ", "'%s' is not a silo command", quoted(argv[1]));
	print_help(stderr);
	return 129;
}
