#!/bin/sh

test_description='a day with a silo at apache'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

EVERYDAY=apache
. "$TEST_DIRECTORY/lib-everyday.sh"

test_done
