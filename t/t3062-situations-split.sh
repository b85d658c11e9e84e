#!/bin/sh

test_description='situations, with a split index'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

situations 'split index' core.splitIndex=true splitIndex.maxPercentChange=90

test_done
