# Clone, push and fetch, as with any other remote: the tests, wherever the silo is.  Source it
# behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

test_expect_success 'set up' '
	cd "$TRASH_DIRECTORY" &&
	remote_start &&
	url=$(remote_url oil) &&
	git init -q a &&
	cd a &&
	fi_history main 50 | git fast-import --quiet --done &&
	git checkout -q main &&
	git remote add origin "$url"
'

test_expect_success 'nothing is there before the first push' '
	cd "$TRASH_DIRECTORY/a" &&
	test_must_fail git ls-remote origin 2>err &&
	grep "no repository at" err &&
	test_must_fail git clone "$url" ../none 2>err &&
	grep "no repository at" err &&
	test_path_is_missing ../none &&
	git push --dry-run origin main &&
	test_must_fail git ls-remote origin
'

test_expect_success 'the first push makes it' '
	cd "$TRASH_DIRECTORY/a" &&
	git push -q -u origin main &&
	remote_has "$url" refs/heads/main main &&
	git ls-remote --symref "$url" HEAD >actual &&
	grep "^ref: refs/heads/main	HEAD" actual
'

test_expect_success 'a clone of it is whole' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q "$url" b &&
	cd b &&
	git fsck --strict &&
	test "$(git rev-parse HEAD)" = "$(git -C ../a rev-parse main)" &&
	test "$(git symbolic-ref HEAD)" = refs/heads/main &&
	test "$(git config branch.main.remote)" = origin &&
	no_leftovers .git &&
	find .git -name "*.keep" >keeps &&
	test_must_be_empty keeps
'

test_expect_success 'what was pushed is fetched' '
	cd "$TRASH_DIRECTORY/a" &&
	test_commit new &&
	git push -q &&
	cd ../b &&
	git pull -q &&
	test_path_is_file new.t &&
	test "$(git rev-parse HEAD)" = "$(git -C ../a rev-parse HEAD)" &&
	git fsck --strict
'

test_expect_success 'it travels as one pack of just what is new' '
	cd "$TRASH_DIRECTORY/b" &&
	find .git/objects/pack -name "*.pack" | sort >before &&
	cd ../a &&
	test_commit small &&
	git push -q &&
	cd ../b &&
	git fetch -q &&
	find .git/objects/pack -name "*.pack" | sort >after &&
	diff before after | sed -n "s/^> //p" >new &&
	test_line_count = 1 new &&
	test "$(test_file_size "$(cat new)")" -lt 2000
'

test_expect_success 'both ways' '
	cd "$TRASH_DIRECTORY/b" &&
	git pull -q &&
	test_commit from-b &&
	git push -q &&
	cd ../a &&
	git pull -q &&
	test_path_is_file from-b.t
'

test_expect_success 'nothing to do is nothing done' '
	cd "$TRASH_DIRECTORY/a" &&
	git push 2>err &&
	grep "Everything up-to-date" err &&
	git fetch &&
	git pull -q
'

test_expect_success 'who is behind does not push over it' '
	cd "$TRASH_DIRECTORY/b" &&
	git pull -q &&
	test_commit b-again &&
	git push -q &&
	cd ../a &&
	test_commit a-again &&
	test_must_fail git push 2>err &&
	grep "\[rejected\].*(fetch first)" err &&
	git fetch -q &&
	test_must_fail git push 2>err &&
	grep "\[rejected\].*(non-fast-forward)" err &&
	git pull -q --no-rebase --no-edit &&
	git push -q &&
	remote_has "$url" refs/heads/main main
'

test_expect_success 'a tag comes with the branch that leads to it' '
	cd "$TRASH_DIRECTORY/a" &&
	git tag -a -m one v1 &&
	git tag light &&
	git push -q --tags &&
	cd ../b &&
	git fetch -q &&
	test "$(git rev-parse v1)" = "$(git -C ../a rev-parse v1)" &&
	test "$(git rev-parse light)" = "$(git -C ../a rev-parse light)"
'

test_expect_success 'push --follow-tags' '
	cd "$TRASH_DIRECTORY/a" &&
	test_commit follow &&
	git tag -a -m two v2 &&
	git push -q --follow-tags &&
	remote_has "$url" refs/tags/v2 v2
'

test_expect_success 'one branch only' '
	cd "$TRASH_DIRECTORY/a" &&
	git checkout -q -b side &&
	test_commit on-side &&
	git push -q origin side &&
	git checkout -q main &&
	git clone -q --single-branch "$url" ../single &&
	cd ../single &&
	git for-each-ref --format="%(refname)" refs/remotes >actual &&
	test_write_lines refs/remotes/origin/HEAD refs/remotes/origin/main \
		>expect &&
	test_cmp expect actual &&
	git fsck --strict --no-dangling
'

# git says that it ignores it, and gets all.
test_expect_success 'depth is refused in words that git knows, and nothing is wrong' '
	cd "$TRASH_DIRECTORY" &&
	git clone --depth 1 "$url" shallow 2>err &&
	test_grep "depth" err &&
	test_path_is_missing shallow/.git/shallow &&
	git -C shallow fsck --strict --no-dangling &&
	test "$(git -C shallow rev-list --count HEAD)" = \
		"$(git -C a rev-list --count main)"
'

test_expect_success 'other words for a depth: a warning, and all comes' '
	cd "$TRASH_DIRECTORY" &&
	for how in --shallow-since=2020-01-01 --shallow-exclude=main
	do
		rm -rf deep &&
		git clone -q $how "$url" deep 2>err &&
		test_grep "depth is not known here; all commits come" err &&
		test_path_is_missing deep/.git/shallow &&
		test "$(git -C deep rev-list --count HEAD)" = \
			"$(git -C a rev-list --count main)" || return 1
	done &&
	for how in --depth=1 --deepen=1
	do
		git -C deep fetch -q $how 2>err &&
		test_grep "depth is not known here; all commits come" err &&
		test_path_is_missing deep/.git/shallow || return 1
	done &&
	git -C deep fsck --strict --no-dangling
'

test_expect_success 'what is shallow cannot be deepened from here, and is told so' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q --depth 1 "file://$PWD/a" low &&
	test_path_is_file low/.git/shallow &&
	cp low/.git/shallow before &&
	for how in --unshallow --deepen=1 --depth=3 --shallow-since=2020-01-01
	do
		test_must_fail git -C low fetch -q $how "$url" main 2>err &&
		test_grep "this repository is shallow, and a depth is not known" \
			err || return 1
	done &&
	test_cmp before low/.git/shallow &&
	git -C low fetch -q "$url" main &&
	git -C low fsck --strict --no-dangling
'

test_expect_success 'filters that no packs are made for: a warning, and all comes' '
	cd "$TRASH_DIRECTORY" &&
	for how in tree:0 object:type=commit combine:blob:none+tree:1 \
		sparse:oid=main:one
	do
		rm -rf sieve &&
		git clone -q --filter=$how "$url" sieve 2>err &&
		test_grep "filtering is not known" err &&
		test_line_count = 1 err &&
		git -C sieve rev-list --objects --all --missing=print >objects &&
		! grep "^?" objects || return 1
	done &&
	git clone -q --filter=blob:none --depth=1 "$url" both 2>err &&
	test_grep "filtering is not known" err &&
	test_grep "depth is not known" err &&
	git -C both rev-list --objects --all --missing=print >objects &&
	! grep "^?" objects &&
	test_path_is_missing both/.git/shallow
'

test_expect_success 'a filter is not known, and nothing is missing' '
	cd "$TRASH_DIRECTORY" &&
	git clone --filter=blob:none "$url" filtered 2>err &&
	test_grep "filtering is not known" err &&
	git -C filtered rev-list --objects --all --missing=print >objects &&
	! grep "^?" objects
'

test_expect_success 'a bare clone, a mirror, an URL without a name' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q --bare "$url" bare.git &&
	git -C bare.git fsck --strict --no-dangling &&
	git clone -q --mirror "$url" mirror.git &&
	git -C mirror.git for-each-ref >actual &&
	git -C a for-each-ref refs/heads refs/tags >expect &&
	test_line_count = "$(sed -n "\$=" expect)" actual &&
	git init -q url &&
	cd url &&
	git fetch -q "$url" side &&
	test "$(git rev-parse FETCH_HEAD)" = "$(git -C ../a rev-parse side)" &&
	git push -q "$url" FETCH_HEAD:refs/heads/from-url
'

test_expect_success 'fetch --prune, --all, -p, --refetch' '
	cd "$TRASH_DIRECTORY/b" &&
	git fetch -q &&
	git rev-parse --verify origin/from-url &&
	git push -q origin :from-url &&
	git fetch -q --prune --all &&
	test_must_fail git rev-parse --verify -q origin/from-url &&
	git fetch -q --refetch &&
	git fsck --strict --no-dangling
'

# A record says which packs were taken in; garbage collection knows nothing
# of it.
test_expect_success 'what git gc took away comes again' '
	cd "$TRASH_DIRECTORY" &&
	git clone -q "$url" gone &&
	cd gone &&
	git checkout -q --detach origin/main~1 &&
	git branch -q -D main &&
	git for-each-ref --format="delete %(refname)" |
	git update-ref --stdin --no-deref &&
	git -c gc.reflogExpire=now -c gc.reflogExpireUnreachable=now \
		gc -q --prune=now &&
	test_must_fail git cat-file -e "$(git -C ../a rev-parse main)" &&
	git fetch -q &&
	git fsck --strict --no-dangling &&
	git merge-base --is-ancestor HEAD origin/main
'

test_expect_success 'a repository that has the objects already asks for few' '
	cd "$TRASH_DIRECTORY" &&
	cp -r a copy &&
	cd copy &&
	rm -rf .git/silo &&
	find .git/objects -name "*.pack" | wc -l >before &&
	git remote rename origin old &&
	git update-ref -d refs/remotes/old/main &&
	git fetch -q old &&
	git rev-parse --verify old/main &&
	find .git/objects -name "*.pack" | wc -l >after &&
	test "$(($(cat after) - $(cat before)))" -le 2
'

test_expect_success 'a submodule' '
	cd "$TRASH_DIRECTORY" &&
	git init -q super &&
	cd super &&
	test_must_fail git submodule add "$url" sub 2>err &&
	test_grep "not allowed" err &&
	git -c protocol.silo.allow=always -c protocol.allow=always \
		submodule --quiet add "$url" sub &&
	git -C sub rev-parse HEAD >actual &&
	git -C ../a rev-parse main >expect &&
	test_cmp expect actual
'

test_expect_success 'from below the top, and with a linked work tree' '
	cd "$TRASH_DIRECTORY/a" &&
	mkdir -p deep/er &&
	cd deep/er &&
	git fetch -q origin &&
	git worktree add -q ../../../linked -b linked &&
	cd ../../../linked &&
	test_commit in-linked &&
	git push -q origin linked &&
	remote_has "$url" refs/heads/linked linked
'

test_expect_success 'it is whole, and no temporary file is left' '
	cd "$TRASH_DIRECTORY" &&
	remote_whole "$url" &&
	if test "$REMOTE_DIR"
	then
		no_leftovers "$REMOTE_DIR"
	fi &&
	no_leftovers a/.git &&
	no_leftovers b/.git
'

test_expect_success 'sha256' '
	cd "$TRASH_DIRECTORY" &&
	git init -q --object-format=sha256 wide &&
	cd wide &&
	test_commit one &&
	git tag -a -m t t1 &&
	wide=$(remote_url wide) &&
	git push -q "$wide" main t1 &&
	git clone -q "$wide" ../wide2 &&
	git -C ../wide2 rev-parse HEAD t1 >actual &&
	git rev-parse HEAD t1 >expect &&
	test_cmp expect actual &&
	git -C ../wide2 fsck --strict &&
	cd ../a &&
	test_must_fail git fetch "$wide" main &&
	test_must_fail git push "$wide" main:x 2>err &&
	cd ../wide &&
	test_must_fail git push "$url" main:wide &&
	remote_has "$url" refs/heads/wide ""
'
