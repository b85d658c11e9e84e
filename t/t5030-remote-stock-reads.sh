#!/bin/sh

test_description='a hosted repository is one for stock git, too, as far as reading goes'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

url=

# same_refs URL: stock git's clone of URL has the refs that the helper lists
same_refs () {
	rm -rf same &&
	git clone -q --mirror "$1" same &&
	git -C same fsck --strict --no-dangling &&
	git -C same for-each-ref --format="%(objectname) %(refname)" >same.is &&
	remote_refs "$url" >same.want &&
	test_cmp same.want same.is &&
	git -C same symbolic-ref HEAD >same.head &&
	git ls-remote --symref "$url" HEAD |
	sed -n "s/^ref: \(.*\)	HEAD/\1/p" >same.want &&
	test_cmp same.want same.head
}

# pushes: a bit of everything, and same_refs after each
pushes () {
	commit_in work "$1-1" &&
	git -C work push -q r HEAD:main &&
	same_refs "$2" &&
	git -C work tag -a -m tag "$1-tag" &&
	git -C work push -q r HEAD:refs/heads/side/"$1" "$1-tag" &&
	same_refs "$2" &&
	git -C work push -q -f r HEAD~1:main :side/"$1" &&
	same_refs "$2" &&
	git -C work push -q -f r HEAD:main &&
	same_refs "$2"
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	path=$(remote_path r) &&
	git init -q work &&
	git -C work remote add r "$url" &&
	commit_in work first &&
	commit_in work second &&
	git -C work push -q r HEAD:main
'

test_expect_success 'by its path' '
	pushes path "$path"
'

test_expect_success 'by file://' '
	pushes file "file://$path"
'

test_expect_success PYTHON3 'by dumb HTTP' '
	port=$(test_free_port) &&
	test_start python3 -m http.server "$port" --bind 127.0.0.1 \
		--directory "$TEST_TOP/far" &&
	http=http://127.0.0.1:$port/deps.silo/git/r.git &&
	test_wait_until 20 git ls-remote "$http" &&
	pushes http "$http"
'

test_expect_success PYTHON3 'and with many packs' '
	for i in $(test_seq 20)
	do
		commit_in work "many$i" &&
		git -C work push -q r HEAD:main || return 1
	done &&
	same_refs "$http" &&
	same_refs "$path"
'

test_expect_success PYTHON3 'and the helper needs no more than that server to read' '
	git clone -q "silo::$http" from-http &&
	git -C from-http fsck --strict --no-dangling &&
	test "$(git -C from-http rev-parse HEAD)" = \
		"$(git -C work rev-parse HEAD)" &&
	commit_in work by-folder &&
	git -C work push -q r HEAD:main &&
	git -C from-http pull -q &&
	commit_in from-http back &&
	test_must_fail git -C from-http push -q 2>err &&
	git ls-remote "$url" refs/heads/main >actual &&
	grep "$(git -C work rev-parse HEAD)" actual
'

test_expect_success 'ssh, as far as git goes without a server' '
	write_script fake-ssh <<-\END &&
	shift
	exec sh -c "$*"
	END
	GIT_SSH_COMMAND="\"$PWD/fake-ssh\"" git clone -q \
		"ssh://host$path" by-ssh &&
	git -C by-ssh fsck --strict --no-dangling &&
	test "$(git -C by-ssh rev-parse HEAD)" = \
		"$(git -C work rev-parse HEAD)"
'

test_expect_success 'git fsck, log, archive and gc in it' '
	git -C "$path" fsck --strict --no-dangling &&
	git -C "$path" log -1 --format=%H >actual &&
	git -C work rev-parse HEAD >expect &&
	test_cmp expect actual &&
	git -C "$path" archive HEAD >/dev/null &&
	find "$path" -type f | sort >before &&
	git -C "$path" gc --auto -q &&
	find "$path" -type f | sort >after &&
	test_cmp before after
'

test_expect_success 'stock git does not push past the ledger' '
	commit_in work stock &&
	git ls-remote "$path" >before &&
	for to in "$path" "file://$path"
	do
		test_must_fail git -C work push "$to" HEAD:main 2>err &&
		test_grep "hidden ref" err &&
		test_must_fail git -C work push "$to" HEAD:new 2>err &&
		test_grep "hidden ref" err &&
		test_must_fail git -C work push "$to" :main || return 1
	done &&
	git ls-remote "$path" >after &&
	test_cmp before after &&
	find "$path/refs" -type f ! -name .keep >loose &&
	test_must_be_empty loose &&
	git -C work push -q r HEAD:main
'

test_expect_success 'it takes part in --reference and alternates' '
	git clone -q --reference "$path" "$url" borrower &&
	git -C borrower fsck --strict --no-dangling &&
	commit_in work later &&
	git -C work push -q r HEAD:main &&
	git -C borrower pull -q
'

# Who died between the entry and the hints: git sees the state before, and the
# next push mends it.
test_expect_success 'stale hints are stale, not wrong' '
	cp -r "$path" saved &&
	commit_in work unseen &&
	git -C work push -q r HEAD:main &&
	for hint in packed-refs info/refs objects/info/packs
	do
		cp "saved/$hint" "$path/$hint" || return 1
	done &&
	git clone -q "$path" old &&
	git -C old fsck --strict --no-dangling &&
	test "$(git -C old rev-parse HEAD)" = \
		"$(git -C work rev-parse HEAD~1)" &&
	git clone -q "$url" new &&
	test "$(git -C new rev-parse HEAD)" = "$(git -C work rev-parse HEAD)" &&
	commit_in work seen &&
	git -C work push -q r HEAD:main &&
	same_refs "$path"
'

test_expect_success 'without any hint the helper sees everything, and makes them again' '
	rm -rf "$path/packed-refs" "$path/info" "$path/objects/info" \
		"$path/HEAD" "$path/config" "$path/refs" \
		"$path/ledger/last" "$path/ledger/state" &&
	git clone -q "$url" bare-ledger &&
	test "$(git -C bare-ledger rev-parse HEAD)" = \
		"$(git -C work rev-parse HEAD)" &&
	commit_in work again &&
	git -C work push -q r HEAD:main &&
	same_refs "$path" &&
	test_must_fail git -C work push "$path" HEAD:x 2>err &&
	test_grep "hidden ref" err
'

test_expect_success 'a repository of stock git is let alone' '
	git init -q --bare "$REMOTE_DIR/git/stock.git" &&
	tree_state "$REMOTE_DIR/git/stock.git" >before &&
	test_must_fail git -C work push "$(remote_url stock)" HEAD:main 2>err &&
	test_grep "without .silo::." err &&
	test_must_fail git ls-remote "$(remote_url stock)" 2>err &&
	test_grep "without .silo::." err &&
	tree_state "$REMOTE_DIR/git/stock.git" >after &&
	test_cmp before after
'

test_expect_success 'outside of a silo' '
	mkdir plain &&
	git -C work push -q "silo::$PWD/plain/p.git" HEAD:main &&
	git clone -q plain/p.git from-plain &&
	git clone -q "silo::$PWD/plain/p.git" from-plain2 &&
	git clone -q "silo::file://$PWD/plain/p.git/" from-plain3 &&
	(
		cd plain &&
		git clone -q silo::p.git ../from-plain4
	) &&
	git -C work push -q "silo::$PWD/plain/git/q.git" HEAD:main &&
	git clone -q plain/git/q.git q &&
	test_must_fail git -C work push "silo::$PWD/no/such/p.git" HEAD:main &&
	test_path_is_missing no
'

test_done
