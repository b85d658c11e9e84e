/*
 * git medo silo copy: blobs of one silo into another.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "silo/copy.h"

#define MANIFEST_MAX ((size_t)1 << 30)

/*
 * A line names a blob by its id; what follows behind a tab or space is for
 * people, so that `git medo reachable` writes manifests.
 */
static int read_manifest(const char *path, enum id_algo algo,
			 struct idset *out)
{
	bool is_stdin = !strcmp(path, "-");
	struct buf text = BUF_INIT;
	const char *p, *end;
	size_t line = 0;
	int ret = is_stdin ? file_read_fd(0, "standard input", MANIFEST_MAX,
					  &text) :
		  file_read(path, MANIFEST_MAX, &text);

	if (ret)
		return ret;
	for (p = text.ptr, end = p + text.len; !ret && p < end; ) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = eol ? (size_t)(eol - p) : (size_t)(end - p);
		size_t word = 0;
		struct id id;

		line++;
		while (word < len && p[word] != '\t' && p[word] != ' ' &&
		       p[word] != '\r')
			word++;
		if (!len) {
			;	/* an empty line says nothing */
		} else if (id_parse(&id, p, word) || id.algo != algo) {
			ret = fail(FAIL_FORMAT, "'%s', line %zu: not a %s id",
				   quoted(path), line, id_algo_name(algo));
		} else {
			idset_add(out, &id);
		}
		p += len + (eol != NULL);
	}
	buf_release(&text);
	return ret;
}

static int told(void *data UNUSED, const struct id *id, const char *why)
{
	char hex[ID_HEX_MAX];

	/* As a rule the reason names it. */
	if (strstr(why, id_hex(id, hex)))
		say("error: ", "%s", why);
	else
		say("error: ", "blob %s: %s", hex, why);
	return 0;
}

/* The other one is made, so it has to wait until it is known what for. */
static int open_to(const char **urls, struct silo *from, unsigned flags,
		   struct silo **to)
{
	int ret = silo_open(to, urls[1], silo_algo(from),
			    flags | SILO_CREATE | SILO_WRITE);

	if (!ret && silo_same_place(from, *to))
		ret = fail(FAIL_REQUEST, "'%s' and '%s' are the same silo",
			   quoted(urls[0]), quoted(urls[1]));
	return ret;
}

static int list_from(struct silo *from, const char *manifest,
		     struct copy_list *list)
{
	struct idset only = IDSET_INIT;
	int ret = manifest ? read_manifest(manifest, silo_algo(from), &only) :
		  0;

	if (!ret)
		ret = copy_list(list, from, manifest ? &only : NULL);
	idset_release(&only);
	return ret;
}

static int run(struct medo *medo, const char **urls, const char *manifest,
	       struct copy_result *result)
{
	struct copy_opts opts = { .failed = told };
	struct copy_list list = COPY_LIST_INIT;
	struct silo *from = NULL, *to = NULL, *cache;
	unsigned flags = 0;
	int ret = medo_durable(medo, &flags);

	/* Both were typed by the user. */
	flags |= SILO_ANY_ADDRESS;
	if (!ret)
		ret = silo_open(&from, urls[0], ID_NONE, flags);
	if (!ret)
		ret = list_from(from, manifest, &list);
	if (!ret)
		ret = open_to(urls, from, flags, &to);
	if (!ret)
		ret = medo_cache(medo, &cache);
	if (!ret)
		ret = medo_move_opts(medo, &opts.how);
	if (!ret) {
		opts.scratch = silo_backend(cache)->path;
		opts.how.meter = medo_meter(medo, "Copying", METER_BYTES, 0);
		ret = copy_silo(from, to, &list, &opts, result);
		meter_stop(opts.how.meter);
	}
	copy_list_release(&list);
	silo_close(from);
	silo_close(to);
	return ret;
}

int silo_copy_cmd(int argc, const char **argv)
{
	static const char *const usage[] = {
		"git medo silo copy [<options>] <from> <to>",
		NULL
	};
	struct copy_result result = { .worst = 0 };
	const char *manifest = NULL, *bwlimit = NULL;
	struct medo medo = MEDO_INIT;
	struct talk talk = { 0, 0 };
	const struct opt opts[] = {
		OPT_STR(0, "manifest", &manifest, "file",
			"only the ids that it lists, a line each; - is stdin"),
		BWLIMIT_OPT(&bwlimit),
		TALK_OPTS(&talk),
		OPT_END
	};
	int ret;

	if (opt_parse(argc, argv, opts, usage) != 2)
		opt_usage(usage, opts, "silo copy takes <from> and <to>");
	ret = medo_open(&medo, MEDO_ANYWHERE);
	talk_apply(&talk, &medo);
	if (!ret)
		ret = rate_parse(bwlimit, &medo.rate);
	if (!ret)
		ret = run(&medo, argv, manifest, &result);
	if (!ret && !talk.quiet)
		fprintf(stderr, "%" PRIu64 " copied, %" PRIu64 " were there, %"
			PRIu64 " failed\n", result.copied, result.there,
			result.failed);
	medo_release(&medo);
	return ret ? ret : result.failed ? fail_exit_code(result.worst) : 0;
}
