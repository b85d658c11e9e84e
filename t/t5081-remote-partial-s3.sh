#!/bin/sh

test_description='partial clones: large blobs come when git needs them, in a bucket'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=s3
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
test_set_prereq S3_COUNT
. "$TEST_DIRECTORY/lib-remote-partial.sh"

test_done
