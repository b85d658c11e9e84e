#!/bin/sh

test_description='situations, with everything that install puts in'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

situations_install=yes
situations installed

test_done
