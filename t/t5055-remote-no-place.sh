#!/bin/sh

test_description='git-remote-silo: places that are something else'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo init -q s &&
	git init -q -b main work && cd work &&
	git medo init -q --silo ../s deps &&
	for i in 1 2 3 4 5 6
	do
		echo "small $i" >f && git medo add -q f deps/f$i.treeptr || return 1
	done &&
	rm f && git add . && git commit -q -m one &&
	silo=$TRASH_DIRECTORY/s
'

# same_as_before: nothing was put there
before () {
	find "$1" -type f | sort >../before
}
same_as_before () {
	find "$1" -type f | sort >../after &&
	test_cmp ../before ../after
}

test_expect_success 'a silo without a ledger is no repository' '
	before ../s &&
	test_must_fail git push "silo::$silo" main 2>err &&
	test_grep "is a silo, and no repository; say silo::.*/git/NAME.git" err &&
	same_as_before ../s
'

test_expect_success 'nor is one with packs and a ledger' '
	git medo push && before ../s &&
	test_must_fail git push "silo::$silo" main 2>err &&
	test_grep "silo::.../git/NAME.git" err &&
	same_as_before ../s &&
	test_must_fail git clone -q "silo::$silo" ../bad 2>err &&
	silo verify -q ../s
'

test_expect_success 'in the right place all is well' '
	git push -q "silo::$silo/git/x.git" main &&
	git clone -q "silo::$silo/git/x.git" ../good &&
	silo verify -q ../s
'

test_expect_success 'somebody else'\''s folder stays as it is' '
	mkdir ../mine && echo mine >../mine/file && before ../mine &&
	test_must_fail git push "silo::$TRASH_DIRECTORY/mine" main 2>err &&
	test_grep "neither empty nor a repository; it holds .file." err &&
	same_as_before ../mine
'

test_expect_success 'an empty one becomes a repository' '
	mkdir ../empty &&
	git push -q "silo::$TRASH_DIRECTORY/empty" main &&
	git clone -q "silo::$TRASH_DIRECTORY/empty" ../from-empty
'

test_expect_success 'a repository in a repository is refused' '
	before ../empty &&
	test_must_fail git push "silo::$TRASH_DIRECTORY/empty/sub" main 2>err &&
	test_grep "inside of a git repository" err &&
	same_as_before ../empty
'

test_expect_success 'a silo does not take a repository'\''s ledger for its own' '
	mkdir ../odd && cp -r ../s/git/x.git/ledger ../odd/ledger &&
	cp ../s/silo.json ../odd && before ../odd/ledger &&
	for i in 1 2 3 4 5 6
	do
		echo "other $i" >f && git medo add -q f deps/g$i.treeptr || return 1
	done >/dev/null &&
	test_must_fail git -c medo.silo="$TRASH_DIRECTORY/odd" medo push 2>err &&
	test_grep "it is a repository.s, and no silo.s" err &&
	same_as_before ../odd/ledger
'

test_done
