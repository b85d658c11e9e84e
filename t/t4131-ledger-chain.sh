#!/bin/sh

test_description='a chain of entries: finding its end, walking it, hints that help and hints that lie'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-ledger.sh"

# counted VERB ARGS...: in s; what was asked is in `asked`
counted () {
	test-tool ledger --count "$@" 2>asked
}

# fresh N: a ledger of N entries in s
fresh () {
	rm -rf s &&
	ledger_of "$1" s/ledger
}

# hint JSON: what s/ledger/last says
hint () {
	echo "$1" >s/ledger/last
}

test_expect_success 'where there is no ledger the end is 0, and nothing is made' '
	mkdir empty &&
	echo 0 >expect &&
	test-tool ledger end empty ledger >actual &&
	test_cmp expect actual &&
	test-tool ledger end empty git/oil.git/ledger >actual &&
	test_cmp expect actual &&
	test_dir_is_empty empty
'

test_expect_success 'without a hint the end is found by doubling and bisecting' '
	fresh 70 &&
	for n in 70 69 65 64 63 33 9 8 7 5 4 3 2 1
	do
		rm -rf s/ledger/*$((n + 1)) &&
		for high in $(test_seq $((n + 1)) 70)
		do
			rm -rf s/ledger/$(printf %010d $high) || return 1
		done &&
		counted end s ledger >actual &&
		echo $n >expect &&
		test_cmp expect actual &&
		test $(asked read asked) -le 16 || return 1
	done
'

test_expect_success 'a right hint: two looks, and the entry once' '
	fresh 50 &&
	hint "{\"n\": 50}" &&
	counted end s ledger >actual &&
	echo 50 >expect &&
	test_cmp expect actual &&
	echo "read 3" >expect &&
	test_cmp expect asked
'

test_expect_success 'a reader of a place with hints asks for three files' '
	for big in "" --big
	do
		rm -rf s &&
		test-tool ledger $big add s ledger 20 w >out &&
		counted replay s ledger >actual &&
		echo "end 20 state 20" >expect &&
		test_cmp expect actual &&
		echo "read 3" >expect &&
		test_cmp expect asked || return 1
	done
'

test_expect_success 'a hint that is one or two behind costs little' '
	fresh 52 &&
	hint "{\"n\": 51}" &&
	counted end s ledger >actual &&
	echo 52 >expect &&
	test_cmp expect actual &&
	echo "read 4" >expect &&
	test_cmp expect asked &&
	hint "{\"n\": 50}" &&
	counted end s ledger >actual &&
	echo 52 >expect &&
	test_cmp expect actual &&
	test $(asked read asked) -le 6
'

test_expect_success 'hints that lie, or make no sense, change nothing' '
	fresh 20 &&
	echo 20 >expect &&
	for lie in "{\"n\": 30}" "{\"n\": 9007199254740990}" \
		"{\"n\": 9007199254740999}" "{\"n\": -1}" "{\"n\": \"20\"}" \
		"{\"n\": 1e9}" "[]" "" "<html>" "{\"n\": 20, \"n\": 30}" \
		"{\"n\": 21, \"state\": 21, \"entry\": \"$zeros\"}" \
		"{\"n\": 20, \"state\": 20, \"entry\": \"$zeros\"}" \
		"{\"n\": 20, \"older\": [{}, -1, 1.5, 7, 99999999999999999999]}"
	do
		hint "$lie" &&
		counted end s ledger >actual &&
		test_cmp expect actual &&
		test $(asked read asked) -le 14 &&
		test-tool ledger replay s ledger >out &&
		test_grep "^end 20 state 0" out &&
		test_line_count = 21 out || return 1
	done &&
	head -c 100000 /dev/zero >s/ledger/last &&
	test-tool ledger end s ledger >actual &&
	test_cmp expect actual &&
	test-tool genrandom x 300 >s/ledger/last &&
	test-tool ledger end s ledger >actual &&
	test_cmp expect actual
'

test_expect_success 'a hint without a line feed at its end was cut, and is none' '
	fresh 5 &&
	printf "{\"n\": 7}" >s/ledger/last &&
	counted end s ledger >actual &&
	echo 5 >expect &&
	test_cmp expect actual &&
	# As without any: last, 1, 2, 4, 8, 6, 5.
	echo "read 7" >expect &&
	test_cmp expect asked
'

test_expect_success 'a state counts only if its entry is the entry' '
	fresh 20 &&
	mkdir s/ledger/state &&
	state () {
		echo "{\"state\": ${3-1}, \"n\": ${4-$1}, \"entry\": \"$2\",
			\"count\": $1}" >s/ledger/state/$1.json
	} &&
	state 20 $(entry_hash s/ledger 20) &&
	test-tool ledger state s ledger 20 >actual &&
	echo "20 count 20" >expect &&
	test_cmp expect actual &&
	state 20 $zeros &&
	test_expect_code 1 test-tool ledger state s ledger 20 2>err &&
	test_grep "no state" err &&
	state 20 $(entry_hash s/ledger 20) 2 &&
	test_expect_code 1 test-tool ledger state s ledger 20 &&
	state 20 $(entry_hash s/ledger 20) 1 19 &&
	test_expect_code 1 test-tool ledger state s ledger 20 &&
	echo "<html>" >s/ledger/state/20.json &&
	test_expect_code 1 test-tool ledger state s ledger 20 &&
	: >s/ledger/state/20.json &&
	test_expect_code 1 test-tool ledger state s ledger 20
'

test_expect_success 'an older state is found, and proven by the entry behind it' '
	state 15 $(entry_hash s/ledger 15) &&
	state 17 $zeros &&
	echo "15 count 15" >expect &&
	hint "{\"n\": 20, \"state\": 17, \"older\": [15, 3]}" &&
	test-tool ledger state s ledger 20 >actual &&
	test_cmp expect actual &&
	rm s/ledger/last s/ledger/state/17.json s/ledger/state/20.json &&
	test-tool ledger state s ledger 20 >actual &&
	test_cmp expect actual &&
	counted replay s ledger >actual &&
	echo "end 20 state 15" >expect &&
	test_seq 16 20 | sed "s/.*/& t-&/" >>expect &&
	test_cmp expect actual
'

test_expect_success 'hints of one writer agree, and only then entry n is not read' '
	fresh 20 &&
	mkdir s/ledger/state &&
	hash=$(entry_hash s/ledger 20) &&
	state 20 $hash &&
	hint "{\"n\": 20, \"entry\": \"$hash\", \"state\": 20}" &&
	mv s/ledger/0000000020 aside &&
	counted replay s ledger >actual &&
	echo "end 20 state 20" >expect &&
	test_cmp expect actual &&
	echo "read 3" >expect &&
	test_cmp expect asked &&
	# Who writes looks at the entry, and finds that the hints lied.
	test-tool ledger claim s ledger 21 "" >actual &&
	echo lost >expect &&
	test_cmp expect actual &&
	test_path_is_missing s/ledger/0000000021 &&
	test-tool ledger add s ledger 1 w >actual &&
	echo "w-1 20" >expect &&
	test_cmp expect actual
'

test_expect_success 'FA-26 hints that are older or newer than each other are looked through' '
	fresh 20 &&
	mkdir s/ledger/state &&
	state 20 $(entry_hash s/ledger 20) &&
	state 18 $(entry_hash s/ledger 18) &&
	hint "{\"n\": 18, \"entry\": \"$(entry_hash s/ledger 18)\", \"state\": 18}" &&
	test-tool ledger replay s ledger >actual &&
	test_grep "^end 20 state 20" actual &&
	rm s/ledger/state/20.json &&
	test-tool ledger replay s ledger >actual &&
	test_write_lines "end 20 state 18" "19 t-19" "20 t-20" >expect &&
	test_cmp expect actual &&
	# A copy that was made from back to front: the hint came, the end not.
	hint "{\"n\": 25, \"entry\": \"$(entry_hash s/ledger 18)\", \"state\": 25}" &&
	test-tool ledger replay s ledger >actual &&
	test_cmp expect actual
'

test_expect_success 'FA-26 a cache that knows of no entry is gone past' '
	fresh 30 &&
	test-tool ledger --lie stale replay s ledger >actual &&
	test_grep "^end 30 state 0" actual &&
	test_line_count = 31 actual
'

test_expect_success 'entries come in order, however many at a time' '
	fresh 70 &&
	counted walk s ledger 1 70 >actual &&
	test_seq 70 | sed "s/.*/& t-&/" >expect &&
	test_cmp expect actual &&
	echo "read 70" >expect &&
	test_cmp expect asked &&
	test-tool ledger walk s ledger 1 70 >actual &&
	test_seq 70 | sed "s/.*/& t-&/" >expect &&
	test_cmp expect actual &&
	test-tool ledger walk s ledger 8 7 >actual &&
	test_must_be_empty actual
'

test_expect_success 'what was read to find the end is not read again' '
	test_when_finished "rm s/ledger/last" &&
	hint "{\"n\": 68}" &&
	counted replay s ledger >actual &&
	test_line_count = 71 actual &&
	# last, state, 69, 70, 72, 71, and the other 68.
	test $(asked read asked) -le 75
'

for count in "" --count
do
	test_expect_success "where the chain breaks both numbers are named ${count:-(on the disk)}" '
		fresh 30 &&
		entry 17 $zeros | sed "s/$zeros/$(entry_hash s/ledger 15)/" \
			>s/ledger/0000000017/entry.json &&
		test_expect_code 1 test-tool ledger $count walk s ledger 1 30 \
			>actual 2>err &&
		test_grep "between entry 16 and entry 17" err &&
		test_grep "two copies" err &&
		test_seq 16 | sed "s/.*/& t-&/" >expect &&
		test_cmp expect actual
	'

	test_expect_success "an entry that is missing, damaged or another one ends the walk ${count:-(on the disk)}" '
		fresh 30 &&
		rm s/ledger/0000000012/entry.json &&
		test_expect_code 1 test-tool ledger $count walk s ledger 1 30 \
			>actual 2>err &&
		test_grep "no entry 12" err &&
		test_line_count = 11 actual &&
		: >s/ledger/0000000012/entry.json &&
		test_expect_code 1 test-tool ledger $count walk s ledger 1 30 2>err &&
		test_grep "0000000012" err &&
		echo "<html>" >s/ledger/0000000012/entry.json &&
		test_expect_code 1 test-tool ledger $count walk s ledger 1 30 2>err &&
		test_grep "0000000012" err &&
		cp s/ledger/0000000011/entry.json s/ledger/0000000012 &&
		test_expect_code 1 test-tool ledger $count walk s ledger 1 30 2>err &&
		test_grep "0000000012.*says that it is entry 11" err &&
		entry 12 $(entry_hash s/ledger 11) |
		sed "s/\"ledger\": 1/\"ledger\": 2/" \
			>s/ledger/0000000012/entry.json &&
		test_expect_code 4 test-tool ledger $count walk s ledger 1 30 2>err &&
		test_grep "newer medo" err
	'
done

test_expect_success 'a server that answers everything with a page has no end, and no loop' '
	mkdir -p html/ledger &&
	for n in 1 2 4 8
	do
		mkdir html/ledger/000000000$n &&
		echo "<html>" >html/ledger/000000000$n/entry.json || return 1
	done &&
	test_expect_code 1 test-tool ledger end html ledger 2>err &&
	test_line_count = 1 err &&
	test_grep "0000000001" err
'

test_expect_success 'an entry of many bytes is read, and one of too many refused' '
	fresh 3 &&
	{
		printf "{\"ledger\": 1, \"n\": 4, \"prev\": \"%s\"," \
			$(entry_hash s/ledger 3) &&
		printf "\"nonce\": \"%032d\", \"tag\": \"" 4 &&
		head -c 3000000 /dev/zero | tr "\0" x &&
		echo "\"}"
	} >big &&
	mkdir s/ledger/0000000004 &&
	cp big s/ledger/0000000004/entry.json &&
	for how in "" --count
	do
		test-tool ledger $how end s ledger >actual &&
		echo 4 >expect &&
		test_cmp expect actual &&
		test-tool ledger $how walk s ledger 1 4 >actual &&
		test_line_count = 4 actual || return 1
	done &&
	truncate -s 67108865 s/ledger/0000000004/entry.json &&
	test_expect_code 1 test-tool ledger walk s ledger 1 4 2>err &&
	test_grep "over 67108864 bytes" err
'

test_expect_success 'a symlink in a ledger is refused' '
	fresh 3 &&
	mv s/ledger/0000000002 elsewhere &&
	ln -s "$PWD/elsewhere" s/ledger/0000000002 &&
	test_expect_code 4 test-tool ledger walk s ledger 1 3
'

test_expect_success 'an entry that was seen does not change' '
	fresh 3 &&
	mkfifo again &&
	{ test-tool ledger rewalk s ledger 1 3 <again >actual 2>err & } &&
	pid=$! &&
	exec 9>again &&
	test_wait_until 20 grep "^3 " actual &&
	echo >>s/ledger/0000000003/entry.json &&
	echo >&9 &&
	exec 9>&- &&
	test_expect_code 1 wait $pid &&
	test_grep "0000000003.*entries never change" err
'

test_expect_success 'a state is of this ledger, not of a copy that went on' '
	rm -rf s other &&
	test-tool ledger --big --state 8 add s ledger 60 w >out &&
	test-tool ledger --big --state 8 add other ledger 60 x >out &&
	for n in 57 58 59 60
	do
		cp other/ledger/00000000$n/entry.json s/ledger/00000000$n/ ||
			return 1
	done &&
	test_expect_code 1 test-tool ledger replay s ledger >actual 2>err &&
	test_grep "between entry 56 and entry 57" err &&
	test_grep ! "x-57" actual
'

test_expect_success 'looking again costs one look, and sees what others did' '
	rm -rf s &&
	test-tool ledger add s ledger 5 a >out &&
	rm -f actual &&
	mkfifo in &&
	{ test-tool ledger --count again s ledger <in >actual 2>asked & } &&
	exec 9>in &&
	test_wait_until 20 test -s actual &&
	test-tool ledger add s ledger 3 b >out &&
	echo >&9 &&
	exec 9>&- &&
	wait &&
	test_write_lines 5 8 >expect &&
	test_cmp expect actual &&
	test $(asked read asked) -le 9
'

test_expect_success 'a small state is in the hint, proven by the entry, and has no file' '
	rm -rf s &&
	test-tool ledger add s ledger 20 w >out &&
	test_path_is_missing s/ledger/state &&
	test-tool ledger state s ledger 20 >actual &&
	echo "20 count 20" >expect &&
	test_cmp expect actual &&
	cp s/ledger/last last &&
	sed "s/\"entry\": \"[^\"]*/\"entry\": \"$zeros/g" last \
		>s/ledger/last &&
	test-tool ledger replay s ledger >actual &&
	test_grep "^end 20 state 0" actual &&
	cp last s/ledger &&
	# It came, the entry did not: a copy made while somebody pushed.
	mv s/ledger/0000000020 aside20 &&
	test-tool ledger replay s ledger >actual &&
	test_grep "^end 19 state 0" actual &&
	mv aside20 s/ledger/0000000020 &&
	# Others went on without hints.
	test-tool ledger --no-hint add s ledger 3 x >out &&
	test-tool ledger replay s ledger >actual &&
	test_write_lines "end 23 state 20" "21 x-1" "22 x-2" "23 x-3" >expect &&
	test_cmp expect actual
'

test_expect_success 'a sum in the hint that is none is ignored' '
	for sum in null 7 "[]" "{}" "\"x\"" \
		"{\"state\": 2, \"n\": 23, \"entry\": \"$(entry_hash s/ledger 23)\"}" \
		"{\"state\": 1, \"n\": 24, \"entry\": \"$(entry_hash s/ledger 23)\"}" \
		"{\"state\": 1, \"n\": 23, \"entry\": \"$(entry_hash s/ledger 22)\"}"
	do
		hint "{\"n\": 23, \"sum\": $sum}" &&
		test-tool ledger replay s ledger >actual &&
		test_grep "^end 23 state 0" actual || return 1
	done
'

test_expect_success 'all but the newest states are removed, some at a time' '
	rm -rf s &&
	test-tool ledger --big add s ledger 60 w >out &&
	ls s/ledger/state >list &&
	test_line_count -le 9 list &&
	test_grep "^60.json" list &&
	test_grep "^59.json" list &&
	test-tool ledger state s ledger 60 >actual &&
	echo "60 count 60" >expect &&
	test_cmp expect actual
'

test_expect_success 'a writer of large states writes one now and then' '
	for big in "" --big
	do
		rm -rf s &&
		test-tool ledger $big --state 8 add s ledger 60 w >out &&
		test-tool ledger replay s ledger >actual &&
		test_write_lines "end 60 state 56" "57 w-57" "58 w-58" \
			"59 w-59" "60 w-60" >expect &&
		test_cmp expect actual || return 1
	done &&
	rm -rf s &&
	for i in $(test_seq 60)
	do
		test-tool ledger $(test $((i % 16)) = 1 || echo --big) --state 8 \
			add s ledger 1 w || return 1
	done >out &&
	test-tool ledger replay s ledger >actual &&
	test_write_lines "end 60 state 56" "57 w-1" "58 w-1" "59 w-1" \
		"60 w-1" >expect &&
	test_cmp expect actual
'

test_expect_success 'hints that cannot be written are a warning' '
	rm -rf s &&
	test-tool ledger claim s ledger 1 "" &&
	mkdir s/ledger/last &&
	test-tool ledger hint s ledger 1 "" 2>err &&
	test_grep "^warning: " err &&
	test_line_count = 1 err &&
	test-tool ledger end s ledger >actual &&
	echo 1 >expect &&
	test_cmp expect actual
'

test_done
