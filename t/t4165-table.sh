#!/bin/sh

test_description='packs of a silo are announced, found and folded'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# entries SILO: how many its ledger has
entries () {
	find "$1/ledger" -name entry.json | wc -l
}

test_expect_success 'a silo without a ledger has no packs' '
	silo_create far &&
	test-tool table list far >actual &&
	test_must_be_empty actual
'

test_expect_success 'a pack is in the silo, its index, and one entry that names it' '
	test-tool table push far 1 10 4096 1 >ids &&
	test_line_count = 10 ids &&
	set -- far/pack/*.pack && test $# = 1 &&
	test_path_is_file "${1%.pack}.idx" &&
	test "$(entries far)" = 1 &&
	test_grep "\"name\": \"$(basename "$1" .pack)\"" \
		far/ledger/0000000001/entry.json &&
	test_grep "\"size\": $(test_file_size "$1")" far/ledger/0000000001/entry.json &&
	test_grep "\"objects\": 10" far/ledger/0000000001/entry.json
'

test_expect_success 'every blob is found where it is' '
	test-tool table list far >places &&
	test_line_count = 10 places &&
	cut -d" " -f1 places | sort >actual &&
	cut -d" " -f1 ids | sort >expect &&
	test_cmp expect actual &&
	git verify-pack -v far/pack/*.idx | sed -n "s/^\([0-9a-f]*\) blob *[0-9]* *\([0-9]*\) \([0-9]*\)$/\1 \3 \2/p" |
	while read -r id off len
	do
		grep "^$id .* $off $((off + len))$" places || exit 1
	done
'

test_expect_success 'the same pack once more is no news' '
	rm -rf again && cp -r far again &&
	test-tool table push again 1 10 4096 1 >actual &&
	test_cmp ids actual &&
	test "$(entries again)" = 1
'

test_expect_success 'what was uploaded and not announced is invisible, and used by a retry' '
	rm -rf killed && silo_create killed && mkdir killed/pack &&
	cp far/pack/* killed/pack/ &&
	test-tool table list killed >actual &&
	test_must_be_empty actual &&
	ls -i killed/pack/*.pack >inode &&
	test-tool table push killed 1 10 4096 1 >/dev/null &&
	ls -i killed/pack/*.pack >actual &&
	test_cmp inode actual &&
	test-tool table state killed >actual &&
	test_grep "packs 1 objects 10" actual
'

test_expect_success 'an upload that was cut does not count' '
	rm -rf killed && silo_create killed && mkdir killed/pack &&
	for f in far/pack/*.pack
	do
		head -c 1000 "$f" >"killed/pack/$(basename "$f")" || return 1
	done &&
	rm killed/pack/*.pack &&
	test-tool table push killed 1 10 4096 1 >/dev/null &&
	cmp far/pack/*.pack killed/pack/*.pack
'

test_expect_success 'nor is it taken for whole where it has the name already' '
	rm -rf cut && silo_create cut && mkdir cut/pack &&
	set -- far/pack/*.pack &&
	head -c 1000 "$1" >"cut/pack/$(basename "$1")" &&
	test_must_fail test-tool table push cut 1 10 4096 1 2>err &&
	test_grep "is there and damaged" err &&
	test "$(entries cut)" = 0 &&
	rm cut/pack/*.pack &&
	test-tool table push cut 1 10 4096 1 >/dev/null &&
	cmp far/pack/*.pack cut/pack/*.pack
'

test_expect_success 'fifteen packs stay what they are' '
	test-tool table push far 14 10 4096 2 >>ids &&
	test-tool table state far >actual &&
	echo "packs 15 objects 150" >expect && test_cmp expect actual &&
	test "$(entries far)" = 15
'

test_expect_success 'the sixteenth folds them into one, and nothing is lost' '
	test-tool table push far 1 10 4096 3 >>ids &&
	test-tool table state far >actual &&
	echo "packs 1 objects 160" >expect && test_cmp expect actual &&
	test "$(entries far)" = 17 &&
	test_grep "\"midx\": \"index-" far/ledger/0000000017/entry.json &&
	test "$(grep -c "^    \"pack-" far/ledger/0000000017/entry.json)" = 16
'

test_expect_success 'what was replaced still lies there, for who reads an old state' '
	test "$(find far/pack -name "*.pack" | wc -l)" = 17
'

test_expect_success 'the table is named by its bytes, and git verifies it' '
	set -- far/pack/index-*.midx && test $# = 1 &&
	test "index-$(sha256sum <"$1" | cut -d" " -f1).midx" = "$(basename "$1")" &&
	rm -rf objects && cp -r far objects &&
	cp "$1" objects/pack/multi-pack-index &&
	git init -q . &&
	git multi-pack-index --object-dir=objects verify
'

test_expect_success 'two hundred pushes: fewer than sixteen small packs, all blobs' '
	test-tool table push far 200 3 1000 4 >>ids &&
	test-tool table list far >places &&
	cut -d" " -f1 places | sort -u >actual &&
	cut -d" " -f1 ids | sort -u >expect &&
	test_cmp expect actual &&
	cut -d" " -f2 places | sort -u >packs &&
	test "$(wc -l <packs)" -lt 16
'

test_expect_success 'each blob is in its place there: read by git' '
	sort -R ids | head -n 20 | while read -r id size
	do
		test "$(GIT_OBJECT_DIRECTORY=far git cat-file -s "$id")" = "$size" ||
			exit 1
	done
'

test_expect_success 'the state that the hint has is the sum of all entries' '
	test-tool table list far >with &&
	rm -rf plain && cp -r far plain &&
	rm -rf plain/ledger/state plain/ledger/last &&
	test-tool table list plain >without &&
	sort with >expect && sort without >actual && test_cmp expect actual
'

test_expect_success 'FA-26 a table that is gone: the indexes tell, with a warning' '
	rm -rf plain && cp -r far plain && rm plain/pack/*.midx &&
	test-tool table list plain 2>err >actual &&
	test_grep "^warning: " err &&
	cut -d" " -f1 actual | sort -u >ids.actual &&
	cut -d" " -f1 ids | sort -u >expect &&
	test_cmp expect ids.actual
'

test_expect_success 'so do they where its bytes are not those of its name' '
	rm -rf plain && cp -r far plain &&
	newest=$(sed -n "s/.*\"midx\": \"\(.*\)\".*/\1/p" plain/ledger/last | tail -n 1) &&
	flip_byte "plain/pack/$newest.midx" &&
	test-tool table list plain 2>err >actual &&
	test_grep "other bytes" err &&
	cut -d" " -f1 actual | sort -u >ids.actual &&
	test_cmp expect ids.actual
'

test_expect_success 'an index that is gone hides its pack alone' '
	rm -rf plain && silo_create plain &&
	test-tool table push plain 3 10 500 5 >three &&
	rm "$(ls plain/pack/*.idx | head -n 1)" &&
	test-tool table state plain >actual 2>err &&
	test_grep "^warning: " err &&
	test_grep "packs 2 objects 20" actual
'

test_expect_success 'an entry that makes no sense is refused, not guessed at' '
	for bad in "\"packs\": 7" "\"packs\": [ 7 ]" "\"packs\": [ { \"name\": \"pack-x\", \"size\": 7 } ]" \
		"\"packs\": [ { \"name\": \"../../../../etc/passwd\", \"size\": 7 } ]" \
		"\"midx\": \"../x\"" "\"midx\": 7" "\"replaced\": [ 7 ]" "\"replaced\": \"x\""
	do
		rm -rf plain && cp -r far plain && rm -rf plain/ledger &&
		mkdir -p plain/ledger/0000000001 &&
		cat >plain/ledger/0000000001/entry.json <<-EOF &&
		{ "ledger": 1, "n": 1,
		  "prev": "$(printf %064d 0)",
		  "nonce": "$(printf %032d 7)", "who": "x", "time": "x", $bad }
		EOF
		test_expect_code 1 test-tool table list plain 2>err ||
			{ echo "$bad"; return 1; }
	done
'

test_expect_success 'CO-01 eight writers at once: each pack is announced, once' '
	rm -rf crowd && silo_create crowd &&
	for n in 11 12 13 14 15 16 17 18
	do
		test-tool table push crowd 10 5 300 $n >crowd.$n &
		pids="$pids $!"
	done &&
	# shellcheck disable=SC2086 # a list
	for pid in $pids
	do
		wait "$pid" || return 1
	done &&
	cat crowd.1? | cut -d" " -f1 | sort -u >expect &&
	test_line_count = 400 expect &&
	test-tool table list crowd >places 2>err &&
	cut -d" " -f1 places | sort -u >actual &&
	test_cmp expect actual &&
	test "$(cut -d" " -f2 places | sort -u | wc -l)" -le 24
'

test_expect_success 'silo verify finds nothing wrong' '
	git medo silo verify far &&
	git medo silo verify crowd
'

test_expect_success 'nothing half-made is left' '
	silo_temps far && silo_temps crowd && silo_temps .
'

test_done
