#!/bin/sh

test_description='filtered files in shallow and partial clones, submodules, beside other filters'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# whole DIR SIZE: its file is the content, and git sees nothing to do
whole () {
	test_file_size "$1/data.bin" >size &&
	echo "$2" >expect &&
	test_cmp expect size &&
	git -C "$1" status --porcelain >actual &&
	test_must_be_empty actual
}

test_expect_success 'setup: two versions of a large file, pushed' '
	(cd / && git medo install -q) &&
	git config --global protocol.file.allow always &&
	silo_create s.silo &&
	git init -q --bare origin.git &&
	git -C origin.git config uploadpack.allowFilter true &&
	git init -q work &&
	(
		cd work &&
		git medo init -q --silo ../s.silo . &&
		git medo track -q "*.bin" &&
		test-tool genrandom one 2000000 >data.bin &&
		git add . && git commit -q -m one &&
		test-tool genrandom two 2000001 >data.bin &&
		git commit -q -a -m two &&
		git push -q ../origin.git HEAD:refs/heads/main
	)
'

test_expect_success 'a shallow clone has the content, and can be deepened' '
	git clone -q --depth 1 -b main "file://$PWD/origin.git" shallow &&
	whole shallow 2000001 &&
	git -C shallow fetch -q --unshallow &&
	git -C shallow checkout -q HEAD~1 &&
	whole shallow 2000000
'

test_expect_success 'fetch --all in a clone without a checkout, or bare, sees filtered files' '
	git clone -q --no-checkout -b main "file://$PWD/origin.git" none &&
	git clone -q --bare -b main "file://$PWD/origin.git" bare &&
	git -C none -c medo.allow="$PWD/s.silo" -c medo.cache="$PWD/cache1" \
		medo fetch --all &&
	test "$(silo_count cache1)" = 2 &&
	git -C bare -c medo.silo="$PWD/s.silo" -c medo.cache="$PWD/cache2" \
		medo fetch --all &&
	test "$(silo_count cache2)" = 2 &&
	git -C none ls-files >actual &&
	test_must_be_empty actual
'

test_expect_success 'so has a partial clone, which gets pointers one by one' '
	git clone -q --filter=blob:none -b main "file://$PWD/origin.git" partial &&
	whole partial 2000001 &&
	git -C partial checkout -q HEAD~1 &&
	whole partial 2000000
'

test_expect_success 'a push from a shallow clone takes its content along' '
	git clone -q --depth 1 -b main "file://$PWD/origin.git" again &&
	(
		cd again &&
		git medo allow ../s.silo &&
		test-tool genrandom three 2000002 >data.bin &&
		git commit -q -a -m three && git push -q
	) &&
	test $(silo_count s.silo) = 3
'

test_expect_success 'a submodule has the content, and an update changes it' '
	git init -q super &&
	git -C super submodule --quiet add -b main "file://$PWD/origin.git" sub &&
	whole super/sub 2000002 &&
	git -C super commit -q -m sub &&
	git -C super/sub checkout -q HEAD~1 &&
	whole super/sub 2000001 &&
	git -C super submodule --quiet update &&
	whole super/sub 2000002
'

test_expect_success 'reset --keep changes it, too' '
	git -C work reset -q --keep HEAD~1 &&
	whole work 2000000
'

test_expect_success 'a file of another filter is not ours' '
	git config --global filter.other.clean "tr a-z A-Z" &&
	git config --global filter.other.smudge "tr A-Z a-z" &&
	(
		cd work &&
		echo "*.txt filter=other" >>.gitattributes &&
		echo text >a.txt && echo bin >b.bin &&
		git add . && git commit -q -m both &&
		git medo status --porcelain >../states &&
		rm a.txt b.bin && git checkout -q . &&
		test "$(cat a.txt)" = text &&
		test "$(git show HEAD:a.txt)" = TEXT &&
		test "$(cat b.bin)" = bin
	) &&
	! grep a.txt states
'

test_done
