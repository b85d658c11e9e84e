#include "base/base.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "silo/ssh_int.h"

/*
 * ssh programs differ in how they are told a port; git knows these kinds, by
 * name or by a setting, and so do we.  git's "simple" is told nothing but
 * host and command, so it cannot be asked for a subsystem.
 */
enum kind { KIND_AUTO, KIND_SIMPLE, KIND_SSH, KIND_PLINK, KIND_TORTOISE };

static const struct {
	const char *name;
	enum kind kind;
} kinds[] = {
	{ "auto", KIND_AUTO },
	{ "simple", KIND_SIMPLE },
	{ "ssh", KIND_SSH },
	{ "plink", KIND_PLINK },
	{ "putty", KIND_PLINK },
	{ "tortoiseplink", KIND_TORTOISE },
};

static enum kind by_name(const char *name, size_t len, enum kind other)
{
	if (len > 4 && !strncasecmp(name + len - 4, ".exe", 4))
		len -= 4;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == len &&
		    !strncasecmp(kinds[i].name, name, len))
			return kinds[i].kind;
	return other;
}

/* The program's own name, out of a line for the shell or a path. */
static enum kind by_program(const struct ssh_settings *s)
{
	const char *p = s->command ? s->command : s->program, *base;
	size_t len = strlen(p);

	if (s->command) {
		char quote = 0;

		p += strspn(p, " \t");
		if (*p == '\'' || *p == '"')
			quote = *p++;
		len = quote ? strcspn(p, quote == '"' ? "\"" : "'") :
		      strcspn(p, " \t");
	}
	base = memrchr(p, '/', len);
	if (base) {
		len -= (size_t)(base + 1 - p);
		p = base + 1;
	}
	/* Only these two are known by name; "simple" is no program. */
	switch (by_name(p, len, KIND_AUTO)) {
	case KIND_SSH:
		return KIND_SSH;
	case KIND_PLINK:
		return KIND_PLINK;
	case KIND_TORTOISE:
		return KIND_TORTOISE;
	default:
		return KIND_AUTO;
	}
}

static void add_program(struct strs *argv, const struct ssh_settings *s)
{
	if (!s->command) {
		strs_add(argv, s->program);
		return;
	}
	strs_add(argv, "/bin/sh");
	strs_add(argv, "-c");
	strs_addf(argv, "%s \"$@\"", s->command);
	strs_add(argv, s->command);
}

static void add_host(struct strs *argv, const struct ssh_place *place)
{
	if (place->user)
		strs_addf(argv, "%s@%s", place->user, place->host);
	else
		strs_add(argv, place->host);
}

/* git's way to find out: OpenSSH alone knows -G. */
static enum kind by_asking(const struct ssh_settings *s,
			   const struct ssh_place *place)
{
	struct strs argv = STRS_INIT;
	struct buf out = BUF_INIT;
	struct run run = { .quiet = true };
	enum kind kind = KIND_SIMPLE;

	add_program(&argv, s);
	strs_add(&argv, "-G");
	if (place->port) {
		strs_add(&argv, "-p");
		strs_add(&argv, place->port);
	}
	strs_add(&argv, "--");
	add_host(&argv, place);
	run.argv = strs_argv(&argv);
	if (!run_capture(&run, &out, (size_t)1 << 20))
		kind = KIND_SSH;
	fail_clear();
	buf_release(&out);
	strs_release(&argv);
	return kind;
}

int ssh_argv(struct strs *argv, const struct ssh_settings *s,
	     const struct ssh_place *place)
{
	enum kind kind;

	if (s->variant)
		kind = by_name(s->variant, strlen(s->variant), KIND_SSH);
	else
		kind = by_program(s);
	if (kind == KIND_AUTO)
		kind = by_asking(s, place);
	if (kind == KIND_SIMPLE)
		return fail(FAIL_REQUEST, "'%s' is no ssh that we know, so it "
			    "cannot be asked for sftp; set ssh.variant",
			    quoted(s->command ? s->command : s->program));
	add_program(argv, s);
	strs_add(argv, "-a");
	strs_add(argv, "-x");
	if (kind == KIND_SSH) {
		strs_add(argv, "-oClearAllForwardings=yes");
		/* It has none of its own; who said one in front has it. */
		strs_addf(argv, "-oConnectTimeout=%" PRIu64, s->connect_time);
	}
	if (kind == KIND_TORTOISE)
		strs_add(argv, "-batch");
	if (place->port) {
		strs_add(argv, kind == KIND_SSH ? "-p" : "-P");
		strs_add(argv, place->port);
	}
	strs_add(argv, "-s");
	/* PuTTY's knows no "--"; url.c lets no host begin with a dash. */
	if (kind == KIND_SSH)
		strs_add(argv, "--");
	add_host(argv, place);
	strs_add(argv, place->subsystem);
	return 0;
}
