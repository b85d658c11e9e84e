#!/bin/sh

test_description='a silo behind ssh: the eight verbs over sftp'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"

test_expect_success 'a server on the loopback' '
	sshd_setup &&
	sshd_start &&
	mkdir silo &&
	URL=$SSHD_URL$(sshd_path "$PWD/silo")
'

test_expect_success 'what is put can be read, from any byte to any' '
	test-tool genrandom seed 3000000 >big &&
	test-tool backend "$URL" put objects/ab/cd.gz big &&
	test_cmp_bin big silo/objects/ab/cd.gz &&
	test-tool backend "$URL" read objects/ab/cd.gz >actual &&
	test_cmp_bin big actual &&
	test-tool backend "$URL" read objects/ab/cd.gz 1000000 2000001 part >total &&
	echo "total 3000000" >expect &&
	test_cmp expect total &&
	tail -c +1000001 big | head -c 1000001 >expect &&
	test_cmp_bin expect part
'

test_expect_success 'nothing but the blob is left on the server' '
	(cd silo && find . -type f) >actual &&
	echo ./objects/ab/cd.gz >expect &&
	test_cmp expect actual
'

test_expect_success 'an empty file travels' '
	>empty &&
	test-tool backend "$URL" put objects/ab/empty empty &&
	test-tool backend "$URL" read objects/ab/empty >actual &&
	test_cmp_bin empty actual &&
	echo 0 >expect &&
	test-tool backend "$URL" has objects/ab/empty >actual &&
	test_cmp expect actual
'

test_expect_success 'has tells a size, or no' '
	echo 3000000 >expect &&
	test-tool backend "$URL" has objects/ab/cd.gz >actual &&
	test_cmp expect actual &&
	echo no >expect &&
	test-tool backend "$URL" has objects/ab/ef.gz >actual &&
	test_cmp expect actual &&
	test-tool backend "$URL" has objects/xy/ef.gz >actual &&
	test_cmp expect actual
'

test_expect_success 'a missing file is missing' '
	test_expect_code 1 test-tool backend "$URL" read objects/ab/no 2>err &&
	test_grep "no such file" err
'

test_expect_success 'the first to put a name keeps it' '
	echo other >other &&
	test-tool backend "$URL" put objects/ab/cd.gz other &&
	test_cmp_bin big silo/objects/ab/cd.gz
'

test_expect_success 'one claim wins, the next is told so' '
	echo one >one &&
	echo two >two &&
	echo ours >expect &&
	test-tool backend "$URL" claim ledger/0000000001/entry.json one >actual &&
	test_cmp expect actual &&
	echo taken >expect &&
	test-tool backend "$URL" claim ledger/0000000001/entry.json two >actual &&
	test_cmp expect actual &&
	test_cmp one silo/ledger/0000000001/entry.json &&
	ls -A silo >actual &&
	test_write_lines ledger objects >expect &&
	test_cmp expect actual
'

test_expect_success 'a hint is replaced' '
	test-tool backend "$URL" replace ledger/last one &&
	test_cmp one silo/ledger/last &&
	test-tool backend "$URL" replace ledger/last two &&
	test_cmp two silo/ledger/last
'

test_expect_success 'list finds all files' '
	test_write_lines "0 objects/ab/empty" "3000000 objects/ab/cd.gz" \
		"4 ledger/0000000001/entry.json" "4 ledger/last" >expect &&
	test-tool backend "$URL" list "" >actual &&
	test_cmp expect actual &&
	test-tool backend "$URL" list nothing >actual &&
	test_path_is_file actual &&
	test_line_count = 0 actual
'

test_expect_success 'remove takes a file, a directory, or nothing' '
	test-tool backend "$URL" remove objects/ab/empty &&
	test_path_is_missing silo/objects/ab/empty &&
	test-tool backend "$URL" remove objects/ab/empty &&
	test-tool backend "$URL" remove ledger &&
	test_path_is_missing silo/ledger &&
	test_path_is_file silo/objects/ab/cd.gz
'

test_expect_success 'now is the clock of the server' '
	before=$(date +%s) &&
	now=$(test-tool backend "$URL" now) &&
	test "$now" -ge "$before" &&
	test "$now" -le "$(date +%s)" &&
	ls -A silo >actual &&
	echo objects >expect &&
	test_cmp expect actual
'

test_expect_success 'a silo that is not there has nothing, and a put makes it' '
	test_when_finished "rm -rf new" &&
	NEW=$SSHD_URL$(sshd_path "$PWD/new") &&
	test_expect_code 1 test-tool backend "$NEW" read silo.json 2>err &&
	test_grep "there is no silo at" err &&
	test-tool backend "$NEW" has silo.json >actual &&
	echo no >expect &&
	test_cmp expect actual &&
	test_path_is_missing new &&
	test-tool backend "$NEW" put objects/11/22 one &&
	test_cmp one new/objects/11/22
'

test_expect_success 'a silo whose folder has no folder is not made' '
	test_expect_code 3 test-tool backend \
		"$SSHD_URL$(sshd_path "$PWD/no/where")" put objects/11/22 one 2>err &&
	test_grep "there is no folder for the silo" err
'

test_done
