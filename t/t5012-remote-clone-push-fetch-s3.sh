#!/bin/sh

test_description='clone, push and fetch, as with any other remote, in a bucket'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=s3
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-clone.sh"

test_done
