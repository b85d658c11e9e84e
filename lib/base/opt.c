#include "base/base.h"
#include "base/opt.h"
#include "base/quote.h"

#define HELP_COLUMN 26

struct parse {
	const struct opt *opts;
	const char *const *usage;
	const char **argv;	/* what is still to be read, NULL at its end */
};

static void add_help(struct buf *out, const struct opt *opt)
{
	size_t start = out->len;
	const char *more = opt->help, *line;

	buf_adds(out, "    ");
	if (opt->ch)
		buf_addf(out, "-%c%s", opt->ch, opt->name ? ", " : "");
	if (opt->name)
		buf_addf(out, "--%s%s", opt->type == OPT_BOOL_ ? "[no-]" : "",
			 opt->name);
	if (opt->arg)
		buf_addf(out, " <%s>", opt->arg);

	while (more) {
		if (out->len - start >= HELP_COLUMN) {
			buf_addc(out, '\n');
			start = out->len;
		}
		while (out->len - start < HELP_COLUMN)
			buf_addc(out, ' ');
		line = more;
		more = strchr(line, '\n');
		buf_add(out, line, more ? (size_t)(more - line) : strlen(line));
		if (more) {
			more++;
			buf_addc(out, '\n');
			start = out->len;
		}
	}
	buf_addc(out, '\n');
}

static void print_usage(FILE *to, const char *const *usage,
			const struct opt *opts)
{
	struct buf out = BUF_INIT;

	for (int i = 0; usage && usage[i]; i++)
		buf_addf(&out, "%s %s\n", i ? "   or:" : "usage:", usage[i]);
	if (opts && opts->type != OPT_END_)
		buf_addc(&out, '\n');
	for (; opts && opts->type != OPT_END_; opts++)
		if (opts->help)
			add_help(&out, opts);
	fwrite(out.ptr, 1, out.len, to);
	buf_release(&out);
}

void opt_usage(const char *const *usage, const struct opt *opts,
	       const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		buf_vaddf(&text, fmt, ap);
		va_end(ap);
		say("error: ", "%s", text.ptr);
		buf_release(&text);
	}
	print_usage(stderr, usage, opts);
	exit(129);
}

/* How the user would write it: "-j" or "--jobs". */
static const char *spelled(const struct opt *opt, bool is_long, char out[64])
{
	if (is_long)
		snprintf(out, 64, "--%s", opt->name);
	else
		snprintf(out, 64, "-%c", opt->ch);
	return out;
}

static bool parse_uint(const char *s, uint64_t *out)
{
	static const char units[] = "kmgKMG";
	const char *unit;
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return false;
	if (*s && (unit = strchr(units, *s))) {
		int power = 1 + (int)(unit - units) % 3;

		if (__builtin_mul_overflow(n, UINT64_C(1) << 10 * power, &n))
			return false;
		s++;
	}
	*out = n;
	return !*s;
}

static bool takes_value(const struct opt *opt)
{
	return opt->type != OPT_BOOL_ && opt->type != OPT_SET_;
}

static void store(const struct parse *parse, const struct opt *opt,
		  const char *as, const char *value)
{
	switch (opt->type) {
	case OPT_BOOL_:
	case OPT_SET_:
		*(int *)opt->var = opt->set;
		break;
	case OPT_STR_:
		*(const char **)opt->var = value;
		break;
	case OPT_STRS_:
		strs_add(opt->var, value);
		break;
	case OPT_UINT_:
		if (!parse_uint(value, opt->var))
			opt_usage(parse->usage, parse->opts,
				  "option '%s' expects a number, not '%s'",
				  as, quoted(value));
		break;
	case OPT_END_:
		break;
	}
}

/* The value: what hangs on the option, or the next argument. */
static const char *value_of(struct parse *parse, const char *as,
			    const char *attached)
{
	if (attached)
		return attached;
	if (!*parse->argv)
		opt_usage(parse->usage, parse->opts,
			  "option '%s' needs a value", as);
	return *parse->argv++;
}

static const struct opt *find(const struct opt *opts, const char *name,
			      size_t len)
{
	for (; opts->type != OPT_END_; opts++)
		if (opts->name && strlen(opts->name) == len &&
		    !memcmp(opts->name, name, len))
			return opts;
	return NULL;
}

/* What was asked for is an answer: not to have given it is a failure. */
static NORETURN void answered(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		exit(0);
	say("fatal: ", "cannot write to standard output: %s", strerror(errno));
	exit(128);
}

static NORETURN void help(const struct parse *parse)
{
	print_usage(stdout, parse->usage, parse->opts);
	answered();
}

static void parse_long(struct parse *parse, const char *arg)
{
	size_t len = strcspn(arg, "=");
	const char *attached = arg[len] ? arg + len + 1 : NULL;
	const struct opt *opt = find(parse->opts, arg, len);
	char as[64];

	if (!opt && starts_with(arg, "no-") && !attached) {
		opt = find(parse->opts, arg + 3, len - 3);
		if (opt && opt->type == OPT_BOOL_) {
			*(int *)opt->var = 0;
			return;
		}
		opt = NULL;
	}
	if (!opt && !strcmp(arg, "help"))
		help(parse);
	if (!opt)
		opt_usage(parse->usage, parse->opts, "unknown option '--%s'",
			  quoted(arg));

	spelled(opt, true, as);
	if (takes_value(opt))
		store(parse, opt, as, value_of(parse, as, attached));
	else if (attached)
		opt_usage(parse->usage, parse->opts,
			  "option '%s' takes no value", as);
	else
		store(parse, opt, as, NULL);
}

static void parse_short(struct parse *parse, const char *arg)
{
	char as[64];

	while (*arg) {
		const struct opt *o = parse->opts;

		while (o->type != OPT_END_ && o->ch != *arg)
			o++;
		if (o->type == OPT_END_ && *arg == 'h')
			help(parse);
		if (o->type == OPT_END_)
			opt_usage(parse->usage, parse->opts,
				  "unknown option '-%s'", quoted(arg));
		spelled(o, false, as);
		arg++;
		if (takes_value(o)) {
			store(parse, o, as,
			      value_of(parse, as, *arg ? arg : NULL));
			return;
		}
		store(parse, o, as, NULL);
	}
}

/* For the completion of shells: options TAB help, a line each. */
static NORETURN void list(const struct opt *opts)
{
	for (; opts->type != OPT_END_; opts++) {
		if (!opts->help)
			continue;
		if (opts->ch)
			printf("-%c%s", opts->ch, opts->name ? ", " : "");
		if (opts->name)
			printf("--%s", opts->name);
		if (opts->arg)
			printf(" <%s>", opts->arg);
		printf("\t%.*s\n", (int)strcspn(opts->help, "\n"),
		       opts->help);
	}
	answered();
}

int opt_parse(int argc, const char **argv, const struct opt *opts,
	      const char *const *usage)
{
	struct parse parse = { opts, usage, argv + (argc > 0) };
	int n = 0;

	if (argc > 1 && !strcmp(argv[1], "--list-opts"))
		list(opts);
	while (*parse.argv) {
		const char *arg = *parse.argv++;

		if (arg[0] != '-' || !arg[1]) {
			argv[n++] = arg;
		} else if (!strcmp(arg, "--")) {
			while (*parse.argv)
				argv[n++] = *parse.argv++;
		} else if (arg[1] == '-') {
			parse_long(&parse, arg + 2);
		} else {
			parse_short(&parse, arg + 1);
		}
	}
	argv[n] = NULL;
	return n;
}
