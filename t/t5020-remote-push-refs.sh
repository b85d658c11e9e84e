#!/bin/sh

test_description='git push: which refs change, and which do not, in words that git knows'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-push.sh"

test_done
