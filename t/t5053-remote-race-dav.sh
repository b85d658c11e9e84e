#!/bin/sh

test_description='many push at once, behind WebDAV

MEDO_TEST_PUSHERS says how many, MEDO_TEST_ROUNDS how often.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-race.sh"

test_done
