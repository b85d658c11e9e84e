#!/bin/sh

test_description='a day with a silo at s3'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

EVERYDAY=s3
. "$TEST_DIRECTORY/lib-everyday.sh"

test_done
