#include "base/base.h"
#include "base/fail.h"
#include "base/quote.h"
#include "base/run.h"
#include "model/index.h"

static int bad_line(const char *line)
{
	return fail(FAIL_FORMAT, "git ls-files says '%s'", quoted(line));
}

/* "H 100644 <id> 0<TAB>path": as `git ls-files -s -t -z` has it. */
static int read_line(struct index_file *index, const char *line)
{
	struct index_entry *entry = &index->v[index->n];
	size_t hex = 2 * id_raw_size(index->algo);
	char *end;

	if (!line[0] || line[1] != ' ')
		return bad_line(line);
	entry->skip_worktree = line[0] == 'S';
	entry->mode = (unsigned)strtoul(line + 2, &end, 8);
	if (*end != ' ' || strlen(end + 1) < hex + 4 ||
	    id_parse(&entry->id, end + 1, hex))
		return bad_line(line);
	end += 1 + hex;
	if (end[0] != ' ' || end[1] < '0' || end[1] > '3' || end[2] != '\t')
		return bad_line(line);
	entry->stage = (unsigned)(end[1] - '0');
	entry->path = end + 3;
	index->n++;
	return 0;
}

int index_open_split(struct index_file *index, const char *top,
		     enum id_algo algo)
{
	static const char *const argv[] = {
		"git", "ls-files", "-s", "-t", "-z", NULL,
	};
	struct run run = { .argv = argv, .dir = top };
	struct buf out = BUF_INIT;
	size_t lines = 0;
	int ret = run_capture(&run, &out, 0);

	if (ret > 0)
		ret = fail(FAIL_SYSTEM, "git ls-files failed with %d", ret);
	if (ret)
		goto out;
	for (const char *p = out.ptr; p < out.ptr + out.len; p += strlen(p) + 1)
		lines++;
	index_close(index);
	index->algo = algo;
	index->split = true;
	index->v = xcalloc(lines + 1, sizeof(*index->v));
	index->names = xmemdup(out.ptr, out.len);
	for (const char *p = index->names; index->n < lines && !ret;
	     p += strlen(p) + 1)
		ret = read_line(index, p);
	if (ret)
		index_close(index);
out:
	buf_release(&out);
	return ret;
}
