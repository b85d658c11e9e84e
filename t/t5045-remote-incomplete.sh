#!/bin/sh

test_description='a push out of a repository that is not whole brings a whole history, or nothing'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# not_there NAME: no push has come there
not_there () {
	test_must_fail git ls-remote "$(remote_url "$1")" 2>/dev/null &&
	test_path_is_missing "$(remote_path "$1")/ledger" &&
	test_path_is_missing "$(remote_path "$1")/objects"
}

test_expect_success 'set up' '
	remote_start &&
	git init -q full &&
	for i in 1 2 3 4
	do
		commit_in full "c$i" || return 1
	done &&
	git clone -q --depth 2 "file://$PWD/full" shallow &&
	test_path_is_file shallow/.git/shallow
'

test_expect_success 'a shallow repository does not push what it has not' '
	commit_in shallow more &&
	test_must_fail git -C shallow push "$(remote_url s)" main 2>err &&
	test_grep "this repository is shallow" err &&
	test_grep "unshallow" err &&
	not_there s
'

test_expect_success 'it pushes on top of what is there' '
	git -C full push -q "$(remote_url s)" main &&
	git -C shallow push -q "$(remote_url s)" main &&
	remote_whole "$(remote_url s)" "$(remote_path s)" &&
	git -C whole rev-list --count main >actual &&
	echo 5 >expect &&
	test_cmp expect actual
'

test_expect_success 'and all of it once it has it' '
	git -C shallow fetch -q --unshallow &&
	git -C shallow push -q "$(remote_url s2)" main &&
	remote_whole "$(remote_url s2)"
'

test_expect_success 'an object that is missing' '
	for what in "HEAD~1:c2.t" "HEAD~2^{tree}" "HEAD~2"
	do
		rm -rf broken &&
		git init -q broken &&
		for i in 1 2 3 4
		do
			commit_in broken "c$i" || return 1
		done &&
		id=$(git -C broken rev-parse "$what") &&
		rm -f "broken/.git/objects/$(echo "$id" |
			sed "s|^..|&/|")" &&
		test_must_fail git -C broken push "$(remote_url b)" main &&
		not_there b || return 1
	done
'

test_expect_success 'a replacement or a graft is nothing that others see' '
	cp -r full faked &&
	cd faked &&
	git replace --graft HEAD~1 &&
	git rev-list --count HEAD >actual &&
	echo 2 >expect &&
	test_cmp expect actual &&
	git push -q "$(remote_url f)" main &&
	cd .. &&
	remote_whole "$(remote_url f)" "$(remote_path f)" &&
	git -C whole rev-list --count main >actual &&
	echo 4 >expect &&
	test_cmp expect actual &&
	cp -r full grafted &&
	git -C grafted rev-parse HEAD~1 >grafted/.git/info/grafts &&
	git -C grafted push -q "$(remote_url g)" main 2>err &&
	test_must_be_empty err &&
	remote_whole "$(remote_url g)" "$(remote_path g)" &&
	git -C whole rev-list --count main >actual &&
	test_cmp expect actual
'

test_expect_success 'a partial clone pushes what it has to fetch first' '
	git -C full config uploadpack.allowFilter true &&
	git -C full config uploadpack.allowAnySHA1InWant true &&
	git clone -q --filter=blob:none "file://$PWD/full" partial &&
	commit_in partial more &&
	git -C partial push -q "$(remote_url p)" main &&
	remote_whole "$(remote_url p)" "$(remote_path p)"
'

# Nobody is told that we have what only a promise says.
test_expect_success 'a fetch into a shallow or partial clone' '
	git -C full push -q "$(remote_url x)" main~1:refs/heads/main &&
	git clone -q --depth 1 "file://$PWD/full" shallow2 &&
	git -C shallow2 remote add x "$(remote_url x)" &&
	git -C shallow2 fetch -q x &&
	git -C shallow2 rev-list --objects x/main >/dev/null &&
	git clone -q --filter=blob:none "file://$PWD/full" partial2 &&
	git -C partial2 remote add x "$(remote_url x)" &&
	git -C partial2 fetch -q x &&
	git -C partial2 fsck --no-dangling
'

test_done
