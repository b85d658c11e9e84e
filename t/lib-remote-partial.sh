# Partial clones of hosted repositories: the tests, wherever the silo is.
# Source it behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

# large_commit N: two large files and a small one
large_commit () {
	test-tool genrandom "one$1" 150000 >one &&
	test-tool genrandom "two$1" 120000 >two &&
	echo "$1" >small &&
	git add one two small &&
	test_tick &&
	git commit -q -m "$1"
}

# missing REPO: ids of what is not there, in its history
missing () {
	git -C "$1" rev-list --objects --all --missing=print |
	sed -n "s/^?//p"
}

# lazily COMMAND...: how often the helper was started is in `starts`
lazily () {
	GIT_TRACE="$TRASH_DIRECTORY/trace" "$@" &&
	grep -c "exec: git-remote-silo" "$TRASH_DIRECTORY/trace" \
		>"$TRASH_DIRECTORY/starts"
	rm "$TRASH_DIRECTORY/trace"
}

# same_files A B
same_files () {
	git -C "$1" ls-tree -r HEAD >a.tree &&
	git -C "$2" ls-tree -r HEAD >b.tree &&
	test_cmp a.tree b.tree &&
	for file in one two small
	do
		cmp "$1/$file" "$2/$file" || return 1
	done
}

test_expect_success 'set up' '
	cd "$TRASH_DIRECTORY" &&
	remote_start &&
	url=$(remote_url oil) &&
	git init -q a &&
	cd a &&
	git remote add origin "$url" &&
	for n in 1 2 3
	do
		large_commit $n || return 1
	done &&
	git push -q origin main
'

test_expect_success 'before git medo offload a filter is not known' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q --filter=blob:limit=100k "$url" before 2>err &&
	test_grep "filtering is not known" err &&
	missing before >actual &&
	test_must_be_empty actual &&
	git clone -q "$url" had
'

test_expect_success 'git medo offload, twice' '
	cd "$TRASH_DIRECTORY" &&
	git -C a medo offload --limit 100k origin >out &&
	test_grep "is split" out &&
	remote_refs "$url" >refs.before &&
	git -C a medo offload --limit 100k "$url" >out &&
	test_grep "so already" out &&
	git -C a medo offload -q --limit 100k origin >out &&
	test_must_be_empty out &&
	remote_refs "$url" >refs.after &&
	test_cmp refs.before refs.after
'

test_expect_success 'who had all of it takes nothing' '
	cd "$TRASH_DIRECTORY" &&
	find had/.git/objects -type f >packs.before &&
	git -C a push -q origin main:side &&
	git -C had fetch -q &&
	find had/.git/objects -type f -name "*.pack" -size +20k >actual &&
	test_line_count = 1 actual &&
	grep -f actual packs.before &&
	git -C had rev-parse --verify origin/side
'

test_expect_success 'a clone without a filter is whole' '
	cd "$TRASH_DIRECTORY" &&
	remote_whole "$url" &&
	missing whole >actual &&
	test_must_be_empty actual
'

test_expect_success REMOTE_DIR 'a clone by stock git is whole' '
	cd "$TRASH_DIRECTORY" &&
	git config --global --add safe.directory "*" &&
	remote_whole "$url" "$(remote_path oil)" &&
	git -C "$(remote_path oil)" fsck --strict --no-dangling
'

test_expect_success 'a partial clone has all but the large blobs' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q -n --filter=blob:limit=100k "$url" part &&
	missing part | sort >actual &&
	git -C a rev-list --objects --all |
	sed -n "s/ \(one\|two\)\$//p" | sort >expect &&
	test_line_count = 6 expect &&
	test_cmp expect actual &&
	git -C part fsck --strict --no-dangling
'

test_expect_success 'a checkout gets what it needs in one go, and no more' '
	cd "$TRASH_DIRECTORY" &&
	lazily git -C part checkout -q main &&
	test "$(cat starts)" = 1 &&
	same_files a part &&
	missing part >actual &&
	test_line_count = 4 actual
'

test_expect_success 'an old commit, too' '
	cd "$TRASH_DIRECTORY" &&
	lazily git -C part checkout -q main~2 &&
	test "$(cat starts)" = 1 &&
	test-tool genrandom one1 150000 | cmp - part/one &&
	missing part >actual &&
	test_line_count = 2 actual &&
	git -C part checkout -q main &&
	git -C part fsck --strict --no-dangling
'

test_expect_success 'diff and blame get theirs' '
	cd "$TRASH_DIRECTORY" &&
	lazily git -C part diff --stat main~1 main >actual &&
	test "$(cat starts)" = 1 &&
	git -C a diff --stat main~1 main >expect &&
	test_cmp expect actual &&
	missing part >actual &&
	test_must_be_empty actual &&
	git -C part blame small >actual &&
	git -C a blame small >expect &&
	test_cmp expect actual
'

test_expect_success S3_COUNT 'a checkout is few requests' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q -n --filter=blob:limit=100k "$url" counted &&
	s3_forget &&
	git -C counted checkout -q main &&
	s3_count >requests &&
	test "$(cat requests)" -le 8
'

test_expect_success 'blob:none is served as well, other filters are not' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q --filter=blob:none "$url" none &&
	same_files a none &&
	missing none >actual &&
	test_line_count = 4 actual &&
	git clone -q --filter=tree:0 "$url" tree 2>err &&
	test_grep "filtering is not known" err &&
	missing tree >actual &&
	test_must_be_empty actual
'

test_expect_success 'what is pushed later is split, too, and fetched without it' '
	cd "$TRASH_DIRECTORY" &&
	( cd a && large_commit 4 && git push -q origin main ) &&
	git -C part fetch -q &&
	missing part >actual &&
	test_line_count = 2 actual &&
	lazily git -C part merge -q --ff-only origin/main &&
	test "$(cat starts)" = 1 &&
	same_files a part &&
	git -C part fsck --strict --no-dangling
'

test_expect_success 'a push from a partial clone loses nothing' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q -n --filter=blob:limit=100k "$url" pusher &&
	cd pusher &&
	old=$(git rev-parse main~3:one) &&
	git ls-tree main >tree &&
	printf "100644 blob %s\tagain\n" "$old" >>tree &&
	commit=$(git commit-tree -p main -m "an old blob again" \
		"$(git mktree --missing <tree)") &&
	git update-ref refs/heads/again "$commit" &&
	missing . >before &&
	test_line_count = 8 before &&
	lazily git push -q origin again &&
	test "$(cat ../starts)" = 1 &&
	missing . >after &&
	test_cmp before after &&
	git checkout -q again &&
	test-tool genrandom mine 200000 >mine &&
	git add mine &&
	test_tick &&
	git commit -q -m "a large one of our own" &&
	git push -q origin again &&
	cd .. &&
	remote_whole "$url" &&
	missing whole >actual &&
	test_must_be_empty actual &&
	test-tool genrandom mine 200000 >expect &&
	git -C whole cat-file blob again:mine >actual &&
	cmp expect actual
'

test_expect_success 'a push to another place takes along what is missing' '
	cd "$TRASH_DIRECTORY" &&
	git init -q --bare other.git &&
	git -C pusher push -q "$TRASH_DIRECTORY/other.git" HEAD:main &&
	git -C other.git fsck --strict --no-dangling &&
	missing other.git >actual &&
	test_must_be_empty actual
'

test_expect_success 'a tag that names a large blob' '
	cd "$TRASH_DIRECTORY" &&
	cd a &&
	test-tool genrandom tagged 130000 >tagged &&
	git tag -a -m large blobtag "$(git hash-object -w tagged)" &&
	git tag lightblob "$(git rev-parse main~3:two)" &&
	git push -q origin blobtag lightblob &&
	cd .. &&
	git clone -q -n --filter=blob:limit=100k "$url" tags &&
	git -C tags cat-file blob blobtag >actual &&
	cmp a/tagged actual &&
	git -C tags fsck --strict --no-dangling &&
	git -C part fetch -q --tags &&
	remote_whole "$url"
'

test_expect_success 'git gc in a partial clone' '
	cd "$TRASH_DIRECTORY" &&
	git -C part gc -q --prune=now &&
	git -C part fetch -q &&
	git -C part fsck --strict --no-dangling &&
	git -C part fetch -q --refetch &&
	git -C part fsck --strict --no-dangling
'

test_expect_success REMOTE_LONG 'many pushes fold, each kind for itself' '
	cd "$TRASH_DIRECTORY" &&
	cd a &&
	for n in 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
	do
		large_commit $n &&
		git push -q origin main || return 1
	done &&
	cd .. &&
	git medo silo log --json --repo oil "$REMOTE_SILO" >log &&
	test "$(grep -c replaced log)" -ge 3 &&
	git clone -q --filter=blob:limit=100k "$url" late &&
	same_files a late &&
	missing late >actual &&
	test_line_count -gt 30 actual &&
	remote_whole "$url"
'

test_expect_success 'git medo offload --limit 0 undoes it' '
	cd "$TRASH_DIRECTORY" &&
	git -C a medo offload --limit 0 origin &&
	remote_whole "$url" &&
	git -C none checkout -q main~2 &&
	git -C none fsck --strict --no-dangling &&
	git clone -q --filter=blob:none "$url" unsplit 2>err &&
	test_grep "filtering is not known" err
'
