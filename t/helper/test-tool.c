#include "test-tool.h"

static const struct {
	const char *name;
	int (*fn)(int argc, const char **argv);
} tools[] = {
	{ "archive", test_archive },
	{ "backend", test_backend },
	{ "base", test_base },
	{ "dirtar", test_dirtar },
	{ "genrandom", test_genrandom },
	{ "gz", test_gz },
	{ "id", test_id },
	{ "index", test_index },
	{ "json", test_json },
	{ "ledger", test_ledger },
	{ "pack", test_pack },
	{ "pkt", test_pkt },
	{ "sigv4", test_sigv4 },
	{ "swap", test_swap },
	{ "table", test_table },
	{ "tar", test_tar },
	{ "treeptr", test_treeptr },
	{ "url", test_url },
};

/* A subcommand whose file is not there yet must not stop the others. */
#pragma weak test_archive
#pragma weak test_backend
#pragma weak test_base
#pragma weak test_dirtar
#pragma weak test_genrandom
#pragma weak test_gz
#pragma weak test_id
#pragma weak test_index
#pragma weak test_json
#pragma weak test_ledger
#pragma weak test_pack
#pragma weak test_pkt
#pragma weak test_sigv4
#pragma weak test_swap
#pragma weak test_table
#pragma weak test_tar
#pragma weak test_treeptr
#pragma weak test_url

int main(int argc, const char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(tools); i++)
		if (tools[i].fn && !strcmp(argv[1], tools[i].name))
			return tools[i].fn(argc - 1, argv + 1);
	fprintf(stderr, "usage: test-tool <name> <args>; names:");
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		fprintf(stderr, " %s", tools[i].name);
	fputc('\n', stderr);
	return 129;
}
