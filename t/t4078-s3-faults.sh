#!/bin/sh

test_description='a bucket with bad days'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq HAVE_EXPAT
then
	skip_all='no python3, or a build without expat'
	test_done
fi

url=s3://bucket/deps.silo
s3_start
echo content >file
echo other >other

test_expect_success 'FA-28 SlowDown passes: it is asked again' '
	s3_fault slow 2 &&
	test_when_finished s3_fault_none &&
	s3_forget &&
	test-tool backend $url put a file &&
	test "$(s3_count "^PUT .* 503")" = 2 &&
	test "$(s3_count "^PUT .* 200")" = 1
'

test_expect_success 'FA-28 SlowDown that stays is one line with the code, and exit 3' '
	s3_fault slow - &&
	test_when_finished s3_fault_none &&
	test_expect_code 3 test-tool backend $url put b file 2>err &&
	test_line_count = 1 err &&
	test_grep "503 SlowDown; try again later" err
'

test_expect_success 'FA-28 a put that meets another is made again' '
	s3_fault put-409 1 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put met file &&
	test-tool backend $url read met >actual &&
	test_cmp file actual
'

test_expect_success 'FA-28 a put that always meets another is out of reach, not a success' '
	s3_fault put-409 - &&
	test_when_finished s3_fault_none &&
	test_expect_code 3 test-tool backend $url put never file 2>err &&
	test_grep "others write" err &&
	echo no >expect &&
	test-tool backend $url has never >actual &&
	test_cmp expect actual
'

test_expect_success 'FA-28 a claim that meets another is not won' '
	s3_fault put-409 1 &&
	test_when_finished s3_fault_none &&
	echo taken >expect &&
	test-tool backend $url claim ledger/1/entry.json file >actual &&
	test_cmp expect actual
'

test_expect_success 'FA-28 a put whose answer is lost is made again, and finds itself' '
	s3_fault put-lost 1 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put lost file &&
	test-tool backend $url read lost >actual &&
	test_cmp file actual
'

test_expect_success 'CO-05 a claim whose answer is lost is there to be read back' '
	s3_fault put-lost 1 &&
	test_when_finished s3_fault_none &&
	test-tool backend $url claim ledger/2/entry.json file &&
	test-tool backend $url read ledger/2/entry.json >actual &&
	test_cmp file actual
'

test_expect_success 'CO-04 a server that refuses If-None-Match keeps files, and grants no claim' '
	s3_fault no-if - &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put plain file &&
	test-tool backend $url read plain >actual &&
	test_cmp file actual &&
	test-tool genrandom x 67200000 >big &&
	test-tool backend $url put big big &&
	test-tool backend $url read big >actual &&
	test_cmp_bin big actual &&
	test_expect_code 4 test-tool backend $url claim ledger/3/entry.json \
		file 2>err &&
	test_grep "does not know If-None-Match" err
'

test_expect_success 'CO-04 with a server that ignores it, puts of one content are harmless' '
	s3_fault ignore-if - &&
	test_when_finished s3_fault_none &&
	test-tool backend $url put same file &&
	test-tool backend $url put same file &&
	test-tool backend $url read same >actual &&
	test_cmp file actual
'

test_expect_success 'FA-28 FA-29 a clock that is two days off is put right once' '
	for skew in 172800 -172800
	do
		echo $skew >"$S3/skew" &&
		s3_forget &&
		test-tool backend $url put skew$skew file &&
		test "$(s3_count "^PUT .* 403")" = 1 &&
		test "$(s3_count "^PUT .* 200")" = 1 &&
		s3_forget &&
		test_write_lines "has skew$skew" "has a" "has met" >verbs &&
		test-tool backend $url - <verbs >out &&
		test_line_count = 3 out &&
		test "$(s3_count " 403")" = 1 &&
		test-tool backend $url now >actual &&
		now=$(date +%s) &&
		test $(($(cat actual) - now - skew)) -lt 60 &&
		test $((now + skew - $(cat actual))) -lt 60 || return 1
	done &&
	s3_fault_none
'

test_expect_success 'FA-28 what is denied is one line, and exit 4' '
	s3_fault deny - &&
	test_when_finished s3_fault_none &&
	for verb in "put x file" "claim l/1/e file" "replace x file" "has x" \
		"read x" "remove x"
	do
		# shellcheck disable=SC2086
		test_expect_code 4 test-tool backend $url $verb 2>err &&
		test_line_count = 1 err &&
		test_grep "403" err || return 1
	done &&
	test_expect_code 4 test-tool backend $url list "" 2>err &&
	test_grep "403 AccessDenied; do these keys have the right" err
'

test_expect_success 'MA-21 another server gets no signature, nor our key or token' '
	mkdir -p www/read && echo elsewhere >www/read/file &&
	fault_start here "$PWD/www" && there=$fault_url &&
	fault_start away "$PWD/www" &&
	test_write_lines "only *" "redirect 307 $there/%s" | fault bucket &&
	(
		AWS_SESSION_TOKEN=TOKENTEST &&
		export AWS_SESSION_TOKEN &&
		s3_keys AKIDTEST SECRETTEST "$fault_url" &&
		test-tool backend s3://bucket read read/file >actual
	) &&
	test_cmp www/read/file actual &&
	test_grep "AKIDTEST.*Signature=" "$TEST_TOP/away.head" &&
	test_grep "TOKENTEST" "$TEST_TOP/away.head" &&
	test_grep "^GET /read/file" "$TEST_TOP/here.head" &&
	test_grep ! -i "amz\|AKIDTEST\|TOKENTEST" "$TEST_TOP/here.head"
'

test_expect_success 'a server that is down is out of reach' '
	s3_stop &&
	test_expect_code 3 test-tool backend $url read a 2>err &&
	test_line_count = 1 err
'

test_done
