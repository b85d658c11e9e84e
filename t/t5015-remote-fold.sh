#!/bin/sh

test_description='packs of a hosted repository do not pile up'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-remote.sh"

# live: names of the packs that count, by what stock git is told
live () {
	sed -n "s/^P \(.*\).pack\$/\1/p" "$(remote_path r)/objects/info/packs"
}

# fetched DIR: packs that came into it since the last time
fetched () {
	find "$1/.git/objects/pack" -name "*.pack" | sort >"$1.now" &&
	touch "$1.then" &&
	comm -13 "$1.then" "$1.now" &&
	mv "$1.now" "$1.then"
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q work &&
	git -C work remote add r "$url" &&
	for i in $(test_seq 15)
	do
		commit_in work "c$i" &&
		git -C work push -q r HEAD:main &&
		if test $i = 1
		then
			git clone -q "$url" early
		fi || return 1
	done &&
	live >packs &&
	test_line_count = 15 packs &&
	git clone -q "$url" near &&
	git clone -q "$url" lost &&
	rm -rf lost/.git/silo
'

test_expect_success 'the 16th folds them' '
	commit_in work c16 &&
	git -C work push -q r HEAD:main &&
	live >packs &&
	test_line_count = 1 packs &&
	git ls-remote "$url" refs/heads/main >actual &&
	test "$(cut -f1 actual)" = "$(git -C work rev-parse HEAD)"
'

test_expect_success 'who had all but one part gets that part' '
	fetched near >/dev/null &&
	git -C near fetch -q &&
	fetched near >new &&
	test_line_count = 1 new &&
	git show-index <"$(sed "s/pack\$/idx/" new)" >objects &&
	test_line_count = 3 objects &&
	git -C near fsck --strict
'

test_expect_success 'who was far behind gets one pack' '
	fetched early >/dev/null &&
	git -C early fetch -q &&
	fetched early >new &&
	test_line_count = 1 new &&
	git -C early fsck --strict
'

test_expect_success 'who has lost the record gets one pack' '
	fetched lost >/dev/null &&
	git -C lost fetch -q &&
	fetched lost >new &&
	test_line_count = 1 new &&
	git -C lost fsck --strict
'

test_expect_success 'they are asked for no more' '
	git -C near fetch -q &&
	git -C early fetch -q &&
	for dir in near early lost
	do
		git -C $dir pull -q &&
		fetched $dir >new &&
		test_must_be_empty new || return 1
	done
'

test_expect_success 'a clone takes one pack, stock git as well' '
	git clone -q "$url" fresh &&
	fetched fresh >new &&
	test_line_count = 1 new &&
	remote_whole "$url" "$(remote_path r)"
'

test_expect_success 'parts that somebody has removed are not needed' '
	for i in $(test_seq 15)
	do
		commit_in work "d$i" &&
		git -C work push -q r HEAD:main || return 1
	done &&
	live >packs &&
	test "$(sed -n "\$=" packs)" -le 15 &&
	live | sort >keep &&
	find "$(remote_path r)/objects/pack" -name "pack-*" |
	while read -r file
	do
		name=$(basename "$file") &&
		grep -q "^${name%.*}\$" keep || rm -f "$file"
	done &&
	git -C near fetch -q &&
	git -C early fetch -q &&
	git -C near fsck --strict &&
	remote_whole "$url" "$(remote_path r)"
'

test_expect_success 'a large pack is let alone' '
	test-tool genrandom large 34000000 >work/large &&
	git -C work add large &&
	git -C work commit -q -m large &&
	git -C work push -q r HEAD:main &&
	live | head -n 1 >large &&
	for i in $(test_seq 16)
	do
		commit_in work "e$i" &&
		git -C work push -q r HEAD:main || return 1
	done &&
	live >packs &&
	grep -q -f large packs &&
	git clone -q "$url" with-large &&
	git -C with-large fsck --strict
'

# Who writes at the same time, between our look and our claim.
test_expect_success 'a push that is faster than the fold, and a fold that is' '
	git init -q two &&
	git -C two remote add r "$url" &&
	commit_in two other &&
	for i in $(test_seq 20)
	do
		commit_in work "f$i" &&
		commit_in two "g$i" &&
		{
			git -C work push -q r HEAD:main &
			git -C two push -q r HEAD:side
			wait
		} || return 1
	done &&
	live >packs &&
	test "$(sed -n "\$=" packs)" -le 20 &&
	remote_whole "$url" "$(remote_path r)" &&
	git ls-remote "$url" refs/heads/main refs/heads/side |
	cut -f1 >actual &&
	git -C work rev-parse HEAD >expect &&
	git -C two rev-parse HEAD >>expect &&
	test_cmp expect actual &&
	no_leftovers "$REMOTE_DIR"
'

test_done
