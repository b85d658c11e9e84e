#!/bin/sh

test_description='the filter does its work while others look at the same work tree

MEDO_TEST_RACES says how often (25 for a long run).'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-kill.sh"

: "${MEDO_TEST_RACES:=8}"

# again_while_locked COMMAND...: somebody else may hold index.lock
again_while_locked () {
	again=0 &&
	until "$@" 2>../err
	do
		test_grep "index.lock" ../err &&
		again=$((again + 1)) &&
		test $again -lt 100 || return 1
	done
}

test_expect_success 'set up' '
	filter_config &&
	kill_repo
'

# They write the index, and hold its lock for a moment, as an editor does it.
test_expect_success 'checkouts against two endless git status' '
	cd "$TRASH_DIRECTORY/repo" &&
	: >../go &&
	for i in 1 2
	do
		{
			while test -f ../go
			do
				git status --porcelain
			done >/dev/null &
		} || return 1
	done &&
	test_when_finished "rm -f \"\$TRASH_DIRECTORY/go\"; wait" &&
	for i in $(test_seq $MEDO_TEST_RACES)
	do
		to=$(test $((i % 2)) = 1 && echo a || echo b) &&
		again_while_locked git checkout -q $to &&
		kill_look &&
		awk -v v=$to "\$2 != v || \$3 != \"content\"" ../is >../wrong &&
		test_must_be_empty ../wrong || return 1
	done &&
	rm ../go && wait &&
	test_clean_status &&
	kill_mended &&
	count_filters git status &&
	test "$filters" = 0
'

test_done
