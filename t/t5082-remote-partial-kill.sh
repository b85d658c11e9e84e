#!/bin/sh

test_description='git medo offload: killed, raced, with sha256, from what others packed'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# state: what a reader sees
state () {
	git medo silo log --repo r "$REMOTE_SILO"
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q a &&
	test-tool genrandom large 3000000 >a/large &&
	echo small >a/small &&
	git -C a add large small &&
	git -C a commit -q -m one &&
	git -C a remote add r "$url" &&
	git -C a push -q r main
'

test_expect_success 'killed anywhere, it has done nothing or all' '
	state >before &&
	mkfifo held &&
	for ms in 005 020 040 060 080 120
	do
		cat held &
		reader=$! &&
		sh -c "cd a && exec git-medo offload -q r" 8>held &
		pid=$! &&
		sleep 0.$ms &&
		{ kill -9 $pid || :; } &&
		{ wait $pid || :; } &&
		# Who reads to the end outlives what git it had started.
		wait $reader &&
		state >after &&
		if ! cmp -s before after
		then
			break
		fi &&
		remote_whole "$url" "$(remote_path r)" || return 1
	done 2>/dev/null &&
	git -C a medo offload r &&
	remote_whole "$url" "$(remote_path r)" &&
	git clone -q -n --filter=blob:none "$url" c &&
	git -C c rev-list --objects --all --missing=print >objects &&
	test "$(grep -c "^?" objects)" = 1 &&
	no_leftovers a/.git
'

test_expect_success 'pushes and it at the same time lose nothing' '
	( cd a && for n in 1 2 3 4 5
	do
		test-tool genrandom "l$n" 1500000 >large &&
		git commit -q -a -m "$n" &&
		git push -q r main || exit 1
	done ) & pid=$! &&
	git init -q other &&
	for n in 2m 1m 2m
	do
		git -C other medo offload -q --limit $n "$url" || return 1
	done &&
	wait $pid &&
	git -C other medo offload -q --limit 1m "$url" &&
	( cd a && remote_has "$url" refs/heads/main main ) &&
	remote_whole "$url" "$(remote_path r)" &&
	git clone -q -n --filter=blob:none "$url" d &&
	git -C d rev-list --objects --all --missing=print >objects &&
	test "$(grep -c "^?" objects)" = 6
'

# between COMMAND...: the next program of ours that packs finds it done
between () {
	real=$(command -v git) &&
	rm -rf wrapped &&
	mkdir wrapped &&
	ln -s "$(git --exec-path)"/* wrapped/ &&
	rm -f wrapped/git &&
	printf "%s\n" "$*" >meanwhile &&
	write_script wrapped/git <<-EOF
	case "\$1" in
	pack-objects)
		if test -f "$TRASH_DIRECTORY/meanwhile"
		then
			mv "$TRASH_DIRECTORY/meanwhile" "$TRASH_DIRECTORY/now"
			( cd "$TRASH_DIRECTORY" && unset GIT_DIR GIT_EXEC_PATH \
				GIT_OBJECT_DIRECTORY GIT_QUARANTINE_PATH \
				GIT_ALTERNATE_OBJECT_DIRECTORIES &&
			PATH="$PATH" && export PATH && . ./now ) >&2 </dev/null
		fi
		;;
	esac
	exec "$real" "\$@"
	EOF
}

test_expect_success 'a push while it packs is not lost, and split as well' '
	git init -q racer &&
	rurl=$(remote_url race) &&
	test-tool genrandom r1 1500000 >racer/large &&
	git -C racer add large &&
	git -C racer commit -q -m 1 &&
	git -C racer push -q "$rurl" main &&
	test-tool genrandom r2 1500000 >racer/large &&
	git -C racer commit -q -a -m 2 &&
	between git -C racer push -q "\"$rurl\"" main &&
	GIT_EXEC_PATH="$TRASH_DIRECTORY/wrapped" git -C other medo offload "$rurl" &&
	test_path_is_missing meanwhile &&
	( cd racer && remote_has "$rurl" refs/heads/main main ) &&
	git clone -q -n --filter=blob:none "$rurl" raced1 &&
	git -C raced1 rev-list --objects --all --missing=print >objects &&
	test "$(grep -c "^?" objects)" = 2
'

test_expect_success 'a push that began before it is split all the same' '
	git -C other medo offload -q --limit 0 "$rurl" &&
	test-tool genrandom r3 1500000 >racer/large &&
	git -C racer commit -q -a -m 3 &&
	between git -C other medo offload -q "\"$rurl\"" &&
	GIT_EXEC_PATH="$TRASH_DIRECTORY/wrapped" git -C racer push -q "$rurl" main &&
	test_path_is_missing meanwhile &&
	( cd racer && remote_has "$rurl" refs/heads/main main ) &&
	git clone -q -n --filter=blob:none "$rurl" raced2 &&
	git -C raced2 rev-list --objects --all --missing=print >objects &&
	test "$(grep -c "^?" objects)" = 3 &&
	remote_whole "$rurl" "$(remote_path race)"
'

# What somebody else folds may have deltas.
test_expect_success 'deltas in a large pack are no trouble' '
	git init -q deltas &&
	cd deltas &&
	test-tool genrandom x 1500000 >large &&
	git add large &&
	git commit -q -m 1 &&
	echo more >>large &&
	git commit -q -a -m 2 &&
	durl=$(remote_url deltas) &&
	git push -q "$durl" main &&
	git medo offload -q "$durl" &&
	dir=$(remote_path deltas) &&
	old=$(grep "large" "$dir"/ledger/0*2/entry.json |
		sed -n "s/.*\"\(pack-[0-9a-f]*\)\".*/\1/p") &&
	new=$(git rev-list --objects --all | sed -n "s/ large\$//p" |
		git pack-objects -q "$dir/objects/pack/pack") &&
	git show-index <"$dir/objects/pack/pack-$new.idx" >objects &&
	test_line_count = 2 objects &&
	size=$(test_file_size "$dir/objects/pack/pack-$new.pack") &&
	test "$size" -lt 2000000 &&
	for file in "$dir"/ledger/0*2/entry.json "$dir"/ledger/last \
		"$dir"/ledger/state/*
	do
		test -f "$file" || continue
		sed -i "s/\"$old\", \"size\": [0-9]*/\"pack-$new\", \"size\": $size/" \
			"$file" || return 1
	done &&
	rm -rf "$dir/ledger/last" "$dir/ledger/state" &&
	cd .. &&
	git clone -q --filter=blob:none "$durl" lazy &&
	cmp deltas/large lazy/large &&
	git -C lazy checkout -q main~1 &&
	test-tool genrandom x 1500000 | cmp - lazy/large &&
	git -C lazy fsck --strict --no-dangling
'

test_expect_success 'sha256' '
	git init -q --object-format=sha256 s &&
	test-tool genrandom s 1500000 >s/large &&
	echo small >s/small &&
	git -C s add large small &&
	git -C s commit -q -m one &&
	surl=$(remote_url s256) &&
	git -C s push -q "$surl" main &&
	git -C s medo offload -q "$surl" &&
	git clone -q -n --filter=blob:limit=1m "$surl" s2 &&
	git -C s2 rev-list --objects --all --missing=print >objects &&
	test "$(grep -c "^?" objects)" = 1 &&
	git -C s2 checkout -q main &&
	cmp s/large s2/large &&
	git -C s2 fsck --strict --no-dangling
'

test_expect_success 'a .gitmodules over the limit comes when it is needed' '
	git init -q modules &&
	cd modules &&
	git config -f .gitmodules submodule.sub.path sub &&
	git config -f .gitmodules submodule.sub.url https://localhost/sub &&
	git add .gitmodules &&
	git commit -q -m one &&
	murl=$(remote_url modules) &&
	git push -q "$murl" main &&
	git medo offload -q --limit 10 "$murl" &&
	cd .. &&
	git clone -q --filter=blob:none "$murl" modules2 &&
	git -C modules2 fsck --strict &&
	cmp modules/.gitmodules modules2/.gitmodules
'

test_expect_success 'where a large pack has what cannot be left out, all comes' '
	dir=$(remote_path modules) &&
	sed -i "s/\(\"objects\": [0-9]*\)}/\1, \"large\": true}/" \
		"$dir"/ledger/0*2/entry.json &&
	test "$(grep -c large "$dir"/ledger/0*2/entry.json)" = 2 &&
	rm -rf "$dir/ledger/last" "$dir/ledger/state" &&
	git clone -q --filter=blob:none "$murl" modules3 &&
	git -C modules3 rev-list --objects --all --missing=print >objects &&
	! grep "^?" objects
'

test_expect_success 'a place that is away or lies is named' '
	git clone -q -n --filter=blob:none "$(remote_url s256)" away &&
	mv "$(remote_path s256)" moved.git &&
	test_must_fail git -C away checkout main 2>err &&
	test_grep "no repository at" err &&
	mv moved.git "$(remote_path s256)" &&
	large=$(grep large "$(remote_path s256)"/ledger/0*2/entry.json |
		sed -n "s/.*\"\(pack-[0-9a-f]*\)\".*/\1/p") &&
	pack=$(remote_path s256)/objects/pack/$large.pack &&
	chmod u+w "$pack" &&
	cp "$pack" good.pack &&
	printf "xxxx" | dd of="$pack" bs=1 seek=700000 conv=notrunc \
		2>/dev/null &&
	test_must_fail git -C away checkout main 2>err &&
	test_grep "is not a pack that git takes" err &&
	find away/.git/objects -name "*.pack" >packs &&
	test_line_count = 1 packs &&
	cp good.pack "$pack" &&
	git -C away checkout -q main &&
	cmp s/large away/large
'

test_expect_success 'what it does not take is refused' '
	test_expect_code 129 git -C a medo offload &&
	test_expect_code 129 git -C a medo offload --limit many r &&
	test_must_fail git -C a medo offload "$(remote_url none)" 2>err &&
	test_grep "no repository at" err &&
	git init -q --bare stock.git &&
	test_must_fail git -C a medo offload "$(pwd)/stock.git" 2>err &&
	test_grep "without a ledger" err
'

test_done
