#!/bin/sh

test_description='what people do with git leaves right contents and a clean status'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

situations plain

test_done
