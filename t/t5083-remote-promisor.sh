#!/bin/sh

test_description='blobs of the silo that no hosted pack has, when git needs them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-promisor.sh"

test_done
