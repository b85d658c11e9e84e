#ifndef CMD_H
#define CMD_H

#include "base/base.h"
#include "base/fail.h"
#include "base/opt.h"
#include "base/quote.h"
#include "medo/medo.h"

/*
 * A command is one file: cmd_NAME() parses its options, does its work, and
 * returns an exit code, or a failure whose sentence main() prints.  The table
 * is commands.h.
 */
#define CMD(name, fn, where, summary) int fn(int argc, const char **argv);
#include "git-medo/commands.h"
#undef CMD

/* Of `silo`, in files of their own. */
int silo_copy_cmd(int argc, const char **argv);
int silo_log_cmd(int argc, const char **argv);

/* -q, --progress: into medo->quiet and medo->progress. */
struct talk {
	int quiet;
	int progress;
};

#define TALK_OPTS(t) \
	OPT_BOOL('q', "quiet", &(t)->quiet, "say nothing but errors"), \
	OPT_SET(0, "progress", &(t)->progress, METER_ON, \
		"show progress although stderr is no terminal")

void talk_apply(const struct talk *talk, struct medo *medo);

/* "2m": bytes a second; NULL is 0, no limit.  FAIL_REQUEST. */
int rate_parse(const char *text, uint64_t *out) MUST_CHECK;

#define BWLIMIT_OPT(v) \
	OPT_STR(0, "bwlimit", (v), "rate", \
		"at most so many bytes a second: 500k, 2m")

/*
 * Rows of an answer: tab-separated columns and a line feed; with -z NUL at
 * the end of the row and names as they are; with --json one object a line.
 */
struct rows {
	int z;
	int json;
	unsigned column;
};

#define ROWS_OPTS(r) \
	OPT_BOOL('z', NULL, &(r)->z, "end rows with NUL, names as they are"), \
	OPT_BOOL(0, "json", &(r)->json, "one JSON object a line")

void rows_str(struct rows *rows, const char *key, const char *value);
void rows_u64(struct rows *rows, const char *key, uint64_t value);
void rows_raw(struct rows *rows, const char *key, const char *json);
void rows_null(struct rows *rows, const char *key);	/* text: "-" */
void rows_end(struct rows *rows);

/* 0, or what a full disk or a closed pipe made of our answer. */
int out_flush(void) MUST_CHECK;

#endif
