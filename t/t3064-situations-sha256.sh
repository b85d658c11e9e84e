#!/bin/sh

test_description='situations, with ids of SHA-256'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

situations sha256 --sha256

test_done
