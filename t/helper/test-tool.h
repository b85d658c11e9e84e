#ifndef TEST_TOOL_H
#define TEST_TOOL_H

#include "base/base.h"

/*
 * What tests need and the shell has not: each subcommand is a file
 * t/helper/test-NAME.c and a row in test-tool.c.  argv[0] is the name.
 */
int test_gz(int argc, const char **argv);
int test_id(int argc, const char **argv);
int test_json(int argc, const char **argv);
int test_treeptr(int argc, const char **argv);
int test_tar(int argc, const char **argv);
int test_dirtar(int argc, const char **argv);
int test_archive(int argc, const char **argv);
int test_genrandom(int argc, const char **argv);
int test_pkt(int argc, const char **argv);
int test_pack(int argc, const char **argv);
int test_index(int argc, const char **argv);
int test_swap(int argc, const char **argv);
int test_table(int argc, const char **argv);
int test_sigv4(int argc, const char **argv);
int test_ledger(int argc, const char **argv);
int test_base(int argc, const char **argv);
int test_backend(int argc, const char **argv);
int test_url(int argc, const char **argv);

#endif
