#include "git-remote-silo/push_int.h"
#include "base/run.h"

static int take_line(struct pushing *p, const char *line)
{
	struct wish *wish = &p->wishes[p->n++];
	const char *colon;

	wish->force = *line == '+';
	line += wish->force;
	colon = strchr(line, ':');
	if (!colon || !colon[1])
		return fail(FAIL_FORMAT, "git wants to push '%s', which is no "
			    "refspec", quoted(line));
	wish->src = xmemdup(line, (size_t)(colon - line));
	wish->dst = xstrdup(colon + 1);
	return 0;
}

/* "refs/heads/main:ID", zeros for a ref that must not be there. */
static int take_lease(struct pushing *p, const char *text, size_t *from)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	struct id id = { .algo = ID_NONE };

	if (!len || id_parse(&id, colon + 1, strlen(colon + 1)))
		return fail(FAIL_FORMAT, "git leases '%s'", quoted(text));
	if (!colon[1 + strspn(colon + 1, "0")])
		memset(&id, 0, sizeof(id));
	/* git says both in one order: the next one is near.  Of twins both fail. */
	for (size_t i = 0; i < p->n; i++) {
		struct wish *wish = &p->wishes[(*from + i) % p->n];

		if (strncmp(wish->dst, text, len) || wish->dst[len])
			continue;
		wish->leased = true;
		wish->lease = id;
		*from += i + 1;
		break;
	}
	return 0;
}

/* "ID TYPE", or what git says of what it has not. */
static int take_answer(const char *line, struct id *id, const char **type)
{
	size_t len = strcspn(line, " ");

	if (id_parse(id, line, len) || !line[len] ||
	    !strcmp(line + len, " missing")) {
		memset(id, 0, sizeof(*id));
		return 0;
	}
	*type = line + len + 1;
	return 1;
}

static void take_value(struct wish *wish, const char *line, const char *peeled)
{
	const char *type = NULL, *inner = NULL;
	char hex[ID_HEX_MAX];

	if (!take_answer(line, &wish->new, &type)) {
		wish->why = xstrfmt("src refspec %s does not match any",
				    wish->src);
		return;
	}
	wish->commit = !strcmp(type, "commit");
	if (strcmp(type, "tag"))
		return;
	if (!take_answer(peeled, &wish->peeled, &inner))
		wish->why = xstrfmt("tag %s is broken",
				    id_hex(&wish->new, hex));
}

/* Two questions for each: what is it, and what is the tag's object? */
static int resolve(struct pushing *p)
{
	static const char *const argv[] = {
		"git", "cat-file", "--batch-check=%(objectname) %(objecttype)",
		"--buffer", NULL
	};
	struct buf input = BUF_INIT, said = BUF_INIT;
	struct run run = { .argv = argv };
	char *save = NULL, *line;
	int ret = 0;

	for (size_t i = 0; i < p->n; i++)
		if (*p->wishes[i].src)
			buf_addf(&input, "%s\n%s^{}\n", p->wishes[i].src,
				 p->wishes[i].src);
	run.input = input.ptr;
	run.input_len = input.len;
	if (input.len)
		ret = run_capture(&run, &said, 0);
	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git cat-file failed");
	line = said.len ? strtok_r(said.ptr, "\n", &save) : NULL;
	for (size_t i = 0; !ret && i < p->n; i++) {
		char *peeled;

		if (!*p->wishes[i].src)
			continue;
		peeled = line ? strtok_r(NULL, "\n", &save) : NULL;
		if (!peeled)
			ret = fail(FAIL_SYSTEM, "git cat-file says too little");
		else
			take_value(&p->wishes[i], line, peeled);
		line = strtok_r(NULL, "\n", &save);
	}
	buf_release(&said);
	buf_release(&input);
	return ret;
}

int wishes_take(struct pushing *p)
{
	struct helper *helper = p->helper;
	size_t from = 0;
	int ret = 0;

	p->wishes = xcalloc(helper->batch.n + 1, sizeof(*p->wishes));
	for (size_t i = 0; !ret && i < helper->batch.n; i++)
		ret = take_line(p, helper->batch.v[i]);
	for (size_t i = 0; !ret && i < helper->cas.n; i++)
		ret = take_lease(p, helper->cas.v[i], &from);
	return ret ? ret : resolve(p);
}
