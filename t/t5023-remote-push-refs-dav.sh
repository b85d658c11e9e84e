#!/bin/sh

test_description='git push: which refs change, and which do not, in words that git knows, behind WebDAV'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-push.sh"

test_done
