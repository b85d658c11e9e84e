#!/bin/sh

test_description='clone, push and fetch, as with any other remote, behind ssh'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=ssh
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-clone.sh"

test_done
