#!/bin/sh

test_description='the filter, killed in a checkout of large files, and git goes on or gives up

MEDO_TEST_KILLS says at how many moments.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-kill.sh"

# killed COMMAND...: `git checkout` of the other branch, whose filter is run by
# that command.  No lock of git is removed: git is alive.
killed () {
	case "$(git symbolic-ref --short HEAD)" in
	a) killed_to=b ;;
	*) killed_to=a ;;
	esac &&
	{
		git -c filter.medo.process="$* git-medo filter-process" \
			checkout -q $killed_to 2>&1 || :
	} | cat >../out
}

test_expect_success 'set up' '
	filter_config &&
	kill_repo &&
	kill_moments
'

test_expect_success 'the filter, killed at any moment' '
	cd "$TRASH_DIRECTORY/repo" &&
	while read -r moment
	do
		killed timeout --foreground -s KILL "$moment" &&
		kill_honest && kill_mended && kill_over "$killed_to" || return 1
	done <../moments
'

# Between the first file and the index there are only a few milliseconds.
test_expect_success STRACE,!SANITIZE 'the filter, killed while it swaps' '
	cd "$TRASH_DIRECTORY/repo" &&
	for at in renameat2:when=1 renameat2:when=20 renameat2:when=50 \
		rename:when=1 rename:when=2 rename:when=3
	do
		killed strace -qq -f -o /dev/null -e trace="${at%%:*}" \
			-e inject="${at%%:*}:signal=KILL:${at#*:}" &&
		kill_honest && kill_mended && kill_over "$killed_to" || return 1
	done
'

test_done
