#!/bin/sh

test_description='git diff and git merge of pointers and trees'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# change MESSAGE: what lies in tree/ is committed as deps/tree.treeptr
change () {
	git medo add tree deps/tree.treeptr >/dev/null &&
	git add deps &&
	git commit -q -m "$1"
}

# tree_from REV: tree/ is what that revision points to
tree_from () {
	git cat-file blob "$1:deps/tree.treeptr" >from.treeptr &&
	rm -rf tree out.from &&
	git medo expand -q from.treeptr out.from &&
	mv out.from/from tree &&
	rm -rf out.from from.treeptr
}

# point PATH CONTENT: a pointer to that content under any name
point () {
	printf "%s\n" "$2" >content &&
	git medo add content tmp.treeptr >out &&
	point_id=$(git hash-object -w --no-filters tmp.treeptr) &&
	git update-index --add --cacheinfo "100644,$point_id,$1" &&
	git cat-file blob "$point_id" >"$1" &&
	rm -f tmp.treeptr content out
}

# no_json FILE: nothing of a pointer's text is in it
no_json () {
	! grep -e "\"treeptr\"" -e "\"seal\"" -e "<<<<<<<" "$1"
}

test_expect_success 'setup' '
	git config --global init.defaultBranch main &&
	silo_create far &&
	medo_create deps far &&
	git config user.name U &&
	git config user.email u@example.org &&
	git medo install -q --local --skip-hooks &&
	git config --unset filter.medo.process &&
	git config filter.medo.clean cat &&
	git config filter.medo.smudge cat &&
	echo "*.bin filter=medo diff=medo merge=medo -text" >.gitattributes &&
	git add .gitattributes &&
	mkdir -p tree/sub &&
	test_seq 1 10 >tree/a && test_seq 1 20 >tree/b &&
	test_seq 1 30 >tree/sub/c && echo x >tree/gone &&
	echo "#!/bin/sh" >tree/run && chmod +x tree/run &&
	ln -s a tree/link &&
	change base && git tag base
'

test_expect_success 'git diff shows what was added, removed, resized, changed' '
	rm tree/gone && test_seq 1 11 >tree/a && test_seq 2 30 >tree/sub/c &&
	echo 9 >>tree/sub/c && echo new >tree/new &&
	git medo add tree deps/tree.treeptr &&
	git diff >actual &&
	cat >expect <<-\EOF &&
	  resized  a (21 -> 24)
	  removed  gone (2)
	  added    new (4)
	  changed  sub/c (81)
	EOF
	grep "^  " actual >rows &&
	test_cmp expect rows &&
	test_grep "^diff --medo a/deps/tree.treeptr b/deps/tree.treeptr" actual &&
	test_grep "^- size [0-9]*, id $(git cat-file blob HEAD:deps/tree.treeptr >old; treeptr_get old id)" actual &&
	test_grep "^+ size [0-9]*, id $(treeptr_get deps/tree.treeptr id)" actual &&
	no_json actual &&
	git diff --no-ext-diff --no-textconv >plain &&
	test_grep treeptr plain
'

test_expect_success 'git show and git log -p do, too, by lines' '
	change second &&
	git show >actual &&
	test_grep "^-a	21	" actual &&
	test_grep "^+a	24	" actual &&
	test_grep "^+new	4	" actual &&
	no_json actual
'

test_expect_success 'without the blobs they show size and id' '
	mv .git/medo away &&
	test_when_finished "mv away .git/medo" &&
	git diff HEAD~1 HEAD >actual &&
	rm -rf .git/medo &&
	test_grep "^- size" actual &&
	test_grep "^+ size" actual &&
	test_grep "not known on this disk" actual &&
	no_json actual &&
	git show >actual &&
	rm -rf .git/medo &&
	test_grep "^-id" actual && test_grep "^+id" actual &&
	no_json actual
'

test_expect_success 'a pointer that comes, goes, or changes its name or mode' '
	git mv deps/tree.treeptr deps/moved.treeptr &&
	git diff --cached HEAD >actual &&
	no_json actual &&
	git diff --cached -M HEAD >actual &&
	git reset -q --hard &&
	git rm -q deps/tree.treeptr &&
	git diff --cached >actual &&
	test_grep "^+ nothing" actual &&
	git reset -q --hard &&
	chmod +x deps/tree.treeptr &&
	git diff >actual &&
	test_grep "new mode 100755" actual &&
	test_grep "content is the same" actual &&
	chmod -x deps/tree.treeptr
'

test_expect_success 'a filtered file: size and id, of content and of pointer' '
	point file.bin one && git commit -q -m file &&
	echo twotwo >file.bin &&
	git diff >actual &&
	test_grep "^- size 4, id $(echo one | git hash-object --stdin)" actual &&
	test_grep "^+ size 7, id $(echo twotwo | git hash-object --stdin)" actual &&
	no_json actual &&
	git checkout -q file.bin
'

test_expect_success 'sides of a tree that touch different paths merge' '
	git checkout -q -b left base && tree_from base &&
	test_seq 1 12 >tree/a && rm tree/gone && mkdir tree/l &&
	echo l >tree/l/new && chmod +x tree/b &&
	change left &&
	git checkout -q -b right base && tree_from base &&
	test_seq 1 33 >tree/sub/c && echo r >tree/sub/r &&
	ln -sfn b tree/link &&
	change right &&
	git merge -q --no-edit left 2>err &&
	test -z "$(git status --porcelain deps)" &&
	tree_from HEAD &&
	rm -rf want && tree_from HEAD && mv tree want && tree_from base &&
	test_seq 1 12 >tree/a && rm tree/gone && mkdir tree/l &&
	echo l >tree/l/new && chmod +x tree/b &&
	test_seq 1 33 >tree/sub/c && echo r >tree/sub/r &&
	ln -sfn b tree/link &&
	tree_same tree want &&
	git medo verify deps &&
	git medo verify --range base..HEAD >rows &&
	test_must_be_empty rows
'

test_expect_success 'and what they made is what adding it by hand makes' '
	git medo add tree by-hand.treeptr &&
	for key in id size seal tree
	do
		test "$(treeptr_get by-hand.treeptr $key)" = \
			"$(treeptr_get deps/tree.treeptr $key)" || return 1
	done
'

test_expect_success 'sides that touch the same path: ours stays, theirs lies beside it' '
	git checkout -q -b clash left && tree_from left &&
	test_seq 1 40 >tree/sub/c && change clash &&
	git cat-file blob right:deps/tree.treeptr >theirs &&
	cp deps/tree.treeptr ours &&
	test_must_fail git merge -q right 2>err &&
	test_grep "both changed .sub/c. in .deps/tree.treeptr." err &&
	test_grep "theirs is .deps/tree.treeptr.theirs." err &&
	test_cmp ours deps/tree.treeptr &&
	test_cmp theirs deps/tree.treeptr.theirs &&
	test "$(git ls-files -u deps | wc -l)" = 3 &&
	rm deps/tree.treeptr.theirs &&
	git merge --abort
'

test_expect_success 'a file on one side and a directory of that name on the other' '
	git checkout -q -b file base && tree_from base &&
	echo f >tree/thing && change file &&
	git checkout -q -b dir base && tree_from base &&
	mkdir tree/thing && echo d >tree/thing/d && change dir &&
	test_must_fail git merge -q file 2>err &&
	no_json err &&
	git medo verify deps/tree.treeptr &&
	test_path_is_file deps/tree.treeptr.theirs &&
	rm deps/tree.treeptr.theirs &&
	git merge --abort
'

test_expect_success 'one side replaced a file by a directory, the other left it' '
	git checkout -q -b todir base && tree_from base &&
	rm tree/gone && mkdir tree/gone && echo in >tree/gone/in && change todir &&
	git checkout -q -b other base && tree_from base &&
	echo o >tree/other && change other &&
	git merge -q --no-edit todir &&
	tree_from HEAD &&
	test_path_is_file tree/gone/in &&
	test_path_is_file tree/other
'

test_expect_success 'a filtered file that both changed has no markers either' '
	git checkout -q main && git checkout -q -b fa &&
	point file.bin fa && git commit -q -m fa &&
	git checkout -q -b fb main &&
	point file.bin fb && git commit -q -m fb &&
	cp file.bin ours && git cat-file blob fa:file.bin >theirs &&
	echo stranger >file.bin.theirs &&
	test_must_fail git merge -q fa 2>err &&
	test_cmp ours file.bin &&
	test_cmp theirs file.bin.theirs.2 &&
	echo stranger >expect && test_cmp expect file.bin.theirs &&
	rm file.bin.theirs* && git merge --abort
'

test_expect_success 'both added one under the same name' '
	git checkout -q -b na main && point n.bin na && git commit -q -m na &&
	git checkout -q -b nb main && point n.bin nb && git commit -q -m nb &&
	cp n.bin ours &&
	test_must_fail git merge -q na 2>err &&
	test_cmp ours n.bin &&
	test_path_is_file n.bin.theirs &&
	rm n.bin.theirs && git merge --abort
'

test_expect_success 'both point to the same content: nothing to decide' '
	git checkout -q -b pa main &&
	git medo add --meta who=a tree deps/same.treeptr && git add deps &&
	git commit -q -m pa &&
	git checkout -q -b pb main &&
	git medo add --meta who=b tree deps/same.treeptr && git add deps &&
	git commit -q -m pb &&
	git merge -q --no-edit pa &&
	test_grep "\"who\": \"b\"" deps/same.treeptr
'

test_expect_success 'cherry-pick and rebase merge trees as well' '
	git checkout -q -b pick right^1 &&
	git cherry-pick left &&
	tree_from HEAD &&
	test_path_is_file tree/l/new && test_path_is_file tree/sub/r &&
	git checkout -q -b moved left &&
	git rebase -q right^1 &&
	git diff --exit-code --no-ext-diff pick moved -- deps
'

test_expect_success 'a symlink in the place of a directory is not written through' '
	mkdir "$TEST_TOP/outside" &&
	git checkout -q -b sa main && mkdir d && point d/x.bin sa &&
	git commit -q -m sa && git checkout -q -b sb main &&
	mkdir -p d && point d/x.bin sb && git commit -q -m sb &&
	git cat-file blob sa:d/x.bin >t && git cat-file blob sb:d/x.bin >o &&
	: >b && rm -rf d && ln -s "$TEST_TOP/outside" d &&
	test_expect_code 1 git medo merge-driver -- b o t d/x.bin 2>err &&
	test_grep "stage 3" err &&
	test_dir_is_empty "$TEST_TOP/outside" &&
	rm d && git reset -q --hard
'

test_expect_success 'nothing is left in the temporary directory' '
	test_dir_is_empty .git/medo/tmp
'

test_done
