#!/bin/sh

test_description='writers of one ledger behind Apache, and on its disk at once'

. "$(dirname "$0")/test-lib.sh"
LEDGER_WEB=apache
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq APACHE
then
	skip_all='no Apache with WebDAV'
	test_done
fi

. "$TEST_DIRECTORY/lib-ledger-web.sh"

test_done
