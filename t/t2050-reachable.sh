#!/bin/sh

test_description='git medo reachable: the blobs that a work tree or a history names'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# add NAME CONTENT: deps/NAME.treeptr names it; its id is in $NAME
add () {
	echo "$2" >content &&
	git medo add -q content "deps/$1.treeptr" >/dev/null &&
	eval "$1=\$(git hash-object content)" &&
	rm content
}

# row VARIABLE SIZE PATH
row () {
	eval "printf '%s\t%s\t%s\n' \"\$$1\" $2 $3"
}

test_expect_success 'setup: three commits, something in the index, something new' '
	git config --global medo.fsync none &&
	silo_create far &&
	medo_create deps far &&
	add a one && git add deps && git commit -q -m 1 && git tag v1 &&
	add b two && git add deps && git commit -q -m 2 && git tag v2 &&
	first_a=$a && add a three && git add deps && git commit -q -m 3 &&
	add staged four && git add deps &&
	add fresh five
'

test_expect_success 'the work tree: id, size and path, each blob once' '
	cp deps/b.treeptr deps/copy.treeptr &&
	test_when_finished "rm deps/copy.treeptr" &&
	{
		row a 6 deps/a.treeptr && row b 4 deps/b.treeptr &&
		row fresh 5 deps/fresh.treeptr && row staged 5 deps/staged.treeptr
	} >expect &&
	git medo reachable >actual &&
	test_cmp expect actual &&
	git medo reachable deps >actual &&
	test_cmp expect actual &&
	git medo reachable . >actual &&
	sort actual >sorted && sort expect >wanted &&
	cut -f 1,2 wanted >wanted.ids && cut -f 1,2 sorted >sorted.ids &&
	test_cmp wanted.ids sorted.ids
'

test_expect_success 'from a subdirectory paths count from there' '
	mkdir -p sub &&
	(cd sub && git medo reachable) >actual &&
	grep "	../deps/b.treeptr" actual
'

test_expect_success '--files prints names as they are in a silo' '
	git medo reachable --files | sort >actual &&
	for id in $a $b $fresh $staged
	do
		id_path "$id" || return 1
	done | sort >expect &&
	test_cmp expect actual
'

test_expect_success '--all: history and index, not the work tree' '
	git medo reachable --all | cut -f 1 | sort >actual &&
	test_write_lines "$first_a" "$a" "$b" "$staged" | sort >expect &&
	test_cmp expect actual
'

test_expect_success 'a range is what its commits name' '
	git medo reachable v2..HEAD >actual &&
	row a 6 deps/a.treeptr >expect &&
	test_cmp expect actual &&
	git medo reachable v1..v2 >actual &&
	row b 4 deps/b.treeptr >expect &&
	test_cmp expect actual &&
	git medo reachable HEAD..HEAD >actual &&
	test_must_be_empty actual
'

test_expect_success 'and what lies below a directory' '
	mkdir -p other && cp deps/fresh.treeptr other/ &&
	git add other && git commit -q -m other &&
	git medo reachable v2..HEAD other >actual &&
	row fresh 5 other/fresh.treeptr >expect &&
	test_cmp expect actual &&
	git medo reachable --all other >actual &&
	test_cmp expect actual
'

test_expect_success 'branches, tags and removed pointers count with --all' '
	git checkout -q -b side v1 &&
	add side six && git add deps/side.treeptr && git commit -q -m side &&
	git rm -q deps/side.treeptr && git commit -q -m "remove it" &&
	git checkout -q main &&
	git medo reachable --all | cut -f 1 >actual &&
	grep "$side" actual
'

test_expect_success '--missing-from: what a silo does not have' '
	git medo push -q && add later seven &&
	git medo reachable --missing-from far >actual &&
	row later 6 deps/later.treeptr >expect &&
	test_cmp expect actual
'

test_expect_success '--missing-from and --files are the list for rsync' '
	test-tool genrandom rsync 100000 >large &&
	git medo add -q large deps/large.treeptr &&
	git medo push -q && silo_create usb &&
	git medo reachable --files --missing-from usb deps/large.treeptr >list &&
	tar -C far -cf - -T list | tar -C usb -xf - &&
	git medo reachable --missing-from usb deps/large.treeptr >actual &&
	test_must_be_empty actual &&
	silo_rehash usb
'

test_expect_success '--missing-from is the manifest for silo copy' '
	git medo reachable --missing-from usb >manifest &&
	test -s manifest &&
	silo copy -q --manifest manifest far usb &&
	git medo reachable --missing-from usb >actual &&
	test_must_be_empty actual &&
	silo_rehash usb
'

test_expect_success 'what lies in a pack has no file to list' '
	git medo reachable --files --unreachable-in far >actual 2>err &&
	test_must_be_empty actual &&
	for i in 1 2 3 4 5 6
	do
		echo "packed $i" >stray && git medo add --silo src stray || return 1
	done &&
	silo copy -q src far &&
	git medo reachable --unreachable-in far >actual &&
	test_line_count -eq 6 actual &&
	git medo reachable --files --unreachable-in far >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "6 more lie in packs" err &&
	rm -rf far/pack far/ledger src
'

test_expect_success '--unreachable-in: what nothing names' '
	git add deps && git commit -q -m all &&
	echo stray >stray &&
	git medo add --silo far stray >out &&
	git medo reachable --unreachable-in far >actual &&
	cut -f 1 out >expect &&
	test_cmp expect actual &&
	git medo reachable --files --unreachable-in far >actual &&
	id_path "$(cat expect)" >expect &&
	test_cmp expect actual
'

test_expect_success 'index, reflog and stash name things, too' '
	for content in kept-by-index kept-by-reflog kept-by-stash
	do
		echo $content >stray && git medo add --silo far stray \
			deps/$content.treeptr || return 1
	done &&
	git add deps/kept-by-reflog.treeptr && git commit -q -m x &&
	git reset -q --hard HEAD^ 2>/dev/null &&
	git add deps/kept-by-stash.treeptr && git stash -q -- deps/kept-by-stash.treeptr &&
	git add deps/kept-by-index.treeptr && rm deps/kept-by-index.treeptr &&
	git medo reachable --unreachable-in far >actual &&
	test_line_count -eq 1 actual &&
	git stash drop -q && git reset -q --hard &&
	git reflog expire --expire=now --all &&
	git medo reachable --unreachable-in far >actual &&
	test_line_count -eq 4 actual
'

test_expect_success 'so do pointers that nobody added yet' '
	echo untracked >stray &&
	git medo reachable --unreachable-in far >expect &&
	git medo add --silo far stray deps/untracked.treeptr &&
	git medo reachable --unreachable-in far >actual &&
	test_cmp expect actual &&
	rm deps/untracked.treeptr &&
	git medo reachable --unreachable-in far >actual &&
	test_must_fail cmp -s expect actual
'

test_expect_success '--unreachable-in: a malformed pointer may name anything' '
	test_when_finished "git reset -q --hard HEAD^" &&
	echo garbage >deps/bad.treeptr && git add deps && git commit -q -m bad &&
	test_expect_code 1 git medo reachable --unreachable-in far >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "bad.treeptr" err
'

test_expect_success 'else it is a warning' '
	test_when_finished "rm deps/bad.treeptr" &&
	echo garbage >deps/bad.treeptr &&
	git medo reachable >actual 2>err &&
	test_grep "^warning: .deps/bad.treeptr" err &&
	grep "	deps/a.treeptr" actual
'

test_expect_success 'what only looks like a pointer is none' '
	test_when_finished "git reset -q --hard HEAD^" &&
	mkdir -p odd/x.treeptr && cp deps/a.treeptr odd/x.treeptr/a.json &&
	ln -s ../deps/a.treeptr odd/link.treeptr &&
	git add odd && git commit -q -m odd &&
	git medo reachable odd >actual 2>err &&
	test_must_be_empty actual &&
	git medo reachable HEAD^..HEAD >actual 2>err &&
	test_must_be_empty actual
'

test_expect_success '-z and --json' '
	git medo reachable -z deps | tr "\0" "\n" >actual &&
	git medo reachable deps >expect &&
	test_cmp expect actual &&
	git medo reachable --json deps >actual &&
	grep -Fx "{\"id\":\"$a\",\"size\":6,\"path\":\"deps/a.treeptr\"}" actual &&
	git medo reachable --json --files deps >actual &&
	grep -Fx "{\"file\":\"$(id_path "$a")\"}" actual
'

test_expect_success 'expanded trees are not searched' '
	git medo expand -q deps/a.treeptr deps/out &&
	test_when_finished "rm -rf deps/out" &&
	git medo reachable >actual &&
	test_grep ! "deps/out" actual
'

test_expect_success 'operands that make no sense' '
	test_expect_code 129 git medo reachable --missing-from a --unreachable-in b &&
	test_expect_code 129 git medo reachable --all deps other &&
	test_expect_code 128 git medo reachable no..where 2>err &&
	test_grep "no..where" err &&
	test_must_fail git medo reachable -- --upload-pack=x..y 2>err &&
	test_expect_code 1 git medo reachable absent 2>err &&
	test_grep "absent. is not there" err &&
	test_expect_code 3 git medo reachable --missing-from "$PWD/nowhere" 2>err
'

test_expect_success 'a repository without a commit' '
	git init -q empty &&
	(
		cd empty &&
		git medo reachable >../actual &&
		test_must_be_empty ../actual &&
		git medo reachable --all >../actual &&
		test_must_be_empty ../actual
	)
'

test_expect_success 'a bare repository has a history' '
	git clone -q --bare . bare.git &&
	git -C bare.git medo reachable --all | cut -f 1 >actual &&
	grep "$first_a" actual &&
	test_expect_code 128 git -C bare.git medo reachable
'

test_expect_success 'a repository of SHA-256' '
	git init -q --object-format=sha256 new &&
	(
		cd new &&
		silo init -q --object-format sha256 ../far256 &&
		git medo init -q --silo ../far256 deps &&
		echo one >content &&
		git medo add content deps/one.treeptr &&
		git hash-object content >../expect &&
		git add deps && git commit -q -m one &&
		git medo reachable --all | cut -f 1 >../actual &&
		test_cmp ../expect ../actual &&
		git medo push -q &&
		git medo reachable --missing-from ../far256 >../actual &&
		test_must_be_empty ../actual &&
		test_expect_code 4 git medo reachable --missing-from ../far
	)
'

test_expect_success TIME,!SANITIZE 'what else is in history costs no memory, however much it is' '
	for n in 1000 100000
	do
		git init -q many$n &&
		awk -v n=$n "BEGIN {
			print \"commit refs/heads/main\"
			print \"committer A <a@example.com> 1700000000 +0000\"
			print \"data 5\nmany\n\"
			for (i = 0; i < n; i++)
				printf \"M 100644 inline some/file/%d/%d\ndata %d\n%d\n\",
					i / 500, i, length(i), i
		}" </dev/null | git -C many$n fast-import --quiet &&
		test_peak_kib peak$n git -C many$n medo reachable --all >actual &&
		test_must_be_empty actual || return 1
	done &&
	test $(($(cat peak100000) - $(cat peak1000))) -lt 12288
'

test_done
