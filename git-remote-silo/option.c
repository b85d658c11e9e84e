#include "git-remote-silo/helper.h"
#include "base/file.h"

/*
 * What git 2.39 asks for.  Its quirks: "object-format" comes without a value;
 * a "no" to atomic, dry-run, push-option or pushcert if-asked ends the push;
 * the answer to cas is not looked at.
 */
enum kind { FLAG, NUMBER, LIST, IGNORED, FALSE_ONLY, FORMAT, CERT };

static const struct option {
	const char *name;
	enum kind kind;
	size_t at;		/* in struct helper */
} options[] = {
#define AT(member) offsetof(struct helper, member)
	{ "atomic", FLAG, AT(atomic) },
	{ "cas", LIST, AT(cas) },
	{ "check-connectivity", FLAG, AT(connectivity) },
	{ "cloning", FLAG, AT(cloning) },
	{ "deepen-relative", FALSE_ONLY, 0 },
	{ "dry-run", FLAG, AT(dry_run) },
	{ "followtags", IGNORED, 0 },
	{ "force", IGNORED, 0 },	/* each ref says it with a "+" */
	{ "force-if-includes", IGNORED, 0 },	/* git has looked itself */
	{ "from-promisor", FLAG, AT(from_promisor) },
	{ "no-dependents", IGNORED, 0 },
	{ "object-format", FORMAT, AT(object_format) },
	{ "progress", FLAG, AT(progress) },
	{ "push-option", LIST, AT(options) },
	{ "pushcert", CERT, 0 },
	{ "refetch", FLAG, AT(refetch) },
	{ "verbosity", NUMBER, AT(verbosity) },
#undef AT
};

static void add_octal(struct buf *out, const char **at)
{
	unsigned value = 0;

	for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
		value = value * 8 + (unsigned)(*(*at)++ - '0');
	buf_addc(out, (char)value);
}

/* A value that git has quoted in C style. */
static void unquote(const char *value, struct buf *out)
{
	static const char from[] = "abfnrtv\"\\", to[] = "\a\b\f\n\r\t\v\"\\";

	if (*value != '"') {
		buf_adds(out, value);
		return;
	}
	for (value++; *value && *value != '"';) {
		const char *known;

		if (*value != '\\') {
			buf_addc(out, *value++);
		} else if (value[1] && (known = strchr(from, value[1]))) {
			buf_addc(out, to[known - from]);
			value += 2;
		} else {
			value++;
			add_octal(out, &value);
		}
	}
}

static bool is_true(const char *value)
{
	return !*value || !strcmp(value, "true") || !strcmp(value, "1") ||
	       !strcmp(value, "yes");
}

/* Kept as a struct: what stands there is known by its kind. */
static const char *set(struct helper *helper, const struct option *option,
		       const char *value)
{
	void *var = (char *)helper + option->at;

	switch (option->kind) {
	case FLAG:
		*(bool *)var = is_true(value);
		break;
	case NUMBER:
		*(int *)var = atoi(value);
		break;
	case LIST:
		strs_add(var, value);
		break;
	case FORMAT:
		if (!is_true(value) && !id_algo_parse(value))
			return "error unknown object format";
		*(bool *)var = true;
		break;
	case FALSE_ONLY:
		return is_true(value) ? "unsupported" : "ok";
	case CERT:
		return strcmp(value, "if-asked") ? "unsupported" : "ok";
	case IGNORED:
		break;
	}
	return "ok";
}

static bool is_depth(const char *arg)
{
	static const char *const words[] = {
		"depth ", "deepen-since ", "deepen-not ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (starts_with(arg, words[i]))
			return true;
	return false;
}

/*
 * git goes on, whatever the answer.  In a clone all commits come, and nothing
 * is shallow; but what is shallow already would stay so: `list` refuses.
 */
static void take_depth(struct helper *helper)
{
	const char *common = helper->medo.git.common;
	char *path = common ? xstrfmt("%s/shallow", common) : NULL;

	helper->deepen = path && file_exists(path) > 0;
	fail_clear();
	free(path);
	if (!helper->deepen)
		say("warning: ", "a depth is not known here; all commits "
		    "come");
}

int do_option(struct helper *helper, const char *arg)
{
	size_t len = strcspn(arg, " ");
	const char *answer = "unsupported";
	struct buf value = BUF_INIT;

	unquote(arg[len] ? arg + len + 1 : "", &value);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == len &&
		    !memcmp(arg, options[i].name, len))
			answer = set(helper, &options[i], value.ptr);
	if (starts_with(arg, "filter "))
		answer = filter_answer(helper, value.ptr);
	if (is_depth(arg))
		take_depth(helper);
	reply(helper, "%s\n", answer);
	buf_release(&value);
	return 0;
}
