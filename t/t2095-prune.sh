#!/bin/sh

test_description='git medo prune: the cache gets smaller, the store loses nothing'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# content NAME [BYTES]: deps/NAME.treeptr names noise
content () {
	test-tool genrandom "$1" "${2:-1000}" >content &&
	git medo add -q content "deps/$1.treeptr" >/dev/null &&
	rm content
}

in_store () {
	test_path_is_file "$(silo_blob .git/medo "$1")"
}

test_expect_success 'setup' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far
'

test_expect_success 'what no silo has stays in the store' '
	content one && git add deps && git commit -q -m one &&
	git medo prune >actual 2>err &&
	test_must_be_empty actual &&
	test_must_be_empty err &&
	in_store deps/one.treeptr
'

test_expect_success 'also with a limit of nothing on the cache' '
	git -c medo.cacheSize=1 medo prune >actual &&
	test_must_be_empty actual &&
	in_store deps/one.treeptr
'

test_expect_success 'what a silo is seen to have moves to the cache' '
	mkdir -p "far/objects" && cp -R .git/medo/objects far/ &&
	id=$(treeptr_get deps/one.treeptr id) &&
	printf "cached\t%s\n" "$id" >expect &&
	git medo prune -n >actual &&
	test_cmp expect actual &&
	in_store deps/one.treeptr &&
	git medo prune >actual &&
	test_cmp expect actual &&
	test_path_is_missing ".git/medo/$(id_path "$id")" &&
	test_path_is_file "$(cache_dir)/$(id_path "$id")"
'

test_expect_success 'a silo with a damaged copy is not seen to have it' '
	content two && cp -R .git/medo/objects far/ &&
	far=$(silo_blob far deps/two.treeptr) && cp "$far" good &&
	for damage in "chop \"\$far\" 1" "printf x >>\"\$far\"" \
		"flip_byte \"\$far\" $(($(test_file_size good) - 30))" \
		"flip_byte \"\$far\" $(($(test_file_size good) - 100))"
	do
		cp -f good "$far" && chmod u+w "$far" && eval "$damage" &&
		git medo prune >actual 2>err &&
		test_must_be_empty actual &&
		test_grep "^warning: .*silo .*/far" err &&
		in_store deps/two.treeptr || {
			echo "damage: $damage" >&2
			return 1
		}
	done
'

test_expect_success 'nor is a file of that name that is something else' '
	for text in "" garbage
	do
		echo "$text" >x && mv -f x "$(silo_blob far deps/two.treeptr)" &&
		git medo prune >actual 2>err &&
		test_must_be_empty actual &&
		in_store deps/two.treeptr || return 1
	done &&
	rm -f "$(silo_blob far deps/two.treeptr)"
'

test_expect_success 'a silo out of reach has been seen to have nothing' '
	mv far away && test_when_finished "mv away far" &&
	git medo prune >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "^warning: there is no silo at" err &&
	in_store deps/two.treeptr
'

test_expect_success 'a silo that nobody allowed is not asked' '
	cp -R .git/medo/objects far/ && git medo allow --remove "$PWD/far" &&
	git medo prune >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "git medo allow" err &&
	in_store deps/two.treeptr &&
	git medo allow "$PWD/far" && git medo push -q
'

test_expect_success 'CO-08 index, stash, reflog and other work trees name things, too' '
	for name in index stash reflog detached staged-there
	do
		content $name && cp deps/$name.treeptr $name.json || return 1
	done &&
	git add deps/index.treeptr && rm deps/index.treeptr &&
	git add deps/reflog.treeptr &&
	git commit -q -m r -- deps/reflog.treeptr &&
	git reset -q --soft HEAD^ && git rm -q -f --cached deps/reflog.treeptr &&
	rm deps/reflog.treeptr &&
	git add deps/stash.treeptr && git stash -q -- deps/stash.treeptr &&
	git worktree add -q --detach linked &&
	mv deps/detached.treeptr linked/deps/ &&
	git -C linked add deps && git -C linked commit -q -m detached &&
	mv deps/staged-there.treeptr linked/deps/ && git -C linked add deps &&
	silo_count .git/medo >expect &&
	git medo prune --unnamed --now >actual 2>err &&
	test_must_be_empty actual &&
	for name in index stash reflog detached staged-there
	do
		in_store $name.json || return 1
	done
'

test_expect_success 'setup: they are forgotten' '
	git worktree remove --force linked && git stash drop -q &&
	git read-tree HEAD && git reflog expire --expire=now --all
'

test_expect_success 'a pointer of the work tree that nobody added counts as well' '
	content untracked &&
	git medo prune --unnamed --now >actual &&
	in_store deps/untracked.treeptr
'

test_expect_success 'what no pointer names stays, and is counted' '
	content gone && cp deps/gone.treeptr saved.json && rm deps/gone.treeptr &&
	git medo prune >actual 2>err &&
	test_grep "[0-9] blobs of the store are named by no pointer.*--unnamed" err &&
	in_store saved.json
'

test_expect_success '--unnamed: a pointer that cannot be read may name any blob' '
	echo garbage >deps/bad.treeptr &&
	test_expect_code 1 git medo prune --unnamed --now >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "deps/bad.treeptr" err &&
	in_store saved.json &&
	git add deps/bad.treeptr && git commit -q -m bad && git rm -q deps/bad.treeptr &&
	git commit -q -m "not bad" &&
	test_expect_code 1 git medo prune --unnamed --now 2>err &&
	in_store saved.json &&
	git reset -q --soft HEAD^^ && git reflog expire --expire=now --all
'

test_expect_success '--unnamed removes it' '
	git medo prune --unnamed --now -n >actual &&
	grep "^removed	$(treeptr_get saved.json id)" actual &&
	in_store saved.json &&
	git medo prune --unnamed --now >removed &&
	test_cmp actual removed &&
	test_path_is_missing "$(silo_blob .git/medo saved.json)" &&
	in_store deps/untracked.treeptr
'

test_expect_success 'the cache is left alone without a limit' '
	rm -rf "$(cache_dir)" && git medo push -q &&
	for i in 1 2 3 4
	do
		content lru$i 10000 || return 1
	done &&
	git medo push -q &&
	silo_count "$(cache_dir)" >expect &&
	git medo prune >actual && test_must_be_empty actual &&
	silo_count "$(cache_dir)" >actual &&
	test_cmp expect actual
'

test_expect_success 'with one, what was used longest ago goes first' '
	find "$(cache_dir)" -name "*.gz" -exec touch -a -m -d @1000000000 {} + &&
	for i in 3 1 4 2
	do
		touch -a -m -d "@$((1100000000 + i))" \
			"$(silo_blob "$(cache_dir)" deps/lru$i.treeptr)" || return 1
	done &&
	git -c medo.cacheSize=22k medo prune -q >actual &&
	test_must_be_empty actual &&
	for i in 1 2
	do
		test_path_is_missing "$(silo_blob "$(cache_dir)" deps/lru$i.treeptr)" ||
		return 1
	done &&
	for i in 3 4
	do
		test_path_is_file "$(silo_blob "$(cache_dir)" deps/lru$i.treeptr)" ||
		return 1
	done &&
	test "$(silo_count "$(cache_dir)")" = 2
'

test_expect_success 'reading is use' '
	git medo cat deps/lru3.treeptr >actual &&
	git -c medo.cacheSize=12k medo prune >actual &&
	printf "removed\t%s\n" "$(treeptr_get deps/lru4.treeptr id)" >expect &&
	test_cmp expect actual
'

test_expect_success 'what went can be fetched' '
	git medo cat deps/lru1.treeptr | git hash-object --stdin >actual &&
	treeptr_get deps/lru1.treeptr id >expect &&
	test_cmp expect actual
'

test_expect_success '-z and --json' '
	git -c medo.cacheSize=1 medo prune -n --json >actual &&
	grep -x "{\"action\":\"removed\",\"id\":\"[0-9a-f]\{40\}\"}" actual &&
	git -c medo.cacheSize=1 medo prune -n -z | tr "\0" "\n" >actual &&
	grep -x "removed	[0-9a-f]\{40\}" actual
'

test_expect_success 'operands and settings that make no sense' '
	test_expect_code 129 git medo prune deps &&
	test_expect_code 128 git -c medo.cacheSize=lots medo prune 2>err &&
	test_grep "medo.cachesize: .lots. is not a number" err &&
	test_expect_code 128 git -c medo.cacheSize=-1 medo prune &&
	(cd "$TEST_TOP" && test_expect_code 128 git medo prune)
'

test_done
