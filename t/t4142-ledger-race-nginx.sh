#!/bin/sh

test_description='writers of one ledger behind nginx, and on its disk at once'

. "$(dirname "$0")/test-lib.sh"
LEDGER_WEB=nginx
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX
then
	skip_all='no nginx with WebDAV'
	test_done
fi

. "$TEST_DIRECTORY/lib-ledger-web.sh"

test_done
