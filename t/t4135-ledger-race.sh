#!/bin/sh

test_description='sixteen writers of one ledger in a folder, some of them killed'

. "$(dirname "$0")/test-lib.sh"
LEDGER_CLAIMS=1000
RACE_MOMENT=0.1
. "$TEST_DIRECTORY/lib-ledger.sh"

test_expect_success 'CO-02 1,000 claims: one winner each, one chain, nothing granted is lost' '
	race "$PWD/s" &&
	race_check s
'

test_expect_success 'some of the writers were killed, and left no more than temps' '
	test -s kills &&
	find s -mindepth 1 ! -path "s/ledger*" ! -path "s/tmp_medo_*" >left &&
	test_must_be_empty left &&
	find s/ledger -type d -empty ! -path "*/probe-*" >left &&
	test_must_be_empty left &&
	test-tool ledger --count replay s ledger >actual 2>asked &&
	test_grep "^end $race_end " actual
'

# copies_of DIR: eight copies in copy.N while four writers add to it, and how
# many entries there were before each in before.N
copies_of () {
	for copy_i in 1 2 3 4
	do
		test-tool ledger add "$1" ledger 200 c$copy_i >/dev/null &
	done
	for copy_i in $(test_seq 8)
	do
		test-tool ledger end "$1" ledger >"before.$copy_i"
		cp -r "$1" "copy.$copy_i"
	done
	wait
}

test_expect_success 'CO-13 a copy that is made meanwhile is a chain, not older than its begin' '
	copies_of busy &&
	for i in $(test_seq 8)
	do
		n=$(test-tool ledger end copy.$i ledger) &&
		test "$n" -ge "$(cat before.$i)" &&
		test-tool ledger walk copy.$i ledger 1 "$n" >list &&
		test_line_count = "$n" list || return 1
	done
'

test_expect_success 'the race is one: a place that looks and then writes loses entries' '
	rm -rf ack.* &&
	mkdir late &&
	ledger_of 1 late/ledger &&
	lose () {
		for lose_i in 1 2 3 4
		do
			test-tool ledger --lie late add late ledger 10 w$lose_i \
				>ack.$lose_i 2>/dev/null &
		done
		wait
	} &&
	lose &&
	cat ack.* | wc -l >granted &&
	ls late/ledger | grep -c ^00 >had &&
	test $(cat granted) -gt $(($(cat had) - 1))
'

test_done
