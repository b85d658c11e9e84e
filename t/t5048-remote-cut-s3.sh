#!/bin/sh

test_description='the line goes down at any byte, in a bucket

MEDO_TEST_CUTS says at how many of them, each way.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=s3
if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_CUTS:=30}"
fi
: "${MEDO_TEST_CUTS:=1}"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-remote-cut.sh"

test_done
