#!/bin/sh

test_description='many push at once

MEDO_TEST_PUSHERS says how many, MEDO_TEST_ROUNDS how often.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-race.sh"

test_done
