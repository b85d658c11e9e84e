#!/bin/sh

test_description='partial clones: large blobs come when git needs them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-partial.sh"

test_done
