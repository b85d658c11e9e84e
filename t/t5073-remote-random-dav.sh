#!/bin/sh

test_description='a random walk, behind WebDAV: three clones, and a model

MEDO_TEST_STEPS says how long, MEDO_TEST_SEED which one.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
: "${MEDO_TEST_STEPS:=${TEST_LONG:+300}}"
: "${MEDO_TEST_STEPS:=12}"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi
if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-random.sh"

test_done
