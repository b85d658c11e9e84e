#!/bin/sh

test_description='writers of one ledger in a bucket that honours conditions, and one that does not'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"
LEDGER_CLAIMS=64
RACE_MOMENT=1
. "$TEST_DIRECTORY/lib-ledger.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

url=s3://bucket/deps.silo
s3_start

# said WORD N: the claim of N in $url
said () {
	echo "$1" >expect
	test-tool ledger claim "$url" ledger "$2" "\"tag\": \"c-$2\"" >actual &&
	test_cmp expect actual
}

test_expect_success 'a ledger in a bucket is its entries and its hints' '
	test-tool ledger add $url ledger 3 w >actual &&
	test_write_lines "w-1 1" "w-2 2" "w-3 3" >expect &&
	test_cmp expect actual &&
	test-tool backend $url list "" | cut -d" " -f2 | sort >actual &&
	test_write_lines ledger/0000000001/entry.json \
		ledger/0000000002/entry.json ledger/0000000003/entry.json \
		ledger/last >expect &&
	test_cmp expect actual
'

test_expect_success 'a reader sends three requests, a writer three more' '
	s3_forget &&
	test-tool ledger replay $url ledger >actual &&
	echo "end 3 state 3" >expect &&
	test_cmp expect actual &&
	echo 3 >expect &&
	s3_count >actual &&
	test_cmp expect actual &&
	s3_forget &&
	said won 4 &&
	test_write_lines 1 2 >expect &&
	{ s3_count "^PUT" && s3_count "^GET"; } >actual &&
	test_cmp expect actual
'

test_expect_success 'CO-05 the answer to a claim is lost: it is ours all the same' '
	test_when_finished s3_fault_none &&
	s3_fault put-lost 1 &&
	said won 5 &&
	s3_fault put-lost 1 &&
	said lost 5
'

test_expect_success 'S3 that refuses both of two requests that meet is asked again' '
	test_when_finished s3_fault_none &&
	s3_fault put-409 1 &&
	said won 6
'

test_expect_success 'CO-04 a bucket that ignores the condition can have no ledger' '
	test_when_finished s3_fault_none &&
	for fault in ignore-if no-if
	do
		s3_fault_none &&
		s3_fault $fault - &&
		test_expect_code 4 test-tool ledger claim s3://bucket/$fault \
			ledger 1 "" >out 2>err &&
		test_must_be_empty out &&
		test_line_count = 1 err &&
		test_grep "bucket/$fault" err &&
		test-tool backend s3://bucket/$fault list "" >actual &&
		test_must_be_empty actual || return 1
	done
'

test_expect_success 'sixteen writers: one winner each, nothing granted is lost' '
	race s3://bucket/race &&
	race_check s3://bucket/race
'

test_done
