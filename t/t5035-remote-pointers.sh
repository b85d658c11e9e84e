#!/bin/sh

test_description='git push to a silo brings the blobs that its commits name'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# has_blob SILO TREEPTR
has_blob () {
	test_path_is_file "$(silo_blob "$1" "$2")"
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q work &&
	cd work &&
	git remote add r "$url" &&
	git medo init -q --silo "$REMOTE_SILO" deps &&
	tree_make tree &&
	test-tool genrandom big 200000 >tree/big &&
	git medo add -q tree deps/tree.treeptr &&
	rm -rf tree &&
	git add deps &&
	git commit -q -m pointers
'

test_expect_success 'a push without any hook brings them' '
	cd "$TRASH_DIRECTORY/work" &&
	test_path_is_missing .git/hooks/pre-push &&
	git push -q r main &&
	has_blob "$REMOTE_DIR" deps/tree.treeptr &&
	remote_has "$url" refs/heads/main main
'

# The hook would ask for more words of the user than the helper does.
test_expect_success 'with the hook it is the same' '
	cd "$TRASH_DIRECTORY/work" &&
	git medo install &&
	git config --unset-all medo.allow &&
	test-tool genrandom b1 200000 >b1 &&
	git medo add -q b1 deps/b1.treeptr &&
	git add deps/b1.treeptr &&
	git commit -q -m b1 &&
	git push -q r main &&
	has_blob "$REMOTE_DIR" deps/b1.treeptr
'

test_expect_success 'also past the hook' '
	cd "$TRASH_DIRECTORY/work" &&
	test-tool genrandom b2 200000 >b2 &&
	git medo add -q b2 deps/b2.treeptr &&
	git add deps/b2.treeptr &&
	git commit -q -m b2 &&
	git push -q --no-verify r main &&
	has_blob "$REMOTE_DIR" deps/b2.treeptr
'

test_expect_success 'who clones expands' '
	cd "$TRASH_DIRECTORY" &&
	forget &&
	git clone -q "$url" other &&
	cd other &&
	git config medo.allow "$REMOTE_SILO" &&
	git medo expand deps/tree.treeptr ../expanded &&
	test_path_is_file ../expanded/tree/big
'

test_expect_success 'no SILO.json is needed for what lies around the repository itself' '
	cd "$TRASH_DIRECTORY" &&
	git config --global filter.medo.process "git-medo filter-process" &&
	git config --global filter.medo.required true &&
	test_when_finished "git config --global --remove-section filter.medo" &&
	git init -q plain && (
		cd plain &&
		git medo track -q "*.bin" &&
		test-tool genrandom in 3000 >in.bin &&
		test-tool genrandom out 3000000 >out.bin &&
		git add . && git commit -q -m files &&
		git push -q "$(remote_url plain)" main
	) &&
	forget && mv plain gone &&
	git clone -q "$(remote_url plain)" plain 2>err &&
	test_must_be_empty err &&
	test_cmp_bin gone/in.bin plain/in.bin &&
	test_cmp_bin gone/out.bin plain/out.bin &&
	git -C plain status --porcelain >out && test_must_be_empty out &&
	git -C plain medo verify --remote &&
	git -C plain medo drop -q --all && grep treeptr plain/out.bin &&
	git -C plain medo get -q && test_cmp_bin gone/out.bin plain/out.bin
'

test_expect_success 'but writing there is for the push, or a word of the user' '
	cd "$TRASH_DIRECTORY/plain" &&
	test-tool genrandom more 200000 >more &&
	mkdir deps && cp ../work/deps/SILO.json deps/ &&
	git medo add -q more deps/more.treeptr &&
	test_expect_code 4 git medo push 2>err &&
	test_grep "writing.*git medo allow" err
'

test_expect_success 'a folder git/ is not always in a silo' '
	cd "$TRASH_DIRECTORY/gone" &&
	mkdir -p ../house/git && echo mine >../house/file &&
	git -c medo.silo="$REMOTE_SILO" push -q "silo::$PWD/../house/git/x.git" main &&
	git clone -q --no-checkout ../house/git/x.git ../x &&
	cd ../x && forget &&
	git remote set-url origin "silo::$PWD/../house/git/x.git" &&
	git checkout -q main && grep treeptr out.bin &&
	test_expect_code 1 git -c filter.medo.process="git-medo filter-process" \
		medo get 2>err &&
	test_grep "2 files cannot be had.*no SILO.json says" err &&
	ls ../house >actual && printf "%s\n" file git >expect &&
	test_cmp expect actual
'

# What git remembers of the remote is not what the remote has.
test_expect_success 'CO-09 a branch that was deleted there, with its blobs, brings them again' '
	cd "$TRASH_DIRECTORY/work" &&
	git checkout -q -b gone &&
	test-tool genrandom co9 200000 >co9 &&
	git medo add -q co9 deps/co9.treeptr &&
	git add deps/co9.treeptr &&
	git commit -q -m gone &&
	git push -q r gone &&
	git fetch -q r &&
	git -C "$TRASH_DIRECTORY" clone -q "$url" deleter &&
	git -C "$TRASH_DIRECTORY/deleter" push -q origin :gone &&
	rm -f "$(silo_blob "$REMOTE_DIR" deps/co9.treeptr)" &&
	git rev-parse --verify -q r/gone &&
	git push -q r gone &&
	has_blob "$REMOTE_DIR" deps/co9.treeptr &&
	git checkout -q main
'

test_expect_success 'a blob that is nowhere stops the push' '
	cd "$TRASH_DIRECTORY/work" &&
	test-tool genrandom gone 200000 >gone &&
	git medo add -q gone deps/gone.treeptr &&
	git add deps/gone.treeptr &&
	git commit -q -m gone &&
	forget &&
	test_must_fail git push --no-verify r main 2>err &&
	test_grep "gone.treeptr" err &&
	remote_has "$url" refs/heads/main main~1 &&
	git -c medo.allowIncompletePush=true push -q --no-verify r main 2>err &&
	test_grep "warning: " err &&
	remote_has "$url" refs/heads/main main
'

# /home/me/git/x.git does not make a silo of /home/me.
test_expect_success 'the folder above git/ is a silo only if it says so' '
	cd "$TRASH_DIRECTORY" &&
	mkdir home &&
	silo_create real &&
	git init -q w2 &&
	cd w2 &&
	git medo init -q --silo "$TRASH_DIRECTORY/real" deps &&
	test-tool genrandom b3 200000 >b3 &&
	git medo add -q b3 deps/b3.treeptr &&
	git add deps &&
	git commit -q -m b3 &&
	git push -q "silo::$TRASH_DIRECTORY/home/git/x.git" main &&
	test_path_is_missing ../home/objects &&
	has_blob ../real deps/b3.treeptr
'

test_done
