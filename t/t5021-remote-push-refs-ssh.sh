#!/bin/sh

test_description='git push: which refs change, and which do not, in words that git knows, behind ssh'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=ssh
. "$TEST_DIRECTORY/lib-remote.sh"

# A connection for each of a hundred commands takes a minute.
if ! test "${TEST_LONG:-}"
then
	skip_all='TEST_LONG is not set'
	test_done
fi
. "$TEST_DIRECTORY/lib-remote-push.sh"

test_done
