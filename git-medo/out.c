#include "git-medo/cmd.h"
#include "codec/json.h"

void talk_apply(const struct talk *talk, struct medo *medo)
{
	medo->quiet = talk->quiet;
	medo->progress = talk->progress ? METER_ON : METER_AUTO;
}

int rate_parse(const char *text, uint64_t *out)
{
	*out = 0;
	if (text && (size_parse(text, out) || !*out))
		return fail(FAIL_REQUEST, "--bwlimit takes bytes a second, as "
			    "in 500k or 2m, not '%s'", quoted(text));
	return 0;
}

static void start(struct rows *rows, const char *key)
{
	if (rows->json)
		printf("%s\"%s\":", rows->column ? "," : "{", key);
	else if (rows->column)
		putchar('\t');
	rows->column++;
}

void rows_str(struct rows *rows, const char *key, const char *value)
{
	struct buf buf = BUF_INIT;

	start(rows, key);
	if (rows->json)
		json_add_string(&buf, value);
	else if (rows->z)
		buf_adds(&buf, value);
	else
		quote_add(&buf, value, strlen(value));
	fwrite(buf.ptr, 1, buf.len, stdout);
	buf_release(&buf);
}

void rows_u64(struct rows *rows, const char *key, uint64_t value)
{
	start(rows, key);
	printf("%" PRIu64, value);
}

void rows_raw(struct rows *rows, const char *key, const char *json)
{
	start(rows, key);
	fputs(json, stdout);
}

void rows_null(struct rows *rows, const char *key)
{
	start(rows, key);
	fputs(rows->json ? "null" : "-", stdout);
}

void rows_end(struct rows *rows)
{
	if (rows->json)
		putchar('}');
	putchar(rows->z && !rows->json ? '\0' : '\n');
	rows->column = 0;
}

int out_flush(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return fail_errno("cannot write to standard output");
}
