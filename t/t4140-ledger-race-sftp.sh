#!/bin/sh

test_description='writers of one ledger behind ssh, and on the same disk at once'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"
LEDGER_CLAIMS=96
RACE_MOMENT=1
. "$TEST_DIRECTORY/lib-ledger.sh"

test_expect_success 'setup' '
	sshd_setup &&
	sshd_start &&
	url=$SSHD_URL$(sshd_path "$PWD")
'

test_expect_success 'a first entry, and what a reader asks for' '
	mkdir one &&
	test-tool ledger add "$url/one" ledger 3 w >actual &&
	test_write_lines "w-1 1" "w-2 2" "w-3 3" >expect &&
	test_cmp expect actual &&
	ls -A one one/ledger >actual &&
	test_write_lines one: ledger "" one/ledger: 0000000001 0000000002 \
		0000000003 last >expect &&
	test_cmp expect actual &&
	test-tool ledger --count replay "$url/one" ledger >actual 2>asked &&
	echo "end 3 state 3" >expect &&
	test_cmp expect actual &&
	echo "read 3" >expect &&
	test_cmp expect asked
'

test_expect_success 'sixteen writers: one winner each, nothing granted is lost' '
	mkdir s &&
	race "$url/s" &&
	race_check "$url/s"
'

test_expect_success 'half of them by ssh, half on the disk' '
	mkdir both &&
	race "$url/both" "$PWD/both" &&
	race_check both &&
	race_check "$url/both"
'

test_done
