/*
 * git medo filter-process: git's long running filter, protocol version 2
 * (gitattributes(5), "Long Running Filter Process").
 */
#include "git-medo/hookfile.h"
#include "codec/pkt.h"
#include "medo/filter.h"

#include <fcntl.h>

/* A large content then comes in large steps: less waking each other. */
#define PIPE_SIZE (1 << 20)

static const char *const usage[] = {
	"git medo filter-process [--skip]",
	NULL
};

/* One request's head: key=value lines up to a flush. */
struct request {
	char *command;
	char *path;
	char *blob;
	char *treeish;
	bool can_delay;
};

static void request_release(struct request *r)
{
	free(r->command);
	free(r->path);
	free(r->blob);
	free(r->treeish);
	*r = (struct request){ .command = NULL };
}

static void take(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

/* PKT_EOF where git is done, PKT_FLUSH where a request stands. */
static int read_request(struct pkt *pkt, struct request *r)
{
	const char *line;
	bool any = false;
	int kind;

	while ((kind = pkt_read_line(pkt, &line)) == PKT_DATA) {
		any = true;
		if (starts_with(line, "command="))
			take(&r->command, line + 8);
		else if (starts_with(line, "pathname="))
			take(&r->path, line + 9);
		else if (starts_with(line, "blob="))
			take(&r->blob, line + 5);
		else if (starts_with(line, "treeish="))
			take(&r->treeish, line + 8);
		else if (!strcmp(line, "can-delay=1"))
			r->can_delay = true;
		/* Other keys are git's to add: ignored, as its manual asks. */
	}
	if (kind == PKT_EOF && any)
		return fail(FAIL_FORMAT, "git stopped in a request");
	if (kind == PKT_FLUSH && !r->command)
		return fail(FAIL_FORMAT, "git sent a request without command");
	return kind;
}

static int expect_line(struct pkt *pkt, const char *want)
{
	const char *line;
	int kind = pkt_read_line(pkt, &line);

	if (kind < 0)
		return kind;
	if (kind != PKT_DATA || strcmp(line, want))
		return fail(FAIL_FORMAT, "expected '%s' from git", want);
	return 0;
}

/* Lines up to a flush: PKT_DATA for each, PKT_FLUSH behind them. */
static int hello_line(struct pkt *pkt, const char **line)
{
	int kind = pkt_read_line(pkt, line);

	return kind == PKT_EOF ? fail(FAIL_FORMAT, "git stopped in its first "
				      "words") : kind;
}

static int handshake(struct pkt *pkt)
{
	static const char *const known[] = { "clean", "smudge", "delay" };
	unsigned asked = 0;
	const char *line;
	bool two = false;
	int kind, ret = expect_line(pkt, "git-filter-client");

	if (ret)
		return ret;
	while ((kind = hello_line(pkt, &line)) == PKT_DATA)
		two |= !strcmp(line, "version=2");
	if (kind < 0)
		return kind;
	if (!two)
		return fail(FAIL_FORMAT, "git does not speak version 2 of the "
			    "filter protocol; it needs git 2.11");
	ret = pkt_write_line(pkt, "git-filter-server");
	if (!ret)
		ret = pkt_write_line(pkt, "version=2");
	if (!ret)
		ret = pkt_write_flush(pkt);
	while (!ret && (kind = hello_line(pkt, &line)) == PKT_DATA)
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (starts_with(line, "capability=") &&
			    !strcmp(line + 11, known[i]))
				asked |= 1u << i;
	if (!ret && kind < 0)
		return kind;
	for (size_t i = 0; !ret && i < ARRAY_SIZE(known); i++)
		if (asked & 1u << i)
			ret = pkt_write_line(pkt, "capability=%s", known[i]);
	return ret ? ret : pkt_write_flush(pkt);
}

/* The content of one request, packet by packet. */
struct content {
	struct pkt *pkt;
	const unsigned char *data;
	size_t len;
	bool ended;
};

static ssize_t read_content(void *data, void *buf, size_t len)
{
	struct content *c = data;
	size_t n;

	while (!c->len && !c->ended) {
		int kind = pkt_read(c->pkt, &c->data, &c->len);

		if (kind < 0)
			return kind;
		if (kind == PKT_EOF)
			return fail(FAIL_FORMAT, "git stopped in a file");
		c->ended = kind == PKT_FLUSH;
	}
	if (c->ended)
		return 0;
	n = MIN(len, c->len);
	memcpy(buf, c->data, n);
	c->data += n;
	c->len -= n;
	return (ssize_t)n;
}

/* Read the rest even when it cannot be kept, or git waits for ever. */
static int drain(struct content *c)
{
	while (!c->ended) {
		int kind = pkt_read(c->pkt, &c->data, &c->len);

		if (kind < 0)
			return kind;
		if (kind == PKT_EOF)
			return fail(FAIL_FORMAT, "git stopped in a file");
		c->ended = kind == PKT_FLUSH;
	}
	return 0;
}

static int answer_status(struct pkt *pkt, const char *status)
{
	int ret = pkt_write_line(pkt, "status=%s", status);

	return ret ? ret : pkt_write_flush(pkt);
}

/* Success, content, and nothing more to say about it. */
static int answer_text(struct pkt *pkt, const struct buf *text)
{
	int ret = answer_status(pkt, "success");

	if (!ret)
		ret = pkt_write_all(pkt, text->ptr, text->len);
	if (!ret)
		ret = pkt_write_flush(pkt);
	return ret ? ret : pkt_write_flush(pkt);
}

static int to_pkt(void *data, struct block *block)
{
	return pkt_write_all(data, block->data, block->len);
}

static int answer_error(struct pkt *pkt, const char *path)
{
	say("error: ", "'%s': %s", quoted(path), fail_text());
	fail_clear();
	return answer_status(pkt, "error");
}

/* What breaks off in its middle ends with an error: git drops it then. */
static int answer_stream(struct pkt *pkt, struct filter *filter,
			 struct smudge *smudge)
{
	struct sink sink = { to_pkt, pkt };
	int ret = answer_status(pkt, "success"), broken;

	if (ret)
		return ret;
	broken = filter_stream(filter, smudge, &sink);
	ret = pkt_write_flush(pkt);
	if (!ret && broken)
		return answer_error(pkt, smudge->path);
	return ret ? ret : pkt_write_flush(pkt);
}

static int serve_clean(struct pkt *pkt, struct filter *filter,
		       const struct request *r)
{
	struct content content = { .pkt = pkt };
	struct inflow in = { read_content, &content };
	struct buf out = BUF_INIT;
	int lost = filter_clean(filter, r->path, &in, &out), ret;
	char *why = lost ? xstrdup(fail_text()) : NULL;

	ret = drain(&content);
	if (!ret && lost)
		fail_adopt(why);
	if (!ret)
		ret = lost ? answer_error(pkt, r->path) : answer_text(pkt, &out);
	free(why);
	buf_release(&out);
	return ret;
}

static int serve_smudge(struct pkt *pkt, struct filter *filter,
			const struct request *r)
{
	struct content content = { .pkt = pkt };
	struct inflow in = { read_content, &content };
	struct smudge smudge = SMUDGE_INIT;
	int lost, ret;
	char *why;

	smudge.path = r->path;
	smudge.blob = r->blob;
	smudge.treeish = r->treeish;
	smudge.can_delay = r->can_delay;
	lost = filter_smudge(filter, &smudge, &in);
	why = lost ? xstrdup(fail_text()) : NULL;
	ret = drain(&content);
	if (!ret && lost) {
		fail_adopt(why);
		ret = answer_error(pkt, r->path);
	} else if (!ret && smudge.how == SMUDGE_DELAYED) {
		ret = answer_status(pkt, "delayed");
	} else if (!ret && smudge.how == SMUDGE_STREAM) {
		ret = answer_stream(pkt, filter, &smudge);
	} else if (!ret) {
		ret = answer_text(pkt, &smudge.text);
	}
	free(why);
	smudge_release(&smudge);
	return ret;
}

static int serve_list(struct pkt *pkt, struct filter *filter)
{
	struct strs paths = STRS_INIT;
	int ret = filter_ready(filter, &paths);

	for (size_t i = 0; !ret && i < paths.n; i++)
		ret = pkt_write_line(pkt, "pathname=%s", paths.v[i]);
	if (!ret)
		ret = pkt_write_flush(pkt);
	if (!ret)
		ret = answer_status(pkt, "success");
	strs_release(&paths);
	return ret;
}

static int serve(struct pkt *pkt, struct filter *filter,
		 const struct request *r)
{
	if (!strcmp(r->command, "list_available_blobs"))
		return serve_list(pkt, filter);
	if (!r->path)
		return fail(FAIL_FORMAT, "git sent '%s' without pathname",
			    quoted(r->command));
	if (!strcmp(r->command, "clean"))
		return serve_clean(pkt, filter, r);
	if (!strcmp(r->command, "smudge"))
		return serve_smudge(pkt, filter, r);
	return fail(FAIL_FORMAT, "git asked for '%s', which nobody offered",
		    quoted(r->command));
}

/* In a fresh clone; what goes wrong must not stop a checkout. */
static void put_hooks(void)
{
	struct medo medo = MEDO_INIT;
	int ret;

	if (!hooks_may_lack())
		return;
	ret = medo_open(&medo, MEDO_REPO);
	if (!ret)
		ret = hooks_put_new(&medo);
	if (ret)
		say("warning: ", "%s", fail_text());
	fail_clear();
	medo_release(&medo);
}

int cmd_filter_process(int argc, const char **argv)
{
	int skip = 0;
	const struct opt opts[] = {
		OPT_BOOL(0, "skip", &skip, "leave pointers as they are"),
		OPT_END
	};
	struct filter *filter;
	struct request r = { .command = NULL };
	struct pkt pkt;
	int ret, kind = PKT_FLUSH;
	bool served = false;

	if (opt_parse(argc, argv, opts, usage))
		opt_usage(usage, opts, "filter-process takes no operands");
	if (skip)
		setenv("MEDO_SKIP_SMUDGE", "1", 1);
	pkt_init(&pkt, 0, 1);
	filter = filter_new();
	pkt.sent = filter_sent;
	pkt.data = filter;
	ret = handshake(&pkt);
	fcntl(0, F_SETPIPE_SZ, PIPE_SIZE);
	fcntl(1, F_SETPIPE_SZ, PIPE_SIZE);
	while (!ret && kind == PKT_FLUSH) {
		kind = read_request(&pkt, &r);
		ret = kind < 0 ? kind : 0;
		if (!ret && kind == PKT_FLUSH)
			ret = serve(&pkt, filter, &r);
		if (!ret && kind == PKT_FLUSH && !served)
			put_hooks();
		served = true;
		request_release(&r);
	}
	/* What was answered counts, whatever went wrong afterwards. */
	if (kind == PKT_EOF && !ret)
		ret = filter_finish(filter);
	filter_free(filter);
	pkt_release(&pkt);
	return ret;
}
