#!/bin/sh

test_description='many push at once, behind ssh

MEDO_TEST_PUSHERS says how many, MEDO_TEST_ROUNDS how often.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=ssh
: "${MEDO_TEST_PUSHERS:=3}"
: "${MEDO_TEST_ROUNDS:=1}"
. "$TEST_DIRECTORY/lib-remote.sh"
. "$TEST_DIRECTORY/lib-remote-race.sh"

test_done
