#!/bin/sh

test_description='many push at once, in a bucket

MEDO_TEST_PUSHERS says how many, MEDO_TEST_ROUNDS how often.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=s3
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-race.sh"

test_done
