#!/bin/sh

test_description='a day with a silo at nginx'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

EVERYDAY=nginx
. "$TEST_DIRECTORY/lib-everyday.sh"

test_done
