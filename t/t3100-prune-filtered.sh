#!/bin/sh

test_description='CO-08 git medo prune takes no filtered file that git may still want

Each case is one of 4 KiB, which lies in a pack, one of 100 kB, and a treeptr.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

# contents NAME: new ones, staged; their pointers in ptr/NAME.*
contents () {
	noise "small $1" 4096 >small.bin &&
	noise "large $1" 100000 >large.bin &&
	noise "tree $1" 5000 >"$TEST_TOP/tree" &&
	rm -f tree.treeptr &&
	git medo add -q "$TEST_TOP/tree" tree.treeptr &&
	git add small.bin large.bin tree.treeptr &&
	for contents_of in small.bin large.bin tree.treeptr
	do
		git cat-file blob ":$contents_of" \
			>"$TRASH_DIRECTORY/ptr/$1.$contents_of" || return 1
	done
}

contents_commit () {
	contents "$1" && git commit -q -m "$1"
}

# kept NAME...: prune and prune --unnamed leave them alone
kept () {
	git medo prune >"$TEST_TOP/removed" 2>"$TEST_TOP/err" &&
	test_must_be_empty "$TEST_TOP/removed" &&
	git medo prune --unnamed --now >"$TEST_TOP/removed" &&
	for kept_name
	do
		for kept_ptr in "$TRASH_DIRECTORY/ptr/$kept_name".*
		do
			git medo smudge x.bin <"$kept_ptr" >"$TEST_TOP/out" &&
			test "$(git hash-object --no-filters "$TEST_TOP/out")" \
				= "$(treeptr_get "$kept_ptr" id)" || return 1
		done
	done
}

# gone NAME: the proof that prune --unnamed looked
gone () {
	git medo prune --unnamed --now >"$TEST_TOP/removed" &&
	for gone_ptr in "$TRASH_DIRECTORY/ptr/$1".*
	do
		test_grep "^removed	$(treeptr_get "$gone_ptr" id)" \
			"$TEST_TOP/removed" || return 1
	done
}

# fresh: a repository with one commit, `base`, and we are in it.  No silo
# has anything.
fresh () {
	cd "$TRASH_DIRECTORY" &&
	rm -rf repo other &&
	cp -a seed repo &&
	cd repo &&
	git update-index -q --refresh
}

# forget_reflogs: only what is under way is wanted
forget_reflogs () {
	git reflog expire --expire=now --expire-unreachable=now --all
}

test_expect_success 'set up' '
	git config --global medo.fsync none &&
	filter_config &&
	mkdir ptr &&
	filter_repo seed &&
	(
		cd seed &&
		git medo init -q --silo ../far . &&
		git add . &&
		contents_commit base
	)
'

test_expect_success 'what nothing names goes, if asked to' '
	fresh &&
	contents nameless &&
	git reset -q --hard &&
	gone nameless &&
	kept base
'

test_expect_success 'staged, and staged over' '
	fresh &&
	contents staged &&
	noise over 4096 >small.bin && noise over 100000 >large.bin &&
	rm tree.treeptr &&
	kept staged base
'

test_expect_success 'staged and removed from the work tree' '
	fresh &&
	contents staged &&
	rm small.bin large.bin tree.treeptr &&
	kept staged base
'

test_expect_success 'stashed, once and twice, with -u and --keep-index' '
	fresh &&
	contents stash1 && git stash -q &&
	contents stash2 && git stash -q --keep-index &&
	git reset -q --hard &&
	contents untracked && git mv small.bin new.bin && git reset -q &&
	git stash -q -u &&
	forget_reflogs_of_heads () {
		git reflog expire --expire=now --expire-unreachable=now HEAD main
	} &&
	forget_reflogs_of_heads &&
	kept stash1 stash2 untracked base
'

test_expect_success 'of a branch, a tag, notes, an unpushed commit' '
	fresh &&
	git checkout -q -b side && contents_commit side && git checkout -q main &&
	contents_commit tagged && git tag -a -m v1 v1 && git reset -q --hard HEAD^ &&
	contents tree && tree=$(git write-tree) && git reset -q --hard &&
	git tag tree "$tree" &&
	contents noted && git update-ref refs/notes/x \
		"$(git commit-tree -m x "$(git write-tree)")" &&
	git reset -q --hard &&
	contents_commit unpushed &&
	forget_reflogs &&
	kept side tagged tree noted unpushed base
'

test_expect_success 'what only a reflog knows: reset, amended, detached' '
	fresh &&
	contents_commit undone && git reset -q --hard HEAD^ &&
	contents_commit amended && git commit -q --amend -m again &&
	git checkout -q --detach && contents_commit detached &&
	git checkout -q main &&
	kept undone amended detached base
'

test_expect_success 'a detached HEAD' '
	fresh &&
	git checkout -q --detach && contents_commit detached &&
	forget_reflogs &&
	kept detached base
'

test_expect_success 'another worktree: its index, its HEAD, its reflog' '
	fresh &&
	git worktree add -q --detach ../other &&
	(
		cd ../other &&
		contents_commit once && git reset -q --hard HEAD^ &&
		contents_commit head &&
		contents staged && rm small.bin
	) &&
	kept once head staged base &&
	git worktree remove --force ../other
'

test_expect_success 'a worktree whose directory is away for a while' '
	fresh &&
	git worktree add -q --detach ../other &&
	git worktree lock ../other &&
	(cd ../other && contents_commit head && contents staged) &&
	mv ../other ../away &&
	kept head staged base
'

test_expect_success 'from within the other worktree' '
	fresh &&
	contents staged &&
	git worktree add -q --detach ../other &&
	cd ../other && contents there &&
	kept staged there base
'

test_expect_success 'a bisect' '
	fresh &&
	for v in 1 2 3 4 5 6
	do
		contents_commit bisect$v || return 1
	done &&
	last=$(git rev-parse HEAD) &&
	git checkout -q --detach && git branch -q -f main HEAD~6 &&
	git bisect start "$last" main >"$TEST_TOP/out" &&
	forget_reflogs &&
	kept bisect1 bisect2 bisect3 bisect4 bisect5 bisect6 base
'

test_expect_success 'a bisect in another worktree' '
	fresh &&
	git worktree add -q --detach ../other &&
	(
		cd ../other &&
		for v in 1 2 3 4 5 6
		do
			contents_commit bisect$v || exit 1
		done &&
		git bisect start HEAD main >"$TEST_TOP/out"
	) &&
	forget_reflogs &&
	kept bisect1 bisect2 bisect3 bisect4 bisect5 bisect6 base
'

for how in --merge --apply
do
	export how
	test_expect_success "a rebase $how that has stopped, with an autostash" '
		fresh &&
		git checkout -q -b side &&
		contents_commit side1 && contents_commit side2 &&
		echo side >text && git add text && git commit -q -m text &&
		contents_commit side3 &&
		git checkout -q main && contents_commit main2 &&
		git checkout -q --detach side && git branch -q -D side &&
		contents dirty &&
		test_must_fail git rebase $how --autostash main >"$TEST_TOP/out" 2>&1 &&
		rm tree.treeptr &&
		forget_reflogs &&
		kept side1 side2 side3 main2 dirty base &&
		git rebase --abort >"$TEST_TOP/out" 2>&1 &&
		kept side1 side2 side3 main2 base &&
		test "$(git hash-object --no-filters large.bin)" = \
			"$(treeptr_get ../ptr/dirty.large.bin id)"
	'
done

test_expect_success 'a rebase that was continued with something new' '
	fresh &&
	contents_commit one && contents_commit two &&
	GIT_SEQUENCE_EDITOR="sed -i s/^pick/edit/" git rebase -q -i HEAD~2 2>"$TEST_TOP/err" &&
	contents edited && git commit -q --amend -m edited &&
	contents staged &&
	forget_reflogs &&
	kept one two edited staged base
'

test_expect_success 'a merge that has stopped: stages, MERGE_HEAD, autostash' '
	fresh &&
	git checkout -q --detach && contents_commit theirs &&
	theirs=$(git rev-parse HEAD) &&
	git checkout -q main && contents_commit ours &&
	echo other >other.bin && git add other.bin && git commit -q -m other &&
	noise dirty 4096 >other.bin &&
	git medo clean other.bin <other.bin >"$TRASH_DIRECTORY/ptr/autostash.x" &&
	test_must_fail git merge --autostash "$theirs" >"$TEST_TOP/out" 2>&1 &&
	git rm -q --cached small.bin large.bin tree.treeptr && rm tree.treeptr &&
	forget_reflogs &&
	kept theirs ours autostash base
'

test_expect_success 'a cherry-pick and a revert that have stopped' '
	fresh &&
	git checkout -q --detach && contents_commit theirs &&
	theirs=$(git rev-parse HEAD) &&
	git checkout -q main && contents_commit ours &&
	test_must_fail git cherry-pick "$theirs" >"$TEST_TOP/out" 2>&1 &&
	git rm -q --cached small.bin large.bin tree.treeptr && rm tree.treeptr &&
	forget_reflogs &&
	kept theirs ours base &&
	git reset -q --hard &&
	contents_commit later &&
	test_must_fail git revert HEAD^ >"$TEST_TOP/out" 2>&1 &&
	git rm -q --cached small.bin large.bin tree.treeptr && rm tree.treeptr &&
	kept later ours base
'

test_expect_success 'a shallow clone, at its boundary and what it made' '
	fresh &&
	contents_commit two && contents_commit three &&
	git clone -q --depth=2 "file://$PWD" ../other 2>"$TEST_TOP/err" &&
	cp -a .git/medo ../other/.git/ &&
	cd ../other &&
	contents_commit four && contents staged &&
	kept two three four staged
'

test_expect_success 'while git adds' '
	fresh &&
	echo "*.slow filter=slow" >>.gitattributes &&
	git config filter.slow.clean "until test -f ../go; do sleep 0.05; done; cat" &&
	rm -f ../go &&
	echo slow >z.slow &&
	noise "while" 100000 >large.bin &&
	git medo clean large.bin <large.bin >"$TRASH_DIRECTORY/ptr/while.large" &&
	git medo prune --unnamed --now >"$TEST_TOP/removed" &&
	{
		git add . &
		adding=$!
	} &&
	test_wait_until 10 test -f "$(silo_blob .git/medo "$TRASH_DIRECTORY/ptr/while.large")" &&
	{
		git medo prune --unnamed --now >"$TEST_TOP/removed" &
		pruning=$!
	} &&
	sleep 0.3 &&
	: >../go &&
	wait $adding && wait $pruning &&
	test_must_be_empty "$TEST_TOP/removed" &&
	kept while base
'

test_expect_success 'what was pushed moves to the cache, and a clone gets it from the silo' '
	fresh &&
	silo_create ../far &&
	git config --global medo.allow "$TRASH_DIRECTORY/far" &&
	contents_commit pushed &&
	git medo push -q &&
	contents later &&
	git medo prune >"$TEST_TOP/removed" &&
	test "$(silo_count .git/medo)" = 2 &&
	kept base pushed later &&
	forget &&
	git clone -q . ../other &&
	cd ../other &&
	for name in small.bin large.bin
	do
		test "$(git hash-object --no-filters $name)" = \
			"$(treeptr_get ../ptr/pushed.$name id)" || return 1
	done &&
	test_clean_status
'

test_expect_success 'what is younger than an hour may get its name yet' '
	cd "$TRASH_DIRECTORY" &&
	rm -rf young && filter_repo young &&
	cd young &&
	noise large 100000 >large.bin && echo small >small.bin &&
	git add . &&
	git ls-files -s large.bin | sed "s/^[0-9]* //; s/ .*//" >../ids &&
	git cat-file blob "$(cat ../ids)" >../large.ptr &&
	git rm -q -f --cached large.bin small.bin &&
	git medo prune --unnamed >../removed 2>../err &&
	test_must_be_empty ../removed &&
	test_grep "2 unnamed blobs are younger than an hour; --now" ../err &&
	touch -d "2 hours ago" "$(silo_blob .git/medo ../large.ptr)" .git/medo/pack &&
	git medo prune --unnamed >../removed 2>../err &&
	test_line_count = 2 ../removed &&
	test_must_be_empty ../err
'

test_done
