#!/bin/sh

test_description='git, killed in a checkout of large files: pointers and contents, nothing else

MEDO_TEST_KILLS says at how many moments of the checkout.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"
. "$TEST_DIRECTORY/lib-kill.sh"

# killed SIGNAL ...: `git checkout` of the other branch, ended by timeout(1)
# with these arguments; it, and its filter, are gone when this returns
killed () {
	case "$(git symbolic-ref --short HEAD)" in
	a) killed_to=b ;;
	*) killed_to=a ;;
	esac &&
	{ timeout "$@" git checkout -q $killed_to 2>&1 || echo ended; } |
	cat >../out &&
	if grep -q ended ../out
	then
		ended=$((ended + 1))
	fi
}

test_expect_success 'set up' '
	filter_config &&
	kill_repo &&
	kill_moments
'

test_expect_success 'git and the filter, killed at any moment' '
	cd "$TRASH_DIRECTORY/repo" &&
	ended=0 &&
	while read -r moment
	do
		killed -s KILL $moment &&
		rm -f .git/index.lock .git/HEAD.lock &&
		kill_honest && kill_mended && kill_over $killed_to || return 1
	done <../moments &&
	test $ended -gt 0
'

test_expect_success 'git alone, killed at any moment: the filter knows it' '
	cd "$TRASH_DIRECTORY/repo" &&
	ended=0 &&
	while read -r moment
	do
		killed --foreground -s KILL $moment &&
		rm -f .git/index.lock .git/HEAD.lock &&
		kill_honest && kill_mended && kill_over $killed_to || return 1
	done <../moments &&
	test $ended -gt 0
'

swap_began () {
	ls .git/medo/tmp/*/1 >/dev/null 2>&1
}

# slowly COMMAND: `git checkout` of the other branch with that filter, of which
# each write lasts; `pid` is git's, `ended` is there when both are gone
slowly () {
	case "$(git symbolic-ref --short HEAD)" in
	a) killed_to=b ;;
	*) killed_to=a ;;
	esac &&
	rm -f ../ended &&
	{
		git -c filter.medo.process="strace -D -qq -f -o /dev/null \
			-e trace=pwrite64 \
			-e inject=pwrite64:delay_enter=40000 $*" \
			checkout -q $killed_to 2>&1 &
		echo $! >../pid
		wait
	} | {
		cat >../out
		: >../ended
	}
}

# Left alone it needs ten seconds.  A shell stays between the two where the
# command is more than a command.
for behind in "" "; :"
do
	test_expect_success STRACE,!SANITIZE "git alone, killed amid the swap${behind:+, behind a shell}: the rest is pending" '
		cd "$TRASH_DIRECTORY/repo" &&
		{ slowly "git-medo filter-process$behind" & } &&
		test_wait_until 20 swap_began &&
		kill -9 "$(cat ../pid)" &&
		test_wait_until 20 test -f ../ended &&
		rm -f .git/index.lock .git/HEAD.lock &&
		test_path_is_file .git/medo/pending &&
		killed_to=$(git symbolic-ref --short HEAD) &&
		kill_honest && kill_mended && kill_over "$killed_to"
	'
done

test_expect_success 'both, with ^C at any moment' '
	cd "$TRASH_DIRECTORY/repo" &&
	ended=0 &&
	while read -r moment
	do
		killed -s INT $moment &&
		test_path_is_missing .git/index.lock &&
		kill_honest && kill_mended && kill_over $killed_to || return 1
	done <../moments &&
	test $ended -gt 0
'

test_done
