#!/bin/sh

test_description='git medo sync: what MEDO.json mounts is there, and nothing else of it'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# policy MOUNT [MEMBER]: deps/MEDO.json
policy () {
	printf '{ "mount": "%s"%s }\n' "$1" "${2:+, $2}" >deps/MEDO.json
}

test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	for name in one two three
	do
		mkdir -p trees/$name && echo $name >trees/$name/file &&
		git medo add -q trees/$name deps/$name.treeptr || return 1
	done &&
	mkdir deps/deep && git medo add -q trees/one deps/deep/four.treeptr &&
	canary_plant
'

test_expect_success 'without a MEDO.json there is nothing to do' '
	git medo sync >actual &&
	test_must_be_empty actual
'

test_expect_success 'nor with one that mounts nothing' '
	echo "{}" >deps/MEDO.json &&
	git medo sync >actual &&
	test_must_be_empty actual
'

test_expect_success '--dry-run only says what would be done' '
	policy ../mnt &&
	git medo sync -n >actual &&
	for name in deep/four one three two
	do
		printf "+\t%s\n" "$PWD/mnt/$name" || return 1
	done >expect &&
	sort actual >sorted &&
	test_cmp expect sorted &&
	test_path_is_missing mnt
'

test_expect_success 'the trees of the medo are made' '
	git medo sync >actual &&
	sort actual >sorted &&
	test_cmp expect sorted &&
	for name in one two three
	do
		tree_same trees/$name mnt/$name || return 1
	done &&
	tree_same trees/one mnt/deep/four
'

test_expect_success 'a second time nothing is done' '
	tree_state mnt >expect &&
	git medo sync >actual &&
	test_must_be_empty actual &&
	tree_state mnt >actual &&
	test_cmp expect actual
'

test_expect_success 'a pointer that is gone takes its tree with it' '
	mv deps/two.treeptr saved &&
	git medo sync -n >actual &&
	printf -- "-\t%s\n" "$PWD/mnt/two" >expect &&
	test_cmp expect actual &&
	test_path_is_dir mnt/two &&
	git medo sync >actual &&
	test_cmp expect actual &&
	find mnt -name "two*" >actual &&
	test_must_be_empty actual &&
	tree_same trees/one mnt/one
'

test_expect_success 'a pointer that changed replaces its tree' '
	mv saved deps/two.treeptr && git medo sync -q &&
	echo new >trees/two/file && git medo add -q trees/two deps/two.treeptr &&
	git medo sync >actual &&
	test_grep "^+.*/mnt/two" actual &&
	tree_same trees/two mnt/two
'

test_expect_success 'a tree that somebody changed is not removed' '
	mv deps/two.treeptr saved && echo mine >mnt/two/mine &&
	git medo sync >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^warning: .*/mnt/two. is named no more, but was changed: left alone" err &&
	test_path_is_file mnt/two/mine &&
	mv saved deps/two.treeptr
'

test_expect_success 'nor replaced, but with --force' '
	test_expect_code 1 git medo sync >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^error: .*/mnt/two.*--force" err &&
	test_path_is_file mnt/two/mine &&
	git medo sync --force >actual &&
	test_grep "^+.*/mnt/two" actual &&
	tree_same trees/two mnt/two
'

test_expect_success 'a changed tree of a changed pointer is not replaced' '
	echo mine >mnt/two/mine &&
	echo newer >trees/two/file && git medo add -q trees/two deps/two.treeptr &&
	test_expect_code 1 git medo sync >actual 2>err &&
	test_grep "/mnt/two" err &&
	test_path_is_file mnt/two/mine &&
	git medo sync -q --force &&
	tree_same trees/two mnt/two
'

test_expect_success 'what somebody else put there stays' '
	mkdir mnt/own && echo own >mnt/own/file && cp deps/one.treeptr mnt/own.treeptr &&
	git medo expand -q deps/one.treeptr other && mv other/one mnt/handmade &&
	git medo sync >actual 2>err &&
	test_must_be_empty actual &&
	test_must_be_empty err &&
	test_path_is_file mnt/own/file &&
	test_path_is_file mnt/handmade/file
'

test_expect_success 'a tree that expand made there is not of sync' '
	git medo add -q trees/three byhand.treeptr &&
	git medo expand -q byhand.treeptr mnt &&
	git medo sync >actual &&
	test_must_be_empty actual &&
	test_path_is_file mnt/byhand/file
'

test_expect_success 'two medos may mount on one directory' '
	mkdir second && cp deps/SILO.json second/ &&
	echo "{ \"mount\": \"../mnt\" }" >second/MEDO.json &&
	git medo add -q trees/one second/five.treeptr &&
	git medo sync >actual &&
	printf "+\t%s\n" "$PWD/mnt/five" >expect &&
	test_cmp expect actual &&
	rm -r second/five.treeptr &&
	git medo sync second >actual &&
	printf -- "-\t%s\n" "$PWD/mnt/five" >expect &&
	test_cmp expect actual &&
	rm -r second && git medo sync >actual &&
	test_must_be_empty actual
'

test_expect_success '"include" says which' '
	policy ../some "\"include\": [\"t*\", \"deep/*\"]" &&
	git medo sync -q &&
	(cd some && find . -name file | sort) >actual &&
	test_write_lines ./deep/four/file ./three/file ./two/file >expect &&
	test_cmp expect actual &&
	policy ../some "\"include\": [\"one\"]" &&
	git medo sync >actual &&
	test_line_count -eq 4 actual &&
	(cd some && find . -name file | sort) >actual &&
	echo ./one/file >expect &&
	test_cmp expect actual
'

test_expect_success 'what fails is named, and does not keep back the others' '
	rm -rf mnt && policy ../mnt && echo garbage >deps/bad.treeptr &&
	sed "s/\"id\": \"..../\"id\": \"0000/" deps/one.treeptr >deps/none.treeptr &&
	test_expect_code 1 git medo sync >actual 2>err &&
	test_line_count -eq 4 actual &&
	test_line_count -eq 2 err &&
	test_grep "deps/bad.treeptr" err &&
	test_grep "deps/none.treeptr" err &&
	rm deps/bad.treeptr deps/none.treeptr
'

test_expect_success 'from a subdirectory, and for one medo' '
	rm -rf mnt &&
	(cd trees && git medo sync) >actual &&
	test_line_count -eq 4 actual &&
	rm -rf mnt && git medo sync deps/deep >actual &&
	test_must_be_empty actual &&
	git medo sync deps >actual &&
	test_line_count -eq 4 actual
'

# refused CODE MOUNT PATTERN: exit code, one line, and nothing is made
refused () {
	policy "$2" &&
	test_expect_code "$1" git medo sync >out 2>err &&
	test_must_be_empty out &&
	test_grep "$3" err &&
	test_line_count -eq 1 err &&
	canary_alive
}

test_expect_success 'MA-24 a mount outside of the work tree needs the word of the user' '
	mkdir "$TEST_TOP/outside" && canary_state >"$TEST_TOP/canary.state" &&
	for mount in ../../outside "$TEST_TOP/outside" "../../canary/sub" \
		"../../outside/a/../b"
	do
		refused 4 "$mount" "outside the work tree; allow it with: git config --add medo.mountRoot" ||
		return 1
	done &&
	test_dir_is_empty "$TEST_TOP/outside"
'

test_expect_success 'and with it, it is made there' '
	test_when_finished "git config --unset-all medo.mountRoot" &&
	git config --add medo.mountRoot "$TEST_TOP/outside" &&
	policy ../../outside/here &&
	git medo sync &&
	tree_same trees/one "$TEST_TOP/outside/here/one" &&
	policy ../../outsider &&
	test_expect_code 4 git medo sync &&
	test_path_is_missing "$TEST_TOP/outsider"
'

test_expect_success 'a file of the work tree cannot give that word' '
	printf "[medo]\n\tmountRoot = /\n" >.gitconfig &&
	printf "[medo]\n\tmountRoot = /\n" >deps/.gitconfig &&
	test_when_finished "rm .gitconfig deps/.gitconfig" &&
	rm -rf "$TEST_TOP/outside/here" &&
	refused 4 ../../outside "outside the work tree"
'

test_expect_success 'MA-24 a mount into .git, over itself, over everything is refused' '
	for mount in ../.git ../.git/hooks ../.GIT/hooks "../.git/../.git/x" \
		../trees/.git/hooks
	do
		policy "$mount" &&
		test_expect_code 4 git medo sync >out 2>err &&
		test_line_count -eq 1 err || return 1
	done &&
	for mount in . .. ../deps /
	do
		refused 4 "$mount" "over itself" || return 1
	done &&
	find .git trees -name "one*" ! -path "trees/one" >actual &&
	test_must_be_empty actual
'

test_expect_success 'MA-24 not even with medo.mountRoot' '
	git config medo.mountRoot / && test_when_finished "git config --unset medo.mountRoot" &&
	policy ../.git/hooks &&
	test_expect_code 4 git medo sync 2>err &&
	test_path_is_missing .git/hooks/one
'

test_expect_success 'MA-24 a symlink in the way of the mount is refused' '
	ln -s "$TEST_TOP/canary" way &&
	ln -s .git gitway &&
	for mount in ../way ../way/sub ../way/new/deep ../gitway/hooks
	do
		refused 4 "$mount" "is in the way of the mount: not a directory" ||
		return 1
	done &&
	rm way gitway && echo file >way &&
	refused 4 ../way/sub "is in the way of the mount" &&
	rm way
'

test_expect_success 'MA-24 a symlink below the mount is refused as well' '
	rm -rf mnt && mkdir mnt && ln -s "$TEST_TOP/canary" mnt/deep &&
	policy ../mnt &&
	test_must_fail git medo sync >actual 2>err &&
	test_path_is_missing "$TEST_TOP/canary/four" &&
	canary_alive &&
	rm mnt/deep
'

test_expect_success 'MA-24 a mount with control characters is refused' '
	policy "../mnt\\u000a" &&
	test_expect_code 1 git medo sync 2>err &&
	test_grep "deps/MEDO.json.*mount" err &&
	policy "../mnt\\u0000x" &&
	test_expect_code 1 git medo sync 2>err
'

test_expect_success 'MA-24 a tree called .medo would be taken for our records' '
	rm -rf mnt && policy ../mnt && cp deps/one.treeptr deps/.medo.treeptr &&
	test_expect_code 1 git medo sync >actual 2>err &&
	test_grep "unsafe path .\.medo" err &&
	test_path_is_missing mnt/.medo/file &&
	rm deps/.medo.treeptr
'

test_expect_success 'MA-24 a prefix leads nowhere but below the mount' '
	rm -rf mnt &&
	{
		sed "/\"tree\"/d; s/\"tar\",\{0,1\}\$/\"tar\",/; \$d" deps/one.treeptr &&
		echo "  \"prefix\": \"$TEST_TOP/canary/sub/evil\"" && echo "}"
	} >deps/evil.treeptr &&
	test_expect_code 4 git medo expand deps/evil.treeptr mnt &&
	test_must_fail git medo sync >actual 2>err &&
	test_grep "was made for .*canary/sub/evil" err &&
	canary_alive &&
	rm deps/evil.treeptr
'

test_expect_success 'a MEDO.json that is none' '
	for text in "" "{" "[]" "{ \"mount\": 7 }" "{ \"mount\": \"\" }" \
		"{ \"mount\": \"../mnt\", \"sync\": \"always\" }" \
		"{ \"mount\": \"../mnt\", \"include\": \"x\" }" \
		"{ \"mount\": \"../a\", \"mount\": \"../b\" }"
	do
		echo "$text" >deps/MEDO.json &&
		test_expect_code 1 git medo sync >actual 2>err &&
		test_grep "deps/MEDO.json" err || {
			echo "text: $text" >&2
			return 1
		}
	done
'

test_expect_success 'a MEDO.json that is a symlink is not followed' '
	echo "{ \"mount\": \"../mnt\" }" >elsewhere &&
	rm -rf mnt deps/MEDO.json && ln -s ../elsewhere deps/MEDO.json &&
	{ git medo sync >actual 2>err || :; } &&
	test_path_is_missing mnt &&
	rm deps/MEDO.json
'

test_expect_success 'blobs are fetched, and what is not allowed is refused' '
	policy ../mnt && git medo push -q && forget &&
	git medo sync >actual && test_line_count -eq 4 actual &&
	rm -rf mnt && forget && git config --unset-all medo.allow &&
	test_expect_code 4 git medo sync 2>err &&
	test_grep "git medo allow" err &&
	test_path_is_missing mnt
'

test_expect_success 'outside of a work tree there is nothing to sync' '
	git clone -q --bare . bare.git &&
	test_expect_code 128 git -C bare.git medo sync &&
	silo_temps .
'

test_done
