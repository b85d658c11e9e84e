#include "base/base.h"
#include "base/fail.h"
#include "base/pool.h"
#include "base/quote.h"
#include "base/temp.h"
#include "codec/url.h"
#include "silo/s3_int.h"

/*
 * A large object: announced, sent in parts, several at a time, and put
 * together by the server.  Until that last request nothing has the name; when
 * anything fails the parts are given up, so that nobody pays for them.
 */
#define PART_MIN ((uint64_t)16 << 20)
#define PARTS_MAX 10000
#define AT_A_TIME 4
#define TRIES 3
#define ETAG_MAX 256

struct upload {
	struct s3 *s3;
	const char *name;
	const struct source *src;
	char *id;		/* percent-encoded */
	uint64_t part_size;
	struct part *parts;
	unsigned n;
	atomic_bool over;	/* one has failed: the others need not begin */
};

struct part {
	struct job job;
	struct upload *up;
	unsigned number;	/* from 1 */
	char *etag;
};

static uint64_t part_off(const struct part *part)
{
	return (part->number - 1) * part->up->part_size;
}

static int part_read(void *data, uint64_t off, void *buf, size_t len)
{
	const struct part *part = data;
	const struct source *src = part->up->src;

	if (atomic_load(&part->up->over))
		return fail(FAIL_STOPPED, "stopped");
	return src->read(src->data, part_off(part) + off, buf, len);
}

/* The ETag of a part goes back into XML, so it must be one. */
static int take_etag(struct part *part, const char *etag)
{
	if (!etag || strlen(etag) > ETAG_MAX || strpbrk(etag, "<>&'"))
		return fail(FAIL_NET, "silo '%s': a part of '%s' has no ETag",
			    quoted(part->up->s3->b.url), part->up->name);
	part->etag = xstrdup(etag);
	return 0;
}

static int part_send(struct part *part)
{
	struct upload *up = part->up;
	struct source src = {
		.read = part_read, .data = part, .name = up->name,
		.size = MIN(up->part_size, up->src->size - part_off(part)),
	};
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *query = xstrfmt("partNumber=%u&uploadId=%s", part->number,
			      up->id);
	int ret;

	call.method = "PUT";
	call.name = up->name;
	call.query = query;
	call.body = &src;
	ret = s3_send(up->s3, &call, &answer);
	if (!ret && answer.status == 200)
		ret = take_etag(part, answer.etag);
	else if (!ret)
		ret = s3_fail(up->s3, &call, &answer);
	http_answer_release(&answer);
	free(query);
	return ret;
}

static int part_run(struct job *job)
{
	struct part *part = (struct part *)(void *)
		((char *)job - offsetof(struct part, job));
	int ret = stop_check();

	if (!ret && atomic_load(&part->up->over))
		ret = fail(FAIL_STOPPED, "stopped");
	if (!ret)
		ret = part_send(part);
	if (ret)
		atomic_store(&part->up->over, true);
	return ret;
}

/*
 * All of them.  A failure that is not just the echo of another's is the one
 * that is told.
 */
static int send_parts(struct upload *up)
{
	struct pool *pool = pool_new(AT_A_TIME);
	char *told = NULL;
	int ret = 0;

	for (unsigned i = 0; i < up->n; i++)
		job_submit(pool, &up->parts[i].job);
	for (unsigned i = 0; i < up->n; i++) {
		int one = job_join(pool, &up->parts[i].job);

		if (one && (!ret || ret == FAIL_STOPPED) &&
		    one != FAIL_STOPPED) {
			free(told);
			told = xstrdup(fail_text());
		}
		if (one && (!ret || ret == FAIL_STOPPED))
			ret = one;
	}
	pool_free(pool);
	if (told)
		fail_adopt(told);
	free(told);
	return ret;
}

static int begin(struct upload *up)
{
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct buf id = BUF_INIT, encoded = BUF_INIT;
	int ret;

	call.method = "POST";
	call.name = up->name;
	call.query = "uploads";
	ret = s3_send(up->s3, &call, &answer);
	if (!ret && answer.status != 200)
		ret = s3_fail(up->s3, &call, &answer);
	else if (!ret)
		ret = s3_element(&answer.text, "UploadId", &id);
	if (ret == 1 && id.len) {
		url_encode(id.ptr, false, &encoded);
		up->id = buf_detach(&encoded);
		ret = 0;
	} else if (ret >= 0) {
		ret = fail(FAIL_NET, "silo '%s': no upload was begun for '%s'",
			   quoted(up->s3->b.url), up->name);
	}
	buf_release(&id);
	buf_release(&encoded);
	http_answer_release(&answer);
	return ret;
}

static void add_parts(const struct upload *up, struct buf *out)
{
	buf_adds(out, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com"
		 "/doc/2006-03-01/\">");
	for (unsigned i = 0; i < up->n; i++) {
		buf_addf(out, "<Part><PartNumber>%u</PartNumber><ETag>", i + 1);
		for (const char *s = up->parts[i].etag; *s; s++) {
			if (*s == '"')
				buf_adds(out, "&quot;");
			else
				buf_addc(out, *s);
		}
		buf_adds(out, "</ETag></Part>");
	}
	buf_adds(out, "</CompleteMultipartUpload>");
}

/* What to do after a try of the last request; or a failure, below 0. */
enum { AGAIN, OURS, THEIRS };

static int judge(struct upload *up, const struct s3_call *call,
		 const struct http_answer *answer)
{
	struct backend *b = &up->s3->b;
	char code[S3_CODE_MAX];
	uint64_t size = 0;
	int ret;

	/* 200 is sent before the work is done; what went wrong is inside. */
	s3_code(answer, code);
	if (answer->status == 200 && answer->text.len && !*code)
		return OURS;
	/* Somebody else's, or our own whose answer was lost. */
	ret = b->ops->has(b, up->name, &size);
	if (ret < 0)
		return ret;
	if (ret && (answer->status == 412 || size == up->src->size))
		return THEIRS;
	if (answer->status == 501 && !atomic_exchange(&up->s3->no_if, true))
		return AGAIN;
	if (answer->status == 200 || answer->status == 409 ||
	    answer->status / 100 == 5)
		return AGAIN;
	return s3_fail(up->s3, call, answer);
}

static int complete(struct upload *up)
{
	struct buf text = BUF_INIT;
	int ret = AGAIN;

	add_parts(up, &text);
	for (unsigned i = 0; ret == AGAIN && i < TRIES; i++) {
		struct memory memory = { text.ptr, text.len };
		struct source src = source_memory(&memory, up->name);
		struct s3_call call = S3_CALL_INIT;
		struct http_answer answer = HTTP_ANSWER_INIT;
		char *query = xstrfmt("uploadId=%s", up->id);

		call.method = "POST";
		call.name = up->name;
		call.query = query;
		call.body = &src;
		call.if_none = !atomic_load(&up->s3->no_if);
		ret = s3_send(up->s3, &call, &answer);
		if (!ret)
			ret = judge(up, &call, &answer);
		if (ret == AGAIN && i == TRIES - 1)
			ret = s3_fail(up->s3, &call, &answer);
		http_answer_release(&answer);
		free(query);
	}
	buf_release(&text);
	return ret;
}

/*
 * Also after ^C, and where the name is there by somebody else.  The sentence
 * of what went wrong before stays.
 */
static void give_up(struct upload *up)
{
	struct s3_call call = S3_CALL_INIT;
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *sentence = xstrdup(fail_text());
	char *query = xstrfmt("uploadId=%s", up->id);

	call.method = "DELETE";
	call.name = up->name;
	call.query = query;
	call.last = true;
	/* 404: it was our own after all, and only its answer was lost. */
	if (s3_send(up->s3, &call, &answer) ||
	    (answer.status / 100 != 2 && answer.status != 404))
		say("warning: ", "silo '%s' may keep parts of '%s' that nobody "
		    "needs", up->s3->b.url, up->name);
	http_answer_release(&answer);
	fail_adopt(sentence);
	free(sentence);
	free(query);
}

int s3_put_parts(struct s3 *s3, const char *name, const struct source *src)
{
	struct upload up = { .s3 = s3, .name = name, .src = src };
	uint64_t least = (src->size + PARTS_MAX - 1) / PARTS_MAX, size;
	int ret = s3->b.ops->has(&s3->b, name, &size);

	if (ret)
		return ret;
	stop_listen();
	up.part_size = MAX(PART_MIN, (least + (1 << 20) - 1) >> 20 << 20);
	up.n = (unsigned)((src->size + up.part_size - 1) / up.part_size);
	up.parts = xcalloc(up.n, sizeof(*up.parts));
	for (unsigned i = 0; i < up.n; i++) {
		up.parts[i].job.run = part_run;
		up.parts[i].up = &up;
		up.parts[i].number = i + 1;
	}
	ret = begin(&up);
	if (!ret)
		ret = send_parts(&up);
	if (!ret)
		ret = complete(&up);
	if (ret != OURS && up.id)
		give_up(&up);
	for (unsigned i = 0; i < up.n; i++)
		free(up.parts[i].etag);
	free(up.parts);
	free(up.id);
	return ret < 0 ? ret : ret == THEIRS;
}
