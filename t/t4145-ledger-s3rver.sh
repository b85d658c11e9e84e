#!/bin/sh

test_description='s3rver ignores conditions: it can have no ledger'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq S3RVER
then
	skip_all='no python3, or s3rver could not be fetched from npm'
	test_done
fi
s3_start_s3rver

test_expect_success 'CO-04 the first entry is refused with the reason, and nothing stays' '
	test_expect_code 4 test-tool ledger claim s3://bucket/deps.silo \
		ledger 1 "" >out 2>err &&
	test_must_be_empty out &&
	test_grep "does not keep two writers apart" err &&
	test-tool backend s3://bucket/deps.silo list "" >actual &&
	test_must_be_empty actual
'

test_expect_success 'blobs travel all the same' '
	echo blob >blob &&
	test-tool backend s3://bucket/deps.silo put objects/ab/cd.gz blob &&
	test-tool backend s3://bucket/deps.silo read objects/ab/cd.gz >actual &&
	test_cmp blob actual
'

test_done
