#!/bin/sh

test_description='swap, killed: each file is its pointer or its content, and git sees no change

Also before anybody mends it: git compares what it is in doubt about.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-swap.sh"

test_expect_success STRACE,!SANITIZE 'killed at any rename, link, open or write: pointer or content, and mended' '
	new_repo kill &&
	(
		cd kill &&
		told >../told &&
		runs=0 && MEDO_THREADS=1 && export MEDO_THREADS &&
		for call in renameat2 rename link openat pwrite64 write unlinkat
		do
			when=1
			step=1
			test $call = openat && step=11
			test $call = pwrite64 && step=13
			test $call = unlinkat && step=2
			while :
			do
				back_to_pointers || exit 1
				if strace -f -qq -o /dev/null -e trace=$call \
					-e inject=$call:signal=KILL:when=$when \
					test-tool swap <../told >../out 2>../err
				then
					break
				fi
				runs=$((runs + 1))
				either_or || exit 1
				# As git tells the user to.
				if test $((runs % 2)) = 0
				then
					rm -f .git/index.lock
				fi
				if test ! -f .git/index.lock
				then
					git diff-files --name-only >../diff
					git status --porcelain >../status &&
					test_must_be_empty ../status &&
					git diff-files --name-only >../diff &&
					test_must_be_empty ../diff || exit 1
				fi
				test-tool swap --resume >../out || exit 1
				test-tool swap --get $names >../out || exit 1
				check_swapped || exit 1
				when=$((when + step))
			done
		done &&
		echo "killed $runs times" >&2 &&
		test $runs -gt 20
	)
'

test_done
