#!/bin/sh

test_description='listings of a bucket'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq HAVE_EXPAT
then
	skip_all='no python3, or a build without expat'
	test_done
fi

url=s3://bucket/deps.silo
s3_start

test_expect_success 'setup: 2,500 files' '
	echo x >x &&
	for i in $(test_seq 2500)
	do
		echo "put objects/$i x" || return 1
	done >verbs &&
	test-tool backend -j 4 $url - <verbs >out &&
	for i in $(test_seq 2500)
	do
		echo "2 objects/$i"
	done | sort >expect
'

test_expect_success 'FA-28 a listing of several pages is whole, a request for each' '
	s3_forget &&
	test-tool backend $url list objects | sort >actual &&
	test_cmp expect actual &&
	test "$(s3_count "^GET .*list-type=2")" = 3
'

test_expect_success 'FA-28 a server that ignores encoding-type is understood' '
	test-tool backend $url put "odd/a+b%20c&d" x &&
	s3_fault no-encoding - &&
	test_when_finished s3_fault_none &&
	echo "2 odd/a+b%20c&d" >want &&
	test-tool backend $url list odd >actual &&
	test_cmp want actual &&
	test-tool backend $url list objects | sort >actual &&
	test_cmp expect actual
'

test_expect_success 'FA-28 a listing that does not go on ends with a failure, not never' '
	s3_fault list-loop - &&
	test_when_finished s3_fault_none &&
	test_expect_code 3 test-tool backend $url list objects 2>err &&
	test_grep "does not go on" err
'

test_expect_success 'FA-28 what a late listing lacks is found by its name' '
	test-tool backend $url put objects/newest x &&
	s3_fault list-late - &&
	test_when_finished s3_fault_none &&
	test-tool backend $url list objects >actual &&
	test_grep ! newest actual &&
	test-tool backend $url read objects/newest >actual &&
	test_cmp x actual
'

test_expect_success 'keys that end in a slash, as some programs draw folders, are left out' '
	test-tool backend $url put folder/ x &&
	test-tool backend $url put folder/x x &&
	echo "2 folder/x" >want &&
	test-tool backend $url list folder >actual &&
	test_cmp want actual
'

test_expect_success 'pages of one key are put together, too' '
	s3_stop &&
	s3_start --page 1 &&
	for name in a b c/d c/e
	do
		test-tool backend $url put $name x || return 1
	done &&
	test_write_lines "2 a" "2 b" "2 c/d" "2 c/e" >want &&
	test-tool backend $url list "" >actual &&
	test_cmp want actual
'

test_done
