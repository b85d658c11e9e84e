# A silo as the promisor of blobs that no hosted pack has: the tests, wherever
# the silo is.  Source it behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

# large_packs: those of the hosted repository, as paths without suffix
large_packs () {
	git medo silo log --json --repo oil "$REMOTE_SILO" >log.json &&
	sed "s/[{}]/\n/g" log.json | grep "\"large\": *true" |
	sed -n "s/.*\"name\": *\"\(pack-[0-9a-f]*\)\".*/\1/p" >large.out &&
	sed "s|^|$(remote_path oil)/objects/pack/|" large.out
}

# lazy_clone DIR: what is over the limit is not in it
lazy_clone () {
	rm -rf "$1" &&
	git clone -q -n --single-branch --filter=blob:none "$url" "$1"
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

# wanted: the blobs of a's main
wanted () {
	git -C a ls-tree main | sed "s/.* blob \([0-9a-f]*\)	.*/\1/"
}

test_expect_success 'set up: the silo has the blobs, the packs have lost them' '
	remote_start &&
	url=$(remote_url oil) &&
	git init -q a &&
	(
		cd a &&
		git remote add origin "$url" &&
		test-tool genrandom one 300000 >one &&
		test-tool genrandom two 120000 >two &&
		for n in 1 2 3 4 5
		do
			test-tool genrandom "s$n" 2000 >"small$n" || exit 1
		done &&
		git add . &&
		test_tick &&
		git commit -q -m plain &&
		git push -q origin main &&
		git medo offload -q --limit 10 origin &&
		git checkout -q -b pointers &&
		git medo init -q --silo "$REMOTE_SILO" p &&
		for file in one two small1 small2 small3 small4 small5
		do
			git medo add -q "$file" "p/$file.treeptr" >/dev/null ||
			exit 1
		done &&
		git add p &&
		test_tick &&
		git commit -q -m pointers &&
		git push -q origin pointers &&
		git checkout -q main
	) &&
	large_packs | head -n 1 >large &&
	test_line_count = 1 large &&
	path=$(cat large) &&
	mkdir lost &&
	mv "$path.pack" lost/ &&
	cp "$path.idx" lost/
'

test_expect_success 'a checkout gets them out of the silo in one batch' '
	lazy_clone part &&
	missing part >actual &&
	test_line_count = 7 actual &&
	lazily git -C part checkout -q main &&
	test "$(cat starts)" = 1 &&
	for file in one two small1 small2 small3 small4 small5
	do
		cmp "a/$file" "part/$file" || return 1
	done &&
	missing part >actual &&
	test_must_be_empty actual &&
	git -C part fsck --strict --no-dangling &&
	no_leftovers part/.git
'

test_expect_success 'they are one promisor pack' '
	lazy_clone one &&
	find one/.git/objects -name "*.pack" | wc -l >before &&
	git -C one checkout -q main &&
	find one/.git/objects -name "*.pack" >packs &&
	find one/.git/objects -name "*.promisor" >promisors &&
	test_line_count = $(($(cat before) + 1)) packs &&
	test_line_count = $(($(cat before) + 1)) promisors &&
	find part/.git -name silo.json >actual &&
	test_must_be_empty actual
'

test_expect_success 'also where the table of the pack is gone with it' '
	rm -f "$path.idx" &&
	lazy_clone none &&
	lazily git -C none checkout -q main 2>err &&
	test "$(cat starts)" = 1 &&
	test_must_be_empty err &&
	cmp a/one none/one &&
	git -C none fsck --strict --no-dangling
'

test_expect_success 'a batch of ids from a remote that is a promisor' '
	git init -q ids &&
	git -C ids config remote.silo.url "$url" &&
	git -C ids config remote.silo.promisor true &&
	git -C ids config extensions.partialClone silo &&
	wanted >list &&
	test_line_count = 7 list &&
	git -C ids fetch -q --no-tags --no-write-fetch-head \
		--filter=blob:none --stdin silo <list &&
	git -C ids cat-file --batch-check --batch-all-objects >actual &&
	test_line_count = 7 actual &&
	git -C ids cat-file blob "$(git -C a rev-parse main:one)" >actual &&
	cmp a/one actual
'

test_expect_success 'an absent id is an error of git, and a clear word' '
	lazy_clone absent &&
	find absent/.git/objects -name "*.pack" >before &&
	none=$(echo nobody has this | git hash-object --stdin) &&
	test_must_fail git -C absent cat-file blob "$none" 2>err &&
	test_grep "has not the object $none" err &&
	find absent/.git/objects -name "*.pack" >after &&
	test_cmp before after
'

test_expect_success 'beside an absent one the others come' '
	{ wanted && echo "$none" && echo "$none" | tr 0-9a-f 1-9a-f0; } >list &&
	test_must_fail git -C absent fetch -q --no-tags \
		--no-write-fetch-head --filter=blob:none --stdin origin \
		<list 2>err &&
	test_grep "has not the object .*, nor 1 more, that git asks for" err &&
	missing absent >actual &&
	test_must_be_empty actual
'

test_expect_success 'wrong bytes in the silo are refused, and cost only themselves' '
	lazy_clone wrong &&
	one=$(git -C a rev-parse main:one) &&
	two=$(git -C a rev-parse main:two) &&
	file=$REMOTE_DIR/objects/$(echo "$one" | sed "s|^..|&/|").gz &&
	test_path_is_file "$file" &&
	cp "$file" good.gz &&
	chmod u+w "$file" &&
	echo "something else" | gzip >"$file" &&
	test_must_fail git -C wrong checkout -q main 2>err &&
	test_grep "blob $one in silo" err &&
	test_grep "has not the object $one that git asks for" err &&
	missing wrong >actual &&
	echo "$one" >expect &&
	test_cmp expect actual &&
	cp good.gz "$file" &&
	git -C wrong checkout -q -f main &&
	cmp a/one wrong/one
'

test_expect_success 'a damaged pack in the silo is refused' '
	lazy_clone packed &&
	for pack in "$REMOTE_DIR"/pack/*.pack
	do
		cp "$pack" "$pack.good" &&
		chmod u+w "$pack" &&
		printf "xxxxxxxxxxxxxxxx" | dd of="$pack" bs=1 seek=3000 \
			conv=notrunc 2>/dev/null || return 1
	done &&
	test_must_fail git -C packed checkout -q main 2>err &&
	test_grep "has not the object" err &&
	missing packed >actual &&
	test_line_count -ge 1 actual &&
	test_line_count -lt 7 actual &&
	for pack in "$REMOTE_DIR"/pack/*.pack
	do
		mv -f "$pack.good" "$pack" || return 1
	done &&
	git -C packed checkout -q -f main &&
	git -C packed fsck --strict --no-dangling
'

test_expect_success 'a repository that is not split is a promisor, too' '
	cd a &&
	turl=$(remote_url thin) &&
	git push -q "$turl" main &&
	cd .. &&
	dir=$(remote_path thin) &&
	old=$(basename "$dir"/objects/pack/*.pack .pack) &&
	new=$(git -C a rev-list --objects --filter=blob:none main |
		cut -d" " -f1 |
		git -C a pack-objects -q "$TRASH_DIRECTORY/pack") &&
	cp "pack-$new.pack" "pack-$new.idx" "$dir/objects/pack/" &&
	rm -f "$dir/objects/pack/$old.pack" "$dir/objects/pack/$old.idx" &&
	size=$(test_file_size "$dir/objects/pack/pack-$new.pack") &&
	for entry in "$dir"/ledger/0*1/entry.json
	do
		sed "s/\"$old\", \"size\": [0-9]*/\"pack-$new\", \"size\": $size/" \
			"$entry" >entry && cat entry >"$entry" || return 1
	done &&
	rm -rf "$dir/ledger/last" "$dir/ledger/state" &&
	lazily git clone -q --filter=blob:limit=1m "$turl" thin 2>err &&
	test_grep "filtering is not known" err &&
	cmp a/one thin/one &&
	cmp a/small3 thin/small3 &&
	git -C thin fsck --strict --no-dangling &&
	git -C thin fetch -q origin 2>err &&
	test_must_be_empty err &&
	test_must_fail git clone -q "$turl" thick 2>err &&
	test_grep "did not receive expected object" err
'
