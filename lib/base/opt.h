#ifndef OPT_H
#define OPT_H

#include "base/buf.h"

/*
 * Options in git's manner: -x, -xVALUE, -x VALUE, --long, --long=VALUE,
 * --no-long for booleans, "--" ends them.  Names match exactly.  "-h" prints
 * the usage and the options to stdout and exits 0 (129 with an error on
 * stderr for what is wrong).
 */
enum opt_type { OPT_END_, OPT_BOOL_, OPT_STR_, OPT_STRS_, OPT_UINT_, OPT_SET_ };

struct opt {
	enum opt_type type;
	char ch;		/* 0: none */
	const char *name;
	void *var;		/* int, const char *, struct strs, uint64_t */
	const char *arg;	/* what the value is called: "url" */
	const char *help;
	int set;		/* OPT_SET_: the value stored */
};

#define OPT_BOOL(c, n, v, h) { OPT_BOOL_, (c), (n), (v), NULL, (h), 1 }
#define OPT_STR(c, n, v, a, h) { OPT_STR_, (c), (n), (v), (a), (h), 0 }
#define OPT_STRS(c, n, v, a, h) { OPT_STRS_, (c), (n), (v), (a), (h), 0 }
#define OPT_UINT(c, n, v, a, h) { OPT_UINT_, (c), (n), (v), (a), (h), 0 }
#define OPT_SET(c, n, v, s, h) { OPT_SET_, (c), (n), (v), NULL, (h), (s) }
#define OPT_END { OPT_END_, 0, NULL, NULL, NULL, NULL, 0 }

/*
 * argv[0] is the command's name.  Afterwards argv[0..n) are the operands, NULL
 * behind them; n is returned.  Options may follow operands.
 */
int opt_parse(int argc, const char **argv, const struct opt *opts,
	      const char *const *usage);

/* "usage: ..." to stderr behind "error: <text>", exit 129. */
NORETURN void opt_usage(const char *const *usage, const struct opt *opts,
			const char *fmt, ...) PRINTF(3, 4);

#endif
