#!/bin/sh

test_description='the line goes down at any byte, behind WebDAV

MEDO_TEST_CUTS says at how many of them, each way.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
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
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-remote-cut.sh"

test_done
