#!/bin/sh

test_description='claiming an entry: one winner, whatever is lost, stopped or killed on the way'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-ledger.sh"

# claim N [OPTION...]: in s
claim () {
	claim_n=$1
	shift
	test-tool ledger "$@" claim s ledger "$claim_n" \
		"\"tag\": \"c-$claim_n\""
}

# said WORD COMMAND...
said () {
	echo "$1" >expect
	shift
	"$@" >actual &&
	test_cmp expect actual
}

# nothing_else N: s has N entries, hints at most, and no temp
nothing_else () {
	test-tool ledger walk s ledger 1 "$1" >list &&
	test_line_count = "$1" list &&
	find s -mindepth 1 ! -path "s/ledger*" >left &&
	test_must_be_empty left &&
	find s/ledger -mindepth 1 -maxdepth 1 ! -name "00*" ! -name last \
		! -name state >left &&
	test_must_be_empty left
}

test_expect_success 'the first claim of a number wins, and no other does' '
	said won claim 1 &&
	said lost claim 1 &&
	said won claim 2 &&
	said lost claim 2 &&
	said lost claim 1 &&
	nothing_else 2
'

test_expect_success 'a number behind a gap cannot be claimed' '
	said lost claim 4 &&
	said lost claim 1000000000 &&
	test_expect_code 128 test-tool ledger claim s ledger 0 "" &&
	nothing_else 2
'

test_expect_success 'CO-05 a claim whose answer was lost is known by its nonce' '
	said won claim 3 --lie lost --count 2>asked &&
	echo 1 >expect &&
	asked claim asked >actual &&
	test_cmp expect actual &&
	said lost claim 3 --lie lost &&
	nothing_else 3
'

test_expect_success 'a claim that did not arrive is sent again' '
	said won claim 4 --lie unsent &&
	said won claim 5 --lie refuse &&
	nothing_else 5
'

test_expect_success 'what is not seen to be ours is not ours' '
	test_expect_code 3 claim 6 --lie nothing 2>err &&
	test_grep "took entry 6 of .* and does not show it" err &&
	test_expect_code 3 claim 6 --lie deaf 2>err &&
	test_grep "not known whether entry 6 .* is ours" err &&
	test-tool ledger end s ledger >actual &&
	echo 6 >expect &&
	test_cmp expect actual
'

test_expect_success 'where we may not write, it says so at once' '
	test_expect_code 4 claim 7 --lie denied --count >out 2>err &&
	test_grep "may not be written" err &&
	test_must_be_empty out &&
	echo 1 >expect &&
	asked claim err >actual &&
	test_cmp expect actual
'

test_expect_success 'what is ours must be what we wrote, to the byte' '
	test_expect_code 1 claim 7 --lie garble 2>err &&
	test_grep "entry 7 .* is not what was written" err &&
	rm -r s/ledger/0000000007
'

test_expect_success 'a directory in the way is said to be in the way' '
	mkdir s/ledger/0000000007 &&
	echo x >s/ledger/0000000007/x &&
	test_expect_code 4 claim 7 2>err &&
	test_grep "ledger/0000000007. in silo .* is taken, but holds no entry" err &&
	rm -r s/ledger/0000000007 &&
	said won claim 7
'

test_expect_success 'an entry that is no entry is not claimed over, and not built on' '
	mkdir s/ledger/0000000008 &&
	echo "<html>" >s/ledger/0000000008/entry.json &&
	test_expect_code 1 claim 8 2>err &&
	test_grep "0000000008" err &&
	test_expect_code 1 claim 9 2>err &&
	test_grep "0000000008" err &&
	echo "<html>" >expect &&
	test_cmp expect s/ledger/0000000008/entry.json &&
	test_path_is_missing s/ledger/0000000009 &&
	rm -r s/ledger/0000000008
'

test_expect_success 'a ledger that needs a newer medo is not written to' '
	entry 8 $(entry_hash s/ledger 7) | sed "s/\"ledger\": 1/\"ledger\": 2/" >e &&
	mkdir s/ledger/0000000008 &&
	cp e s/ledger/0000000008/entry.json &&
	test_expect_code 4 claim 9 2>err &&
	test_grep "newer medo" err &&
	test_expect_code 4 test-tool ledger add s ledger 1 w 2>err &&
	test_grep "newer medo" err &&
	test_path_is_missing s/ledger/0000000009 &&
	rm -r s/ledger/0000000008
'

for kind in overwrite late
do
	test_expect_success "CO-04 where two claims both win there is no ledger ($kind)" '
		test_expect_code 4 test-tool ledger --lie $kind claim bad ledger 1 \
			"" >out 2>err &&
		test_must_be_empty out &&
		test_line_count = 1 err &&
		test_grep "bad. does not keep two writers apart" err &&
		test_grep "reach it by ssh" err &&
		find bad -type f >left &&
		test_must_be_empty left
	'
done

test_expect_success 'CO-04 it is found out nearly always, though each race is won by chance' '
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		test_expect_code 4 test-tool ledger --lie late claim bad$i ledger \
			1 "" >out 2>err || return 1
	done
'

test_expect_success 'a place is probed before its first entry, and never again' '
	test-tool ledger --count claim probed ledger 1 "" 2>asked &&
	test $(asked claim asked) -gt 8 &&
	find probed -name "probe-*" >left &&
	test_must_be_empty left &&
	ls -A probed >actual &&
	echo ledger >expect &&
	test_cmp expect actual &&
	test-tool ledger --count claim probed ledger 2 "" 2>asked &&
	echo 1 >expect &&
	asked claim asked >actual &&
	test_cmp expect actual
'

test_expect_success 'what killed probes have left goes with entry 1, nothing else does' '
	old=0123456789abcdef0123456789abcdef &&
	mkdir -p swept/ledger/probe-$old/1 swept/ledger/probe-$old/2 \
		swept/ledger/probe-mine/1 &&
	for f in probe-$old/1/entry.json probe-$old/.tmp-medo-1-x \
		probe-mine/1/entry.json
	do
		echo x >swept/ledger/$f || return 1
	done &&
	test-tool ledger claim swept ledger 1 "" &&
	ls -A swept/ledger >actual &&
	test_write_lines 0000000001 probe-mine >expect &&
	test_cmp expect actual &&
	mkdir -p swept/ledger/probe-$old/1 &&
	echo x >swept/ledger/probe-$old/1/entry.json &&
	test-tool ledger claim swept ledger 2 "" &&
	test_path_is_file swept/ledger/probe-$old/1/entry.json
'

test_expect_success 'CO-03 of first entries ever one wins, sixteen at once' '
	for round in 1 2 3 4 5 6
	do
		race_claim $(test_seq 16 | sed "s/.*/first$round/") &&
		test_write_lines "15 lost" "1 won" >expect &&
		test_cmp expect said &&
		ls -A first$round first$round/ledger >actual &&
		test_write_lines first$round: ledger "" first$round/ledger: \
			0000000001 >expect &&
		test_cmp expect actual || return 1
	done
'

# slow_claims DIR: two, each of whose renames begins 200 ms late
slow_claims () {
	rm -f out.*
	for slow_i in 1 2
	do
		strace -f -o trace.$slow_i -e trace=renameat2,rename \
			-e inject=renameat2,rename:delay_enter=200000 \
			test-tool ledger claim "$1" ledger 1 \
			"\"tag\": \"s-$slow_i\"" >out.$slow_i &
	done
	wait
}

test_expect_success STRACE,!SANITIZE 'CO-03 both are through with all but the rename when the first renames' '
	slow_claims slow &&
	sort out.1 out.2 >actual &&
	test_write_lines lost won >expect &&
	test_cmp expect actual &&
	test-tool ledger walk slow ledger 1 1 >actual &&
	test_line_count = 1 actual
'

test_expect_success 'CO-05 a writer that slept before its claim loses, and says so' '
	{ test-tool ledger --lie stop claim s ledger 8 \
		"\"tag\": \"sleeper\"" >slept 2>err & } &&
	pid=$! &&
	test_wait_until 10 grep "^State:.T" /proc/$pid/status &&
	said won claim 8 &&
	kill -CONT $pid &&
	wait $pid &&
	echo lost >expect &&
	test_cmp expect slept &&
	test-tool ledger walk s ledger 8 8 >actual &&
	echo "8 c-8" >expect &&
	test_cmp expect actual
'

test_expect_success 'CO-05 a writer that slept wins what nobody wanted meanwhile' '
	{ test-tool ledger --lie stop claim s ledger 9 \
		"\"tag\": \"sleeper\"" >slept 2>err & } &&
	pid=$! &&
	test_wait_until 10 grep "^State:.T" /proc/$pid/status &&
	kill -CONT $pid &&
	wait $pid &&
	echo won >expect &&
	test_cmp expect slept &&
	nothing_else 9
'

# kill_claim CALL N: at the N-th such call
kill_claim () {
	strace -qq -o trace -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
		test-tool ledger claim k ledger 4 "" >out 2>err
	test $? = 137
}

for call in mkdir openat openat2 write fchmod renameat2 close pread64
do
	test_expect_success STRACE,!SANITIZE "a kill at any $call leaves nothing of an entry, or all of it" '
		rm -rf k &&
		ledger_of 3 k/ledger &&
		strace -qq -o trace -e trace=$call test-tool ledger claim k \
			ledger 4 "" &&
		calls=$(wc -l <trace) &&
		rm -r k/ledger/0000000004 &&
		when=$((calls > 6 ? calls - 6 : 0)) &&
		while test $when -lt $calls
		do
			when=$((when + 1)) &&
			kill_claim $call $when &&
			test-tool ledger end k ledger >actual &&
			test-tool ledger walk k ledger 1 $(cat actual) >list &&
			test_line_count = $(cat actual) list &&
			find k -type d -name "00*" -empty >left &&
			test_must_be_empty left &&
			find k -mindepth 1 ! -path "k/ledger*" \
				! -path "k/tmp_medo_*" >left &&
			test_must_be_empty left &&
			rm -rf k/ledger/0000000004 || return 1
		done
	'
done

test_expect_success 'entries behind 9999999999 have longer names' '
	mkdir -p big/ledger/9999999998 &&
	entry 9999999998 $(entry_hash s/ledger 1) >big/ledger/9999999998/entry.json &&
	echo "{\"n\": 9999999998}" >big/ledger/last &&
	test-tool ledger claim big ledger 9999999999 "" >actual &&
	test-tool ledger claim big ledger 10000000000 "\"tag\": \"x\"" >>actual &&
	test_write_lines won won >expect &&
	test_cmp expect actual &&
	test_path_is_file big/ledger/10000000000/entry.json &&
	test-tool ledger end big ledger >actual &&
	echo 10000000000 >expect &&
	test_cmp expect actual &&
	test-tool ledger walk big ledger 9999999998 10000000000 >actual &&
	test_line_count = 3 actual
'

test_done
