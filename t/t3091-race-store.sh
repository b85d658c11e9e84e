#!/bin/sh

test_description='CO-10 two at once: one store, one cache, each content right

MEDO_TEST_RACES says how often (25 for a long run).'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-filter.sh"

: "${MEDO_TEST_RACES:=6}"

# at_once COMMAND: two shells do it; each knows its number as $me
at_once () {
	me=1 sh -e -c "$1" >"$TEST_TOP/one" 2>&1 &
	at_once_one=$!
	me=2 sh -e -c "$1" >"$TEST_TOP/two" 2>&1 &
	at_once_two=$!
	wait $at_once_one && wait $at_once_two && return
	wait
	cat "$TEST_TOP/one" "$TEST_TOP/two"
	return 1
}

test_expect_success 'two clones at once into an empty cache' '
	cd "$TRASH_DIRECTORY" &&
	filter_config &&
	git config --global medo.allow "$PWD" &&
	silo_create far.silo &&
	filter_repo origin &&
	(
		cd origin &&
		git medo init -q --silo ../far.silo . &&
		noise small 4096 >small.bin &&
		noise middle 500000 >middle.bin &&
		noise large 3000000 >large.bin &&
		git add . && git commit -q -m data && git medo push -q
	) &&
	for i in $(test_seq $MEDO_TEST_RACES)
	do
		forget && rm -rf clone.* &&
		at_once "git clone -q origin clone.\$me" &&
		for n in 1 2
		do
			for name in small middle large
			do
				test_cmp_bin origin/$name.bin clone.$n/$name.bin ||
				return 1
			done &&
			test_clean_status clone.$n || return 1
		done &&
		silo_rehash "$(cache_dir)" &&
		test "$(silo_count "$(cache_dir)")" = 3 || return 1
	done
'

test_expect_success 'two smudges of one blob at once' '
	cd "$TRASH_DIRECTORY/origin" &&
	for name in small middle large
	do
		git cat-file blob :$name.bin >../ptr &&
		for i in $(test_seq $MEDO_TEST_RACES)
		do
			forget &&
			at_once "git medo smudge $name.bin <../ptr >../out.\$me" &&
			test_cmp_bin $name.bin ../out.1 &&
			test_cmp_bin $name.bin ../out.2 || return 1
		done
	done &&
	silo_rehash "$(cache_dir)"
'

test_expect_success 'two worktrees add the same contents at once' '
	cd "$TRASH_DIRECTORY/origin" &&
	git worktree add -q --detach ../tree.1 &&
	git worktree add -q --detach ../tree.2 &&
	cd .. &&
	for i in $(test_seq $MEDO_TEST_RACES)
	do
		for n in 1 2 3 4 5
		do
			noise small$i-$n 4096 >tree.1/s$n.bin &&
			noise large$i-$n 400000 >tree.1/l$n.bin || return 1
		done &&
		cp tree.1/[sl][1-5].bin tree.2 &&
		at_once "git -C tree.\$me add . && git -C tree.\$me commit -q -m $i" &&
		for n in 1 2
		do
			mkdir was && mv tree.$n/[sl][1-5].bin was &&
			git -C tree.$n checkout -q . &&
			for name in was/*
			do
				test_cmp_bin $name tree.$n/${name#was/} || return 1
			done &&
			rm -r was &&
			test_clean_status tree.$n || return 1
		done
	done &&
	silo_temps origin/.git/medo
'

test_done
