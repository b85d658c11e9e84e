#!/bin/sh

test_description='a random walk: three clones, one hosted repository, and a model of it

MEDO_TEST_STEPS says how long (2000 is a long run), MEDO_TEST_SEED which one.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-random.sh"

test_done
