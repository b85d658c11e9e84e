#!/bin/sh

test_description='git medo silo verify: repositories in a silo'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

test_expect_success 'setup: six pushes into a silo' '
	git config --global medo.fsync none &&
	silo init -q s &&
	git init -q -b main work &&
	for i in 1 2 3 4 5 6
	do
		echo $i >work/file && git -C work add file &&
		git -C work commit -q -m $i &&
		git -C work push -q "silo::$PWD/s/git/p.git" main || return 1
	done &&
	silo verify -q s
'

# hurt NAME: a copy of the silo, where cp -r keeps no links
hurt () {
	rm -rf "$1" && cp -r s "$1" && chmod -R u+w "$1"
}

one_pack () {
	find "$1/git/p.git/objects/pack" -name "*.pack" | sort | sed -n 2p
}

test_expect_success 'a pack that is gone is named' '
	hurt gone && pack=$(one_pack gone) && rm "$pack" &&
	test_expect_code 1 silo verify gone >out 2>err &&
	test_grep "^corrupt	git/p.git/objects/pack/$(basename "$pack")" out &&
	test_grep "the ledger names it, and it is not there" err &&
	test_expect_code 1 silo verify --quick gone
'

test_expect_success 'one that was cut, too' '
	hurt cut && pack=$(one_pack cut) && : >"$pack" &&
	test_expect_code 1 silo verify --quick cut >out 2>err &&
	test_grep "has 0 bytes" err
'

test_expect_success 'one with another byte, where all is read' '
	hurt bit && pack=$(one_pack bit) &&
	printf X | dd of="$pack" bs=1 seek=40 conv=notrunc 2>/dev/null &&
	test_expect_code 1 silo verify bit >out 2>err &&
	test_grep "not those of its hash" err &&
	silo verify -q --quick bit
'

test_expect_success 'an entry that was changed breaks the chain' '
	hurt entry && f=entry/git/p.git/ledger/0000000003/entry.json &&
	sed "s/\"who\": \"[^\"]*\"/\"who\": \"eve\"/" $f >new && mv new $f &&
	test_expect_code 1 silo verify entry >out 2>err &&
	test_grep "git/p.git/ledger" out
'

# lie SED: a state that says something else of entry 6, in the hint of the end
lie () {
	hurt lie && f=lie/git/p.git/ledger/last && sed "$1" "$f" >new &&
	! cmp -s new "$f" && mv new "$f" &&
	test_expect_code 1 silo verify lie >out 2>err &&
	test_grep "^corrupt	git/p.git/ledger" out &&
	test_grep "the state at entry 6 is not the sum of the entries" err
}

test_expect_success 'a state that says something else than the entries' '
	old=$(git -C work rev-parse main~1) && new=$(git -C work rev-parse main) &&
	lie "s/$new/$old/" && test_grep "refs/heads/main. differs" err &&
	lie "s#\"refs/heads/main\": \"#\"refs/heads/more\": \"$old\", &#" &&
	test_grep "refs/heads/more. differs" err &&
	size=$(sed -n "s/.*\"size\": *\([0-9]*\).*/\1/p" $f | head -1) &&
	lie "s/\"size\": *$size\b/\"size\": ${size}0/" &&
	test_grep "pack-.* differs" err &&
	rm -rf lie/git/p.git/ledger/last lie/git/p.git/ledger/state &&
	silo verify -q lie
'

test_expect_success 'a pack of the silo itself that the ledger names' '
	git -C work medo init -q --silo "$PWD/s" deps &&
	for i in 1 2 3 4 5 6
	do
		echo "blob $i" >f &&
		git -C work medo add -q ../f deps/f$i.treeptr || return 1
	done >/dev/null &&
	git -C work medo push >/dev/null &&
	silo verify -q s &&
	hurt own && rm -f own/pack/*.pack own/pack/*.idx &&
	test_expect_code 1 silo verify own >out 2>err &&
	test_grep "^corrupt	pack/pack-" out
'

test_expect_success 'the state of the silo itself that has lost a pack' '
	hurt own && f=own/ledger/last && cat $f &&
	sed "s/{ *\"name\": *\"pack-[^}]*}//" $f >new && ! cmp -s new $f &&
	mv new $f &&
	test_expect_code 1 silo verify own >out 2>err &&
	test_grep "^corrupt	ledger" out &&
	test_grep "pack-.* differs" err
'

test_done
