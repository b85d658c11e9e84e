#!/bin/sh

test_description='what a repository remembers of the end of a ledger'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# push_from DIR: the next commit of it, and how often the end was asked for
push_from () {
	commit_in "$1" "$1-$(git -C "$1" rev-list --count HEAD)" &&
	fault_forget far &&
	git -C "$1" push -q far HEAD:main
}

asked_last () {
	test "$(fault_count far "^GET.*ledger/last")" = "$1"
}

# shellcheck disable=SC2154
is_there () {
	git -C "$1" rev-parse HEAD >want &&
	git ls-remote "$url" refs/heads/main | cut -f 1 >is &&
	test_cmp want is
}

# shellcheck disable=SC2154
# anew N: another repository of the same name, with N pushes
anew () {
	rm -rf "$here" new &&
	git init -q new &&
	git -C new remote add far "$url" &&
	for anew_i in $(test_seq "$1")
	do
		push_from new || return 1
	done
}

# shellcheck disable=SC2154
test_expect_success 'set up' '
	mkdir srv &&
	git config --global safe.directory "*" &&
	fault_start far srv --dav &&
	silo_create srv/deps.silo &&
	url=silo::$fault_url/deps.silo/git/r.git &&
	here=srv/deps.silo/git/r.git &&
	git init -q a &&
	git -C a remote add far "$url" &&
	push_from a
'

test_expect_success 'who pushed does not ask for ledger/last' '
	push_from a &&
	asked_last 0 &&
	push_from a &&
	asked_last 0 &&
	is_there a
'

test_expect_success 'neither does who has fetched' '
	git clone -q -o far "$url" b &&
	git -C b config user.name B &&
	push_from b &&
	asked_last 0 &&
	is_there b
'

test_expect_success 'nor where there is nothing to push' '
	fault_forget far &&
	git -C b push -q far HEAD:main &&
	asked_last 0 &&
	test "$(fault_count far .)" = 2
'

test_expect_success 'who was overtaken looks, and is refused' '
	test_must_fail push_from a 2>err &&
	test_grep "fetch first" err &&
	asked_last 1 &&
	is_there b &&
	git -C a pull -q --rebase far main &&
	push_from a &&
	asked_last 0 &&
	is_there a &&
	remote_whole "$url" "$here"
'

test_expect_success 'what others wrote stays' '
	git -C b push -q far HEAD:other &&
	push_from a &&
	git ls-remote "$url" >refs &&
	test_grep refs/heads/other refs &&
	is_there a &&
	git ls-remote "$here" >refs &&
	test_grep refs/heads/other refs
'

test_expect_success 'where others push, too, it is asked for once more, and then not' '
	git -C b push -q far HEAD:third &&
	push_from a &&
	asked_last 1 &&
	push_from a &&
	asked_last 1 &&
	test "$(fault_count far "^GET")" = 5 &&
	push_from a &&
	asked_last 0 &&
	git -C b push -q far HEAD:fourth &&
	git -C a push -q far HEAD:main &&
	fault_forget far &&
	git -C a push -q far HEAD:main &&
	test "$(fault_count far .)" = 3 &&
	is_there a
'

test_expect_success 'junk in the memory is no memory' '
	for junk in "" "{" "{\"n\": 3}" "{\"n\": 9000000, \"sum\": {}}" \
		"{\"n\": 1, \"state\": 1, \"entry\": \"x\"}" "null" "[1, 2]"
	do
		for file in a/.git/silo/*.last
		do
			echo "$junk" >"$file" || return 1
		done &&
		push_from a &&
		is_there a || return 1
	done &&
	rm a/.git/silo/*.last &&
	push_from a &&
	asked_last 1 &&
	remote_whole "$url" "$here"
'

test_expect_success 'ledger/last is gone, or lies: the next push puts it right' '
	rm "$here/ledger/last" &&
	push_from a &&
	test_path_is_file "$here/ledger/last" &&
	echo "{\"n\": 1}" >"$here/ledger/last" &&
	push_from a &&
	! grep "^{\"n\": 1}" "$here/ledger/last" &&
	is_there a
'

test_expect_success 'another ledger of the same length is not taken for ours' '
	n=$(find "$here/ledger" -name entry.json | wc -l) &&
	anew "$n" &&
	test_must_fail push_from a 2>err &&
	test_grep "rejected" err &&
	asked_last 1 &&
	is_there new &&
	git -C a push -q far HEAD:beside &&
	is_there new &&
	remote_whole "$url" "$here"
'

test_expect_success 'nor a shorter one, or a longer one, or none' '
	anew 2 &&
	test_must_fail push_from a 2>err &&
	test_grep "is older than what we saw" err &&
	is_there new &&
	git -C a push -q far HEAD:beside 2>err &&
	anew 9 &&
	test_must_fail push_from a 2>err &&
	is_there new &&
	rm -rf "$here" &&
	push_from a 2>err &&
	is_there a &&
	remote_whole "$url" "$here"
'

test_expect_success 'a large state has a file of its own, and is remembered as well' '
	git -C a rev-list HEAD | head -n 1 | awk "{
		for (i = 0; i < 300; i++)
			print \"create refs/heads/a-branch-with-a-name/\" i, \$1
	}" | git -C a update-ref --stdin &&
	git -C a push -q far "refs/heads/*:refs/heads/*" &&
	push_from a &&
	asked_last 0 &&
	push_from a &&
	asked_last 0 &&
	is_there a &&
	rm -rf "$here/ledger/state" &&
	push_from a &&
	is_there a &&
	remote_whole "$url" "$here"
'

test_done
