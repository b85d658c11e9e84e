#!/bin/sh

test_description='after checkout and merge: mounted trees follow, and the whole of it in daily life'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

# version N: src/ as it is then, committed as deps/src.treeptr
version () {
	mkdir -p src && echo "$1" >src/file &&
	git medo add src deps/src.treeptr >/dev/null &&
	rm -r src &&
	git add deps && git commit -q -m "$1"
}

# mounted N: that version is what lies there
mounted () {
	echo "$1" >expect &&
	test_cmp expect _deps/src/file
}

test_expect_success 'setup' '
	git config --global init.defaultBranch main &&
	git config --global user.name U &&
	git config --global user.email u@example.org &&
	git init -q . &&
	git medo install -q &&
	silo_create far && medo_create deps far &&
	echo "{ \"mount\": \"../_deps\", \"sync\": \"checkout\" }" >deps/MEDO.json &&
	test_write_lines _deps far clone "*.git" wt gone away trace >.git/info/exclude &&
	version one && git tag one &&
	version two && git tag two &&
	git medo sync -q
'

test_expect_success 'git checkout of another commit brings its trees' '
	mounted two &&
	git checkout -q one &&
	mounted one &&
	git checkout -q main &&
	mounted two
'

test_expect_success 'a checkout that changes no pointer starts no sync' '
	echo a >a && git add a && git commit -q -m a &&
	git medo sync -q &&
	rm -rf _deps &&
	git checkout -q two &&
	git checkout -q -b other &&
	git checkout -q -- deps &&
	test_path_is_missing _deps &&
	git checkout -q main &&
	git medo sync -q
'

test_expect_success 'git merge and git pull bring theirs' '
	git checkout -q -b side two &&
	version three &&
	git checkout -q main && mounted two &&
	git merge -q --no-edit side &&
	mounted three &&
	git reset -q --hard HEAD^1 && git medo sync -q && mounted two &&
	git pull -q --no-rebase --no-edit . side &&
	mounted three &&
	git reset -q --hard HEAD^1 && git medo sync -q && mounted two &&
	git merge -q --squash side &&
	mounted three &&
	git reset -q --hard && git medo sync -q && mounted two
'

test_expect_success 'without "sync": "checkout" nothing is touched' '
	echo "{ \"mount\": \"../_deps\" }" >deps/MEDO.json &&
	git commit -q -a -m manual &&
	git checkout -q -b manual && version four &&
	git checkout -q -b five && version five &&
	git checkout -q manual &&
	mounted two &&
	git checkout -q main
'

test_expect_success 'what cannot be synced does not make the checkout fail' '
	rm -rf "$(cache_dir)" &&
	mv .git/medo away && mv far gone &&
	git checkout one 2>err &&
	rm -rf .git/medo && mv away .git/medo && mv gone far &&
	test_grep "git medo sync tries again" err &&
	test "$(git rev-parse HEAD)" = "$(git rev-parse one)" &&
	git medo sync -q &&
	mounted one &&
	git checkout -q two &&
	mounted two
'

test_expect_success 'nor does a mount that the user never allowed' '
	git checkout -q -b evil two &&
	echo "{ \"mount\": \"$TEST_TOP/evil\", \"sync\": \"checkout\" }" >deps/MEDO.json &&
	git commit -q -a --no-verify -m evil &&
	git checkout -q two && git checkout -q evil 2>err &&
	test_grep "mountRoot" err &&
	test_path_is_missing "$TEST_TOP/evil" &&
	git checkout -q two
'

test_expect_success 'a linked work tree gets its own trees' '
	git worktree add -q wt one 2>err &&
	test "$(cat wt/_deps/src/file)" = one &&
	mounted two &&
	git worktree remove --force wt
'

test_expect_success 'daily life: track, add, commit, push, clone, change, pull' '
	git init -q --bare there.git &&
	git checkout -q main &&
	git medo init -q --silo "$PWD/far" . &&
	git medo track -q "*.bin" &&
	noise 1 5000 >small.bin && noise 2 3000000 >large.bin &&
	git add . && git commit -q -m files &&
	test_pointer HEAD:small.bin HEAD:large.bin &&
	test_clean_status &&
	git push -q "$PWD/there.git" main &&
	test -f "far/$(id_path "$(git hash-object --no-filters large.bin)")" &&
	forget && git config --global medo.allow "$PWD/far" &&
	git clone -q there.git clone &&
	cmp small.bin clone/small.bin && cmp large.bin clone/large.bin &&
	test_clean_status clone &&
	(
		cd clone &&
		git medo install -q &&
		noise 3 3000000 >large.bin &&
		git diff >diff &&
		test_grep "^- size 3000000" diff && rm diff &&
		git commit -q -a -m change && test_clean_status . &&
		git push -q origin main
	) &&
	git pull -q --no-rebase there.git main &&
	cmp large.bin clone/large.bin &&
	test_clean_status
'

test_expect_success 'content that no filter saw does not get past the hook' '
	noise 4 5000 >raw.bin &&
	git -c filter.medo.process= -c filter.medo.clean= \
		-c filter.medo.required=false add raw.bin &&
	test_must_fail git commit -q -m raw 2>err &&
	test_grep "raw.bin.*no pointer" err &&
	git add --renormalize -- raw.bin &&
	git commit -q -m cooked &&
	test_pointer HEAD:raw.bin
'

test_expect_success 'each hook with nothing to do starts git once at most' '
	for hook in pre-commit "post-checkout HEAD HEAD 1" \
		"post-checkout HEAD~1 HEAD 1" "post-checkout one two 0" \
		"post-merge 0"
	do
		git update-ref ORIG_HEAD HEAD &&
		rm -f trace &&
		GIT_TRACE2_EVENT="$PWD/trace" git-medo hook $hook </dev/null &&
		{ grep "\"event\":\"start\"" trace || :; } >started &&
		test "$(wc -l <started)" -le 1 || return 1
	done
'

test_done
