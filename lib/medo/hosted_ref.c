#include "base/base.h"
#include "medo/hosted.h"

/*
 * git check-ref-format, in process: ten thousand names are checked at each
 * look.  What git would not have, our output must not have.
 */
static bool component_ok(const char *s, size_t len)
{
	if (!len || *s == '.' || s[len - 1] == '.')
		return false;
	if (len >= 5 && !memcmp(s + len - 5, ".lock", 5))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= ' ' || c == 0x7f || strchr("~^:?*[\\", c))
			return false;
		if (i + 1 < len && c == '.' && s[i + 1] == '.')
			return false;
		if (i + 1 < len && c == '@' && s[i + 1] == '{')
			return false;
	}
	return true;
}

bool hosted_ref_ok(const char *name)
{
	const char *at = name;

	if (!starts_with(name, "refs/") || strlen(name) > HOSTED_REF_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(at, "/");

		if (!component_ok(at, len))
			return false;
		if (!at[len])
			return at - name >= 5;
		at += len + 1;
	}
}

/* The first ref that is not before `name`. */
static size_t lower_bound(const struct hosted_state *state, const char *name)
{
	size_t lo = 0, hi = state->nrefs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(state->refs[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *hosted_conflict(const struct hosted_state *state, const char *name)
{
	char *part = xstrfmt("%s/", name);
	const struct hosted_ref *found = NULL;
	size_t at = lower_bound(state, part);

	if (at < state->nrefs && starts_with(state->refs[at].name, part))
		found = &state->refs[at];
	part[strlen(name)] = '\0';
	for (char *slash; !found && (slash = strrchr(part, '/'));) {
		*slash = '\0';
		found = hosted_find(state, part);
	}
	free(part);
	return found ? found->name : NULL;
}
