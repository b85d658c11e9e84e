#!/bin/sh

test_description='faults while a large file goes to a bucket in parts'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq HAVE_EXPAT
then
	skip_all='no python3, or a build without expat'
	test_done
fi

url=s3://bucket/deps.silo
s3_start

# nothing_left NAME: no object of that name, and no parts that somebody pays for
nothing_left () {
	echo no >expect &&
	test-tool backend $url has "$1" >actual &&
	test_cmp expect actual &&
	echo 0 >expect &&
	s3_admin uploads >actual &&
	test_cmp expect actual
}

test_expect_success 'setup' '
	test-tool genrandom parts 67200000 >less
'

test_expect_success 'FA-28 a part that fails for a moment is sent again' '
	s3_fault part-500 2 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put retried less &&
	test-tool backend $url read retried 0 - back &&
	test_cmp_bin less back
'

test_expect_success 'FA-28 a part that stays refused is an error; the others are given up' '
	s3_fault part-denied - &&
	test_when_finished s3_fault_none &&
	test_expect_code 4 test-tool backend $url put denied less 2>err &&
	test_grep "403 AccessDenied" err &&
	test_line_count = 1 err &&
	nothing_left denied
'

test_expect_success 'FA-28 a 200 with an error inside is no success, and is tried again' '
	s3_fault complete-error 1 &&
	test_when_finished s3_fault_none &&
	s3_forget &&
	test-tool backend $url put odd200 less &&
	test "$(s3_count "^POST .*uploadId=")" = 2 &&
	test-tool backend $url read odd200 0 - back &&
	test_cmp_bin less back
'

test_expect_success 'FA-28 where it stays so, the parts are given up' '
	s3_fault complete-error - &&
	test_when_finished s3_fault_none &&
	test_expect_code 3 test-tool backend $url put stays less 2>err &&
	test_grep "InternalError" err &&
	test_line_count = 1 err &&
	nothing_left stays
'

test_expect_success 'FA-28 a lost answer to the last request is found to be a success' '
	s3_fault complete-lost 1 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put lost less &&
	test-tool backend $url read lost 0 - back &&
	test_cmp_bin less back
'

test_expect_success 'FA-28 a conflict with another writer is tried again' '
	s3_fault complete-409 1 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put conflict less &&
	test-tool backend $url read conflict 0 - back &&
	test_cmp_bin less back
'

test_expect_success 'FA-28 of two writers of a name the first stays, and the second leaves no parts' '
	s3_fault complete-409 1 &&
	test_when_finished s3_fault_none &&
	test-tool genrandom other 67200000 >other &&
	{ test-tool backend $url put both less & } &&
	first=$! &&
	test-tool backend $url put both other &&
	wait $first &&
	test-tool backend $url read both 0 - back &&
	{ cmp -s back less || cmp -s back other; } &&
	echo 0 >expect &&
	s3_admin uploads >actual &&
	test_cmp expect actual
'

test_done
