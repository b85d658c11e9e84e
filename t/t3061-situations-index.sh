#!/bin/sh

test_description='situations, with an index of version 4'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-situations.sh"

situations 'index v4' index.version=4 core.untrackedCache=true

test_done
