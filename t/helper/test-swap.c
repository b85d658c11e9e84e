#include "base/fail.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/temp.h"
#include "medo/swap.h"
#include "test-tool.h"

/* Until the end of input, as git's pipe: "path<TAB>file with the pointer". */
static int gather(struct swap *swap)
{
	struct treeptr ptr = TREEPTR_INIT;
	struct buf text = BUF_INIT;
	char *line = NULL, *tab;
	size_t cap = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &cap, stdin)) > 0) {
		line[len - 1] = '\0';
		tab = strchr(line, '\t');
		if (!tab)
			break;
		*tab = '\0';
		buf_reset(&text);
		ret = file_read(tab + 1, TREEPTR_MAX, &text);
		if (!ret)
			ret = treeptr_parse(&ptr, text.ptr, text.len, line);
		if (!ret)
			swap_add(swap, line, NULL, text.ptr, text.len, &ptr);
	}
	free(line);
	treeptr_release(&ptr);
	buf_release(&text);
	return ret;
}

static int as_filter(struct medo *medo, struct swap_result *result)
{
	struct swap *swap = NULL;
	int ret = swap_open(&swap, medo);

	if (!ret)
		ret = gather(swap);
	if (!ret)
		ret = swap_run(swap, result);
	swap_free(swap);
	return ret;
}

int test_swap(int argc, const char **argv)
{
	struct swap_result result = SWAP_RESULT_INIT;
	struct medo medo = MEDO_INIT;
	struct strs paths = STRS_INIT;
	int ret = medo_open(&medo, MEDO_WORK_TREE);

	for (int i = 2; i < argc; i++)
		strs_add(&paths, argv[i]);
	if (ret)
		;
	else if (argc == 1)
		ret = as_filter(&medo, &result);
	else if (!strcmp(argv[1], "--resume"))
		ret = swap_resume(&medo, &result);
	else if (!strcmp(argv[1], "--get"))
		ret = swap_get(&medo, &paths, &result);
	else
		ret = swap_drop(&medo, &paths, &result);
	printf("files %zu (%" PRIu64 ") missing %zu (%" PRIu64 ") failed %zu "
	       "left %zu pending %zu\n", result.files, result.bytes,
	       result.missing, result.missing_bytes, result.failed,
	       result.left, result.pending);
	fflush(stdout);
	if (ret < 0)
		say("error: ", "%s", fail_text());
	swap_result_release(&result);
	medo_release(&medo);
	strs_release(&paths);
	stop_now();
	return ret < 0 ? fail_exit_code(ret) : 0;
}
