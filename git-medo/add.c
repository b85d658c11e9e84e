/*
 * git medo add: a directory, file or archive, here or at a URL, becomes a blob
 * in the store, and a treeptr names it.
 */
#include "git-medo/cmd.h"
#include "base/file.h"
#include "base/temp.h"
#include "codec/stream.h"
#include "codec/url.h"
#include "medo/dirtar.h"
#include "medo/download.h"
#include "medo/gather.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <strings.h>
#include <time.h>

static const char *const usage[] = {
	"git medo add [<options>] <source> <treeptr>",
	"git medo add [<options>] --silo <dir> <source> [<treeptr>]",
	NULL
};

struct add {
	struct medo medo;
	const char *source;
	const char *path;	/* of the treeptr; NULL: none wanted */
	struct silo *silo;
	int level;
	const char *sha256;	/* of the bytes, as published; NULL: none */
	bool from_url;
	struct strs meta;
	int absolute;
	struct dirtar_opts keep;
	struct treeptr old;	/* what stands at `path` */
	struct treeptr ptr;
};

/* "mtime", "mode", or both */
static int parse_preserve(struct add *a, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, ",");

		if (n == 5 && !memcmp(text, "mtime", 5))
			a->keep.keep_mtime = true;
		else if (n == 4 && !memcmp(text, "mode", 4))
			a->keep.keep_mode = true;
		else
			return fail(FAIL_REQUEST, "--preserve knows mtime and "
				    "mode, not '%s'", quoted(text));
		text += n + (text[n] == ',');
	}
	return 0;
}

struct watched_dir {
	struct add *add;
	struct dirtar *dirtar;
};

/* The tree id may read files once more, so it comes before the last look. */
static int recheck_dir(void *data)
{
	struct watched_dir *w = data;
	struct treeptr *ptr = &w->add->ptr;
	int ret = dirtar_tree_id(w->dirtar, silo_algo(w->add->silo),
				 &ptr->tree);

	ptr->has_tree = ret > 0;
	return ret < 0 ? ret : dirtar_recheck(w->dirtar);
}

static int add_dir(struct add *a, struct gz_facts *facts)
{
	struct dirtar *dirtar = NULL;
	struct watched_dir watched = { a, NULL };
	struct source src;
	struct meter *meter;
	int ret;

	a->keep.tree = silo_algo(a->silo);
	ret = dirtar_open(&dirtar, a->source, &a->keep);
	if (ret)
		return ret;
	watched.dirtar = dirtar;
	src = dirtar_source(dirtar);
	meter = medo_meter(&a->medo, "Adding", METER_BYTES, src.size);
	ret = silo_add_if(a->silo, &src, a->level, medo_pool(&a->medo), meter,
			  recheck_dir, &watched, facts);
	meter_stop(meter);
	a->ptr.format = xstrdup("tar");
	dirtar_close(dirtar);
	return ret;
}

struct watched {
	int fd;
	struct stat before;
	const char *name;
};

static int recheck_file(void *data)
{
	struct watched *w = data;
	struct stat now;

	if (fstat(w->fd, &now))
		return fail_errno("cannot stat '%s'", quoted(w->name));
	if (now.st_size != w->before.st_size ||
	    now.st_mtim.tv_sec != w->before.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != w->before.st_mtim.tv_nsec)
		return fail(FAIL_REQUEST, "'%s' changed while it was read; "
			    "nothing was stored", quoted(w->name));
	return 0;
}

/* The first bytes tell the format; a pointer as content deserves a word. */
static int sniff(struct add *a, const struct source *src)
{
	size_t len = (size_t)MIN(src->size, STREAM_SNIFF_SIZE);
	char *head = xmalloc(len);
	int ret = src->read(src->data, 0, head, len);
	const char *format = ret ? NULL : stream_sniff(head, len);

	if (format)
		a->ptr.format = xstrdup(format);
	if (!ret && treeptr_likely(head, len))
		say("warning: ", "'%s' is a treeptr itself; it is stored as a "
		    "plain file", quoted(a->source));
	free(head);
	return ret;
}

/* What upstream published decides before anything is stored. */
static int check_sha256(const struct add *a, const unsigned char *sha256)
{
	char hex[SEAL_HEX_MAX];
	struct seal is;

	memcpy(is.raw, sha256, sizeof(is.raw));
	if (!a->sha256 || !strcasecmp(seal_hex(&is, hex), a->sha256))
		return 0;
	return fail(FAIL_CORRUPT, "'%s' has SHA-256 %s, not %s; nothing was "
		    "stored", quoted(a->source), hex, quoted(a->sha256));
}

static int check_file(const struct add *a, int fd, uint64_t size)
{
	unsigned char *buf = xmalloc(PIECE_SIZE);
	struct hash hash;
	struct id is;
	int ret = 0;

	hash_init(&hash, ID_SHA256);
	for (uint64_t off = 0; !ret && off < size; off += PIECE_SIZE) {
		size_t n = (size_t)MIN(size - off, PIECE_SIZE);

		ret = stop_check();
		if (!ret)
			ret = file_pread(fd, off, buf, n);
		hash_add(&hash, buf, n);
	}
	hash_final(&hash, &is);
	free(buf);
	return ret ? ret : check_sha256(a, is.raw);
}

static int add_file(struct add *a, int fd, const struct stat *st,
		    struct gz_facts *facts)
{
	struct watched w = { fd, *st, a->source };
	struct source src = source_fd(&w.fd, (uint64_t)st->st_size, a->source);
	struct meter *meter;
	int ret = sniff(a, &src);

	if (ret)
		return fail_in(ret, "'%s'", quoted(a->source));
	if (a->sha256 && !a->from_url)
		ret = check_file(a, fd, src.size);
	if (ret)
		return ret;
	meter = medo_meter(&a->medo, "Adding", METER_BYTES, src.size);
	ret = silo_add_if(a->silo, &src, a->level, medo_pool(&a->medo), meter,
			  recheck_file, &w, facts);
	meter_stop(meter);
	/* It ended early: somebody cut it under our hands. */
	if (ret == FAIL_CORRUPT)
		ret = fail(FAIL_REQUEST, "'%s' changed while it was read; "
			   "nothing was stored", quoted(a->source));
	return ret;
}

static int add_url(struct add *a, struct gz_facts *facts)
{
	struct temp temp = TEMP_INIT;
	struct download got;
	struct meter *meter;
	struct stat st;
	int ret;

	/* The URL would stand in the treeptr, for everybody to read. */
	if (url_has_password(a->source))
		return fail(FAIL_DENIED, "the URL holds a password, which would "
			    "be recorded; leave it to git credential");
	ret = temp_open(&temp, silo_backend(a->silo)->path);

	if (ret)
		return ret;
	meter = medo_meter(&a->medo, "Downloading", METER_BYTES, 0);
	ret = download(a->source, temp.fd, meter, &got);
	meter_stop(meter);
	if (!ret)
		ret = check_sha256(a, got.sha256);
	if (!ret && fstat(temp.fd, &st))
		ret = fail_errno("cannot stat a temporary file");
	if (!ret)
		ret = add_file(a, temp.fd, &st, facts);
	temp_drop(&temp);
	return ret;
}

static int add_source(struct add *a, struct gz_facts *facts)
{
	int fd, ret;
	struct stat st;

	if (a->from_url)
		return add_url(a, facts);
	fd = open(a->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail_errno("cannot open '%s'", quoted(a->source));
	if (fstat(fd, &st))
		ret = fail_errno("cannot stat '%s'", quoted(a->source));
	else if (S_ISDIR(st.st_mode) && a->sha256)
		ret = fail(FAIL_REQUEST, "'%s' is a directory; --sha256 is of "
			   "a file or URL", quoted(a->source));
	else if (S_ISDIR(st.st_mode))
		ret = add_dir(a, facts);
	else if (S_ISREG(st.st_mode))
		ret = add_file(a, fd, &st, facts);
	else
		ret = fail(FAIL_REQUEST, "'%s' is neither a file nor a "
			   "directory", quoted(a->source));
	close(fd);
	return ret;
}

/* Said before the work is done: what would make it vain. */
static int check_pointer(struct add *a)
{
	int ret = a->path ? treeptr_load(&a->old, a->path) : FAIL_MISSING;

	if (ret && ret != FAIL_MISSING)
		return fail_in(ret, "will not overwrite what is no treeptr");
	fail_clear();
	for (size_t i = 0; i < a->meta.n; i++)
		if (!strchr(a->meta.v[i], '='))
			return fail(FAIL_REQUEST, "--meta takes KEY=VALUE, not "
				    "'%s'", quoted(a->meta.v[i]));
	return 0;
}

/* The same content keeps its provenance; new content begins anew. */
static void keep_old(struct add *a, const struct gz_facts *facts)
{
	if (!id_eq(&a->old.id, &facts->id))
		return;
	SWAP(a->ptr.provenance, a->old.provenance);
	SWAP(a->ptr.prefix, a->old.prefix);
	SWAP(a->ptr.rest, a->old.rest);
}

/* Where it came from; --meta may say better. */
static int set_origin(struct add *a)
{
	time_t now = time(NULL);
	char date[32], *upstream;
	struct tm tm;
	int ret = 0;

	/* The same content again: it has its date. */
	if (!a->ptr.provenance) {
		gmtime_r(&now, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
		ret = treeptr_set_meta(&a->ptr, "url", a->source);
		if (!ret)
			ret = treeptr_set_meta(&a->ptr, "date", date);
	}
	if (!ret && a->sha256) {
		upstream = xstrfmt("sha256:%s", a->sha256);
		ret = treeptr_set_meta(&a->ptr, "upstream", upstream);
		free(upstream);
	}
	return ret;
}

static int set_meta(struct add *a)
{
	int ret = a->from_url ? set_origin(a) : 0;

	for (size_t i = 0; !ret && i < a->meta.n; i++) {
		char *key = a->meta.v[i], *eq = strchr(key, '=');

		*eq = '\0';
		ret = treeptr_set_meta(&a->ptr, key, eq + 1);
	}
	if (!ret && a->absolute) {
		free(a->ptr.prefix);
		a->ptr.prefix = file_absolute(a->source);
	}
	return ret;
}

static int write_pointer(struct add *a, const struct gz_facts *facts)
{
	struct buf text = BUF_INIT;
	char *dir, *slash;
	int ret;

	a->ptr.id = facts->id;
	a->ptr.size = facts->size;
	a->ptr.seal = facts->seal;
	a->ptr.has_seal = true;
	keep_old(a, facts);
	ret = set_meta(a);
	if (ret || !a->path)
		return ret;
	dir = xstrdup(a->path);
	slash = strrchr(dir, '/');
	if (slash && slash > dir) {
		*slash = '\0';
		ret = temp_mkdirs(dir, 0);
	}
	free(dir);
	treeptr_format(&a->ptr, &text);
	if (!ret && text.len > TREEPTR_MAX)
		ret = fail(FAIL_REQUEST, "'%s' would be over %d bytes; say less "
			   "with --meta", quoted(a->path), TREEPTR_MAX);
	if (!ret)
		ret = temp_write_via(silo_backend(a->silo)->path, a->path,
				     text.ptr, text.len, TEMP_DURABLE);
	buf_release(&text);
	return ret;
}

static int open_silo(struct add *a, const char *dir)
{
	unsigned flags = 0;
	int ret;

	if (!dir)
		return medo_store(&a->medo, &a->silo);
	ret = medo_durable(&a->medo, &flags);
	return ret ? ret : silo_open(&a->silo, dir, a->medo.git.dir ?
				     medo_algo(&a->medo) : ID_NONE, flags |
				     SILO_CREATE | SILO_WRITE);
}

static int run(struct add *a, const char *dir)
{
	char name[SILO_NAME_MAX], hex[ID_HEX_MAX];
	struct gz_facts facts;
	uint64_t level;
	int ret = gitdir_get_u64(&a->medo.git, "medo.compression", 6, &level);

	if (!ret && (level < 1 || level > 12))
		ret = fail(FAIL_REQUEST, "git config medo.compression: 1 to "
			   "12, not %" PRIu64, level);
	a->level = (int)level;
	if (!ret)
		ret = check_pointer(a);
	if (!ret)
		ret = open_silo(a, dir);
	if (!ret)
		ret = silo_hold(a->silo, false);
	if (!ret)
		ret = add_source(a, &facts);
	if (!ret)
		ret = write_pointer(a, &facts);
	if (!ret)
		printf("%s\t%s/%s\n", id_hex(&facts.id, hex),
		       quoted(silo_backend(a->silo)->path),
		       silo_blob_name(&facts.id, name));
	return ret;
}

int cmd_add(int argc, const char **argv)
{
	struct add a = {
		.medo = MEDO_INIT, .meta = STRS_INIT, .old = TREEPTR_INIT,
		.ptr = TREEPTR_INIT,
	};
	struct talk talk = { 0, 0 };
	const char *dir = NULL, *preserve = NULL;
	const struct opt opts[] = {
		OPT_STR(0, "silo", &dir, "dir",
			"into this silo instead of the store"),
		OPT_STRS(0, "meta", &a.meta, "key=value",
			 "set a key of the provenance"),
		OPT_BOOL(0, "absolute", &a.absolute,
			 "the tree works only where it is: record that"),
		OPT_STR(0, "sha256", &a.sha256, "hex",
			"refuse other bytes than these, of a file or URL"),
		OPT_STR(0, "preserve", &preserve, "what",
			"keep mtime, mode, or mtime,mode"),
		TALK_OPTS(&talk),
		OPT_END
	};
	int n = opt_parse(argc, argv, opts, usage), ret;
	struct seal seal;

	if (n < 1 || n > 2 || (n == 1 && !dir))
		opt_usage(usage, opts, "add takes <source> and <treeptr>");
	a.source = argv[0];
	a.path = argv[1];
	if (a.path && (!ends_with(a.path, TREEPTR_SUFFIX) ||
		       !strcmp(file_basename(a.path), TREEPTR_SUFFIX)))
		opt_usage(usage, opts, "'%s' is no name of a treeptr: it has "
			  "to end in " TREEPTR_SUFFIX, quoted(a.path));
	a.from_url = strstr(a.source, "://") &&
		     strncasecmp(a.source, "file://", 7);
	if (!a.from_url && starts_with(a.source, "file:///"))
		a.source += strlen("file://");
	if (a.sha256 && seal_parse(&seal, a.sha256, strlen(a.sha256)))
		opt_usage(usage, opts, "--sha256 takes 64 hexadecimal digits in "
			  "small letters, not '%s'", quoted(a.sha256));
	ret = medo_open(&a.medo, MEDO_ANYWHERE);
	talk_apply(&talk, &a.medo);
	if (!ret)
		ret = parse_preserve(&a, preserve);
	if (!ret)
		ret = run(&a, dir);
	if (dir)
		silo_close(a.silo);
	treeptr_release(&a.old);
	treeptr_release(&a.ptr);
	strs_release(&a.meta);
	medo_release(&a.medo);
	return ret;
}
