#!/bin/sh

test_description='what history and indexes name is found, whatever stands beside it'

. "$(dirname "$0")/test-lib.sh"

test_expect_success 'setup: a repository with one tree' '
	git init -q repo &&
	mkdir src &&
	echo one >src/a &&
	(
		cd repo &&
		git medo silo init -q ../s.silo &&
		git medo init -q --silo ../s.silo deps &&
		git medo add ../src deps/x.treeptr >../added &&
		git add . &&
		git commit -q -m one
	) &&
	cut -f1 added >id
'

test_expect_success 'a copy of a treeptr under another name does not hide it' '
	(
		cd repo &&
		cp deps/x.treeptr deps/a.json &&
		git add . &&
		git commit -q -m copy &&
		git rm -q deps/a.json deps/x.treeptr &&
		git commit -q -m gone &&
		git medo reachable --all >../actual
	) &&
	test_line_count = 1 actual &&
	test_grep "$(cat id)" actual
'

test_expect_success 'prune --unnamed leaves what history names' '
	git -C repo medo prune --unnamed --now >actual 2>&1 &&
	test_must_be_empty actual
'

test_expect_success 'MA-24 a newline in the name of a treeptr hides nothing' '
	name="deps/n
l.treeptr" &&
	echo two >src/a &&
	(
		cd repo &&
		git medo add ../src "$name" >../added &&
		git add . &&
		git commit -q -m newline &&
		git medo prune --unnamed --now >../actual 2>&1 &&
		git rm -q "$name" &&
		git commit -q -m gone &&
		git medo prune --unnamed --now >>../actual 2>&1 &&
		git medo reachable --all >../names
	) &&
	test_must_be_empty actual &&
	test_grep "$(cut -f1 added).*deps/n.nl.treeptr" names
'

test_expect_success 'what only the index of another work tree names is named' '
	echo three >src/a &&
	git -C repo worktree add -q ../other &&
	(
		cd other &&
		mkdir -p deps &&
		git medo add ../src deps/staged.treeptr >../added &&
		git add . &&
		rm deps/staged.treeptr
	) &&
	git -C repo medo reachable --all >actual &&
	test_grep "$(cut -f1 added)" actual &&
	git -C repo medo prune --unnamed --now >actual 2>&1 &&
	test_must_be_empty actual
'

test_expect_success 'a pointer that only a merged branch had, and that is gone, is named' '
	echo four >src/a &&
	(
		cd repo &&
		git checkout -q -b side &&
		git medo add ../src deps/s.treeptr >../added &&
		git add . && git commit -q -m s1 &&
		git rm -q deps/s.treeptr && git commit -q -m s2 &&
		git checkout -q - &&
		echo c >c && git add c && git commit -q -m c &&
		git merge -q -m merge side &&
		git medo reachable --all >../actual &&
		git medo reachable HEAD~1..HEAD >../range
	) &&
	test_grep "$(cut -f1 added)" actual &&
	test_grep "$(cut -f1 added)" range
'

test_expect_success 'paths are seen from where the user is' '
	(
		cd repo &&
		mkdir -p sub &&
		echo five >../src/a &&
		git medo add ../src deps/y.treeptr >/dev/null &&
		git add . && git commit -q -m y &&
		cd sub &&
		git medo diff ../deps/y.treeptr &&
		git medo diff "$PWD/../deps/y.treeptr" &&
		git medo diff HEAD:./../deps/y.treeptr ../deps/y.treeptr &&
		git medo reachable --all ../deps/y.treeptr >../../one &&
		git medo reachable --all .. >../../top &&
		git medo reachable --all . >../../below &&
		test_expect_code 128 git medo reachable --all ../.. 2>../../err
	) &&
	test_line_count = 1 one &&
	test_line_count = 5 top &&
	test_must_be_empty below &&
	test_grep "is not in the work tree" err
'

test_expect_success 'a relative GIT_DIR is relative to where the user is' '
	mkdir -p elsewhere &&
	(
		cd elsewhere &&
		git --git-dir=../repo/.git --work-tree=../repo \
			medo reachable --all >../actual &&
		git --git-dir=../repo/.git --work-tree=../repo \
			medo allow https://example.com/x.silo
	) &&
	test_line_count = 5 actual &&
	git -C repo config --get-all medo.allow >actual &&
	test_grep example.com actual
'

test_expect_success 'a bare clone names the same' '
	git clone -q --bare repo bare.git &&
	git -C bare.git medo reachable --all | cut -f1 | sort >actual &&
	git -C repo medo reachable --all | cut -f1 | sort >expect &&
	test_line_count = 4 actual &&
	comm -13 expect actual >more &&
	test_must_be_empty more
'

test_expect_success 'in a sha256 repository one huge treeptr hides no other' '
	git init -q --object-format=sha256 wide &&
	(
		cd wide &&
		git medo add ../src x.treeptr >../added &&
		head -c 100000 /dev/zero >huge.treeptr &&
		git add . && git commit -q -m huge &&
		git medo reachable --all >../actual 2>../err
	) &&
	test_grep "$(cut -f1 added)" actual &&
	test_grep huge.treeptr err
'

test_done
