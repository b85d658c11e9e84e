#!/bin/sh

test_description='a random walk, in a bucket: three clones, and a model

MEDO_TEST_STEPS says how long, MEDO_TEST_SEED which one.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=s3
: "${MEDO_TEST_STEPS:=${TEST_LONG:+300}}"
: "${MEDO_TEST_STEPS:=12}"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-random.sh"

test_done
