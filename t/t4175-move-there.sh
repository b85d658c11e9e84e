#!/bin/sh

test_description='many blobs leave this disk, verified, small ones as a pack'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"

# add_blob SILO FILE: its "ID SIZE"
add_blob () {
	git medo add -q --silo "$1" "$2" tmp.treeptr >/dev/null &&
	echo "$(treeptr_get tmp.treeptr id) $(treeptr_get tmp.treeptr size)" &&
	rm -f tmp.treeptr
}

# entries SILO: how many its ledger has
entries () {
	find "$1/ledger" -name entry.json 2>/dev/null | wc -l
}

test_expect_success 'setup: a store of small ones and of large ones' '
	git init -q . &&
	silo_create store &&
	for n in $(test_seq 20)
	do
		echo "small $n" >content && add_blob store content || return 1
	done >small.ids &&
	for n in 1 2 3
	do
		test-tool genrandom $n $((n * 300000)) >content &&
		add_blob store content || return 1
	done >large.ids &&
	cat small.ids large.ids >all.ids
'

test_expect_success 'small ones make one pack and one entry; large ones a file each' '
	silo_create far &&
	test-tool table there far store <all.ids >actual &&
	test_grep "moved 23 there 0 failed 0" actual &&
	set -- far/pack/*.pack && test $# = 1 &&
	test "$(silo_count far)" = 3 && test "$(entries far)" = 1 &&
	git medo silo verify far &&
	GIT_OBJECT_DIRECTORY=far git cat-file blob "$(sed -n "3s/ .*//p" small.ids)" >actual &&
	echo "small 3" >expect && test_cmp expect actual
'

test_expect_success 'once more: all is there, nothing is written' '
	find far -type f | sort >expect &&
	test-tool table there far store <all.ids >actual &&
	test_grep "moved 0 there 23 failed 0" actual &&
	find far -type f | sort >actual && test_cmp expect actual
'

test_expect_success 'a few are not worth a pack' '
	silo_create few &&
	head -n 3 small.ids | test-tool table there few store &&
	test "$(silo_count few)" = 3 && test "$(entries few)" = 0 &&
	test_path_is_missing few/pack
'

# believe SILO N: `last` and a state of its own file agree on entry N
believe () {
	python3 - "$1/ledger" "$2" <<-\EOF
	import json, os, sys
	last = json.load(open(sys.argv[1] + "/last"))
	n = int(sys.argv[2])
	assert last["n"] == n and last["sum"]["n"] == n
	state = last.pop("sum")
	last["state"] = n
	os.makedirs(sys.argv[1] + "/state", exist_ok=True)
	with open("%s/state/%d.json" % (sys.argv[1], n), "w") as out:
	    json.dump(state, out)
	with open(sys.argv[1] + "/last", "w") as out:
	    out.write(json.dumps(last) + "\n")
	EOF
}

test_expect_success PYTHON3 'a hint of entries that are gone makes nothing there' '
	silo_create gone &&
	head -n 10 small.ids | test-tool table there gone store &&
	tail -n 10 small.ids | test-tool table there gone store &&
	test "$(entries gone)" = 2 &&
	believe gone 2 && cp -r gone whole &&
	rm -r gone/ledger/0000000002 &&
	test-tool table there gone store <small.ids >actual &&
	test_grep "moved 10 there 10 failed 0" actual &&
	test "$(entries gone)" = 2 && test-tool table list gone >list &&
	test_line_count = 20 list &&
	test-tool table there whole store <small.ids >actual &&
	test_grep "moved 0 there 20 failed 0" actual
'

test_expect_success 'what is nowhere fails alone' '
	{ echo "$(printf %040d 1) 5"; echo "$(printf %040d 2) 500000"; cat all.ids; } >some.ids &&
	silo_create far2 &&
	test-tool table there far2 store <some.ids >actual &&
	test_grep "moved 23 there 0 failed 2" actual &&
	test "$(grep -c -- " -2 blob .* is not on this disk" actual)" = 2
'

test_expect_success 'what our disk has spoilt does not leave it' '
	cp -r store spoilt &&
	small=$(sed -n "2s/ .*//p" small.ids) && large=$(sed -n "2s/ .*//p" large.ids) &&
	flip_byte "spoilt/$(id_path "$small")" 30 &&
	flip_byte "spoilt/$(id_path "$large")" &&
	silo_create far3 &&
	test-tool table there far3 spoilt <all.ids >actual &&
	test_grep "moved 21 there 0 failed 2" actual &&
	test_grep "^$small -3 " actual && test_grep "^$large -3 " actual &&
	git medo silo verify far3 && silo_temps far3 && silo_temps spoilt &&
	test_path_is_missing "far3/$(id_path "$large")"
'

test_expect_success 'a whole blob of another content does not either' '
	cp -f "store/$(id_path "$(sed -n "1s/ .*//p" large.ids)")" \
		"spoilt/$(id_path "$large")" &&
	grep "$large" large.ids | test-tool table there far3 spoilt >actual &&
	test_grep "failed 1" actual &&
	test_path_is_missing "far3/$(id_path "$large")"
'

test_expect_success 'the first that has it gives it' '
	silo_create far4 && silo_create empty &&
	test-tool table there far4 empty store <all.ids >actual &&
	test_grep "moved 23 there 0 failed 0" actual
'

test_expect_success 'out of packs as well' '
	silo_create near &&
	test-tool table here near far <all.ids >actual &&
	test_grep "moved 23 there 0 failed 0" actual &&
	test_path_is_file near/pack/*.pack &&
	silo_create far5 &&
	test-tool table there far5 near <all.ids >actual &&
	test_grep "moved 23 there 0 failed 0" actual &&
	git medo silo verify far5
'

test_expect_success 'the same blobs make the same pack: a retry finds it' '
	silo_create far6 && mkdir far6/pack && cp far/pack/*.pack far6/pack/ &&
	test-tool table there far6 store <all.ids >actual &&
	test_grep "moved 23 there 0 failed 0" actual &&
	set -- far6/pack/*.pack && test $# = 1
'

test_expect_success 'medo.bwlimit holds for packs that are folded, there and back' '
	silo_create slow &&
	test-tool table push slow 15 10 4096 9 >/dev/null &&
	medo_create deps slow &&
	for n in $(test_seq 20)
	do
		echo "slow $n" >content &&
		git medo add -q content deps/$n.treeptr >/dev/null || return 1
	done &&
	before=$(date +%s%N) &&
	git medo push -q --bwlimit 400k &&
	took=$((($(date +%s%N) - before) / 1000000)) &&
	test-tool table state slow >actual &&
	test_grep "packs 1 " actual &&
	say "$took ms" &&
	test $took -ge 2700
'

test_expect_success 'killed at any moment, nothing that was announced is broken' '
	for ms in 1 3 5 8 12 20
	do
		rm -rf far7 && silo_create far7 &&
		{ timeout -s KILL 0.0$(printf %02d $ms) test-tool table there far7 store <all.ids >/dev/null 2>&1 || :; } &&
		git medo silo verify far7 >/dev/null &&
		test-tool table there far7 store <all.ids >actual &&
		test_grep "failed 0" actual &&
		git medo silo verify far7 >/dev/null || return 1
	done
'

test_done
