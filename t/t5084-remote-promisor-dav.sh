#!/bin/sh

test_description='blobs of the silo that no hosted pack has, over http'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-promisor.sh"

test_expect_success 'a batch is few requests' '
	lazy_clone counted &&
	: >"$web_log" &&
	git -C counted checkout -q main &&
	web_requests >requests &&
	test_line_count -le 14 requests
'

test_done
