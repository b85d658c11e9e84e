#!/bin/sh

test_description='large files go to a bucket in parts'

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
	test-tool genrandom parts 209715200 >big &&
	head -c 67200000 big >less
'

test_expect_success '64 MiB are one request, a byte more are parts' '
	head -c 67108864 big >whole &&
	s3_forget &&
	test-tool backend $url put whole whole &&
	test "$(s3_count ^PUT)" = 1 &&
	test "$(s3_count ^POST)" = 0 &&
	echo >>whole &&
	s3_forget &&
	test-tool backend $url put more whole &&
	test "$(s3_count "^PUT .*partNumber=")" = 5 &&
	test "$(s3_count ^POST)" = 2 &&
	rm whole
'

peak=
if test_have_prereq TIME
then
	peak='test_peak_kib peak'
fi
test_expect_success '200 MiB go there in 13 parts and come back the same' '
	s3_forget &&
	$peak test-tool backend $url put big big &&
	test "$(s3_count "^PUT .*partNumber=")" = 13 &&
	echo 209715200 >expect &&
	test-tool backend $url has big >actual &&
	test_cmp expect actual &&
	test-tool backend $url read big 0 - back &&
	test_cmp_bin big back &&
	rm back
'

test_expect_success TIME,!SANITIZE 'memory does not grow with them' '
	test "$(cat peak)" -lt 40000
'

test_expect_success 'what is there is not sent again' '
	s3_forget &&
	test-tool backend $url put big less &&
	test "$(s3_count "^PUT")" = 0 &&
	test "$(s3_count "^POST")" = 0
'

test_expect_success 'a signal in the middle leaves neither object nor parts' '
	for signal in HUP TERM
	do
		s3_forget &&
		s3_fault part-hold - &&
		{ test-tool backend $url put stopped big 2>err & } &&
		pid=$! &&
		test_wait_until 20 \
			grep "^PUT .*stopped?partNumber=" "$S3/log" &&
		kill -$signal $pid &&
		s3_fault_none &&
		{ wait $pid; test $? -ne 0; } &&
		test_grep ! warning err &&
		nothing_left stopped || return 1
	done
'

test_expect_success 'kill -9 in the middle leaves no object of that name' '
	s3_forget &&
	s3_fault part-hold - &&
	{ test-tool backend $url put killed big & } &&
	pid=$! &&
	test_wait_until 20 grep "^PUT .*killed?partNumber=" "$S3/log" &&
	kill -9 $pid &&
	test_expect_code 137 wait $pid &&
	s3_fault_none &&
	echo no >expect &&
	test-tool backend $url has killed >actual &&
	test_cmp expect actual
'

test_expect_success 'a put after it succeeds' '
	test-tool backend $url put killed less &&
	test-tool backend $url read killed 0 - back &&
	test_cmp_bin less back
'

test_expect_success 'FA-28 the ETag of parts is no checksum, and nobody takes it for one' '
	test-tool backend $url read big 100000000 100000010 ten &&
	tail -c +100000001 big | head -c 10 >expect &&
	test_cmp_bin expect ten
'

test_done
