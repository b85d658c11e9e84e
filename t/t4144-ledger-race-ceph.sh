#!/bin/sh

test_description='writers of one ledger in a bucket of Ceph'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-s3.sh"
LEDGER_CLAIMS=48
RACE_MOMENT=2
. "$TEST_DIRECTORY/lib-ledger.sh"

if ! test_have_prereq PYTHON3 || ! test_have_prereq RADOSGW
then
	skip_all='no python3, or no radosgw, ceph-mon, ceph-osd'
	test_done
fi
if ! s3_start_radosgw >&3 2>&4
then
	skip_all='radosgw does not start here'
	test_done
fi

test_expect_success 'sixteen writers: one winner each, nothing granted is lost' '
	race s3://bucket/race &&
	race_check s3://bucket/race
'

test_done
