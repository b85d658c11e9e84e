#!/bin/sh

test_description='hooks come by themselves: a clone has none'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

hooks_in () {
	find "$1/hooks" -type f ! -name '*.sample' -exec basename {} \; |
	LC_ALL=C sort
}

test_expect_success 'setup: installed for the user, outside of any repository' '
	test_write_lines post-checkout post-merge pre-commit pre-push >four &&
	(cd / && git medo install -q) &&
	silo_create s.silo &&
	git init -q --bare origin.git &&
	git init -q first &&
	(
		cd first &&
		git medo init -q --silo ../s.silo . &&
		git medo track -q "*.bin" &&
		echo one >one.bin &&
		git add . && git commit -q -m one &&
		git push -q ../origin.git HEAD:refs/heads/main
	)
'

test_expect_success 'track has put them in, and the push was complete' '
	hooks_in first/.git >actual &&
	test_cmp four actual &&
	test $(silo_count s.silo) = 1
'

test_expect_success 'a clone gets them from the filter' '
	git clone -q -b main origin.git clone &&
	hooks_in clone/.git >actual &&
	test_cmp four actual
'

test_expect_success 'so that a push from it takes the contents along' '
	(
		cd clone &&
		git medo allow ../s.silo &&
		echo two >two.bin && git add two.bin &&
		git commit -q -m two && git push -q
	) &&
	test $(silo_count s.silo) = 2
'

test_expect_success 'the filter touches no hook of somebody else' '
	git clone -q --no-checkout -b main origin.git theirs &&
	write_script theirs/.git/hooks/pre-push <<-\EOF &&
	exit 0
	EOF
	git -C theirs checkout -q &&
	echo pre-push >expect &&
	hooks_in theirs/.git >actual &&
	test_cmp expect actual &&
	! grep medo theirs/.git/hooks/pre-push
'

test_expect_success 'but track does, as install would' '
	(cd theirs && git medo track -q "*.big") &&
	hooks_in theirs/.git >actual &&
	test_cmp four actual &&
	grep "git-medo hook pre-push" theirs/.git/hooks/pre-push
'

test_expect_success 'with core.hooksPath the filter leaves hooks alone' '
	mkdir shared &&
	git clone -q -c core.hooksPath="$PWD/shared" -b main origin.git path &&
	hooks_in path/.git >actual &&
	test_must_be_empty actual &&
	test_dir_is_empty shared
'

test_expect_success 'medo.hooks = false keeps them out' '
	git clone -q -c medo.hooks=false -b main origin.git without &&
	(cd without && git medo track -q "*.big") &&
	hooks_in without/.git >actual &&
	test_must_be_empty actual
'

test_expect_success '--skip-hooks sets it, install without takes it back' '
	git medo install -q --skip-hooks &&
	echo false >expect &&
	git config --global medo.hooks >actual &&
	test_cmp expect actual &&
	git medo install -q &&
	test_expect_code 1 git config --global medo.hooks &&
	git medo install -q --skip-hooks &&
	git medo uninstall -q &&
	test_expect_code 1 git config --global medo.hooks
'

test_expect_success 'track says so where git does not know the filter' '
	git init -q fresh &&
	(cd fresh && git medo track "*.bin") 2>err &&
	test_grep "git medo install" err &&
	hooks_in fresh/.git >actual &&
	test_must_be_empty actual
'

test_done
