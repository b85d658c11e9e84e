#!/bin/sh

test_description='an sftp server that lies, dies, and talks of other things'

. "$(dirname "$0")/test-lib.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# served FAULT... -- VERB ARGS: a verb at a server with these faults
served () {
	served_faults=
	while test "$1" != --
	do
		served_faults="$served_faults $1"
		shift
	done
	shift
	GIT_SSH_VARIANT=ssh \
	GIT_SSH_COMMAND="python3 '$TEST_DIRECTORY/helper/fakesftp.py' --log '$TEST_TOP/log'$served_faults" \
	timeout 60 test-tool backend "$URL" "$@"
}

URL=ssh://host$(python3 -c 'import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1]))' "$PWD/silo")

test_expect_success 'a plain server, with no extensions at all' '
	mkdir -p silo/objects/aa &&
	test-tool genrandom seed 3000000 >big &&
	cp big silo/objects/aa/big &&
	echo small >small &&
	served -- put objects/ab/big big &&
	test_cmp_bin big silo/objects/ab/big &&
	served -- read objects/ab/big >actual &&
	test_cmp_bin big actual &&
	served -- replace last small &&
	test_cmp small silo/last &&
	echo ours >expect &&
	served -- claim ledger/1/entry.json small >actual &&
	test_cmp expect actual &&
	echo taken >expect &&
	served -- claim ledger/1/entry.json small >actual &&
	test_cmp expect actual &&
	test_grep RENAME "$TEST_TOP/log" &&
	test_grep ! EXTENDED "$TEST_TOP/log" &&
	ls -A silo >actual &&
	test_write_lines last ledger objects >expect &&
	test_cmp expect actual
'

test_expect_success 'short replies in any order become the right bytes' '
	served shuffle=7 -- read objects/aa/big >actual &&
	test_cmp_bin big actual &&
	served short shuffle=13 -- read objects/aa/big 12345 2345678 part >/dev/null &&
	tail -c +12346 big | head -c 2333333 >expect &&
	test_cmp_bin expect part
'

test_expect_success 'BI-34 no broken reply makes wrong bytes, at any moment' '
	for fault in die cut huge tiny badid badtype hollow long twice noise
	do
		for n in 1 2 4 6 9
		do
			served "$fault=$n" -- read objects/aa/big >actual 2>err
			code=$? &&
			if test $code = 0
			then
				cmp big actual || return 1
			elif test $code != 3 && test $code != 4
			then
				echo "$fault=$n: $code" && cat err && return 1
			fi
			size=$(test_file_size actual) &&
			head -c $size big | cmp - actual || return 1
		done
	done
'

test_expect_success 'FA-27 a put that was cut leaves nothing under the name' '
	for fault in die cut huge tiny badid badtype hollow
	do
		for n in 1 3 5 6 7 12
		do
			rm -rf silo/objects/ac &&
			served "$fault=$n" -- put objects/ac/big big >out 2>err
			code=$? &&
			test_path_is_missing silo/objects/ac/big || {
				cmp big silo/objects/ac/big || return 1
			}
			test $code = 0 || test $code = 3 || test $code = 4 || {
				echo "$fault=$n: $code" && cat err && return 1
			}
			if test $code = 0
			then
				cmp big silo/objects/ac/big || return 1
			fi
		done
	done
'

test_expect_success 'FA-27 a line that is cut in one direction, then in the other' '
	for n in 13 14 15
	do
		test_expect_code 3 served deaf=$n -- put objects/ac/cut big \
			2>err || return 1
		test_grep "lost the connection" err || return 1
	done &&
	test_path_is_missing silo/objects/ac/cut &&
	rm -f silo/.tmp-medo-*
'

test_expect_success 'bytes nobody asked for, and none, are no data' '
	for fault in more=1 more=40000 empty grow=5
	do
		test_expect_code 3 served $fault -- read objects/aa/big \
			>actual 2>err || return 1
	done &&
	test_grep "ends before its size" err
'

test_expect_success 'a disk that fills up leaves no part of a blob' '
	rm -rf silo/objects/ac silo/.tmp-medo-* &&
	test_expect_code 3 served full=1000000 -- put objects/ac/big big 2>err &&
	test_grep "or its disk full" err &&
	test_path_is_missing silo/objects/ac/big &&
	test_expect_code 3 served full=3 --ext hardlink -- put objects/ac/s small &&
	test_expect_code 3 served full=3 -- claim ledger/2/entry.json small &&
	test_path_is_missing silo/objects/ac/s &&
	test_path_is_missing silo/ledger/2 &&
	ls -A silo >actual &&
	test_write_lines last ledger objects >expect &&
	test_cmp expect actual
'

test_expect_success 'a file system without hard links is renamed on' '
	: >"$TEST_TOP/log" &&
	served nolinks --ext hardlink --ext fsync -- put objects/ac/big big &&
	test_cmp_bin big silo/objects/ac/big &&
	test_grep EXTENDED "$TEST_TOP/log" &&
	test_grep RENAME "$TEST_TOP/log" &&
	served nolinks --ext hardlink -- put objects/ac/big small &&
	test_cmp_bin big silo/objects/ac/big &&
	ls -A silo >actual &&
	test_write_lines last ledger objects >expect &&
	test_cmp expect actual
'

test_expect_success 'a put and a read ask for no more than they need' '
	test-tool genrandom seed 100000 >blob &&
	: >"$TEST_TOP/log" &&
	test_write_lines "put objects/ac/one blob" "put objects/ac/two blob" \
		"read objects/ac/two 0 - back" >verbs &&
	MEDO_THREADS=1 served --ext hardlink --ext limits -- - <verbs &&
	test_cmp_bin blob back &&
	{
		test_write_lines EXTENDED MKDIR STAT OPENDIR READDIR READDIR &&
		test_write_lines READDIR CLOSE MKDIR LSTAT MKDIR LSTAT &&
		test_write_lines LSTAT OPEN WRITE CLOSE EXTENDED LSTAT REMOVE &&
		test_write_lines LSTAT OPEN WRITE CLOSE EXTENDED LSTAT REMOVE &&
		test_write_lines LSTAT OPEN READ CLOSE
	} >expect &&
	test_cmp expect "$TEST_TOP/log"
'

test_expect_success 'handles of no bytes, and too many, are none' '
	test_expect_code 3 served handle=0 -- read objects/aa/big &&
	test_expect_code 3 served handle=257 -- read objects/aa/big &&
	test_expect_code 3 served handle=257 -- list "" &&
	served handle=256 -- read objects/aa/big >actual &&
	test_cmp_bin big actual
'

test_expect_success 'attributes without type and size are refused' '
	test_expect_code 3 served noattrs -- has objects/aa/big &&
	test_expect_code 3 served noattrs -- list "" &&
	test_expect_code 3 served noattrs -- now
'

test_expect_success 'a symlink is refused, wherever it stands' '
	test_expect_code 4 served symlink -- read objects/aa/big &&
	ln -s aa silo/objects/link &&
	ln -s big silo/objects/aa/link &&
	test_expect_code 4 served -- read objects/link/big 2>err &&
	test_grep "is not a directory" err &&
	test_expect_code 4 served -- put objects/link/other small &&
	test_path_is_missing silo/objects/aa/other &&
	test_expect_code 4 served -- has objects/aa/link &&
	test_expect_code 4 served -- read objects/aa/link &&
	rm silo/objects/link silo/objects/aa/link
'

test_expect_success 'names in a list that lead elsewhere are refused' '
	for n in 0 1 2 3
	do
		test_expect_code 3 served name=$n -- list objects 2>err &&
		test_grep "makes no sense" err || return 1
	done &&
	test_expect_code 3 served count -- list objects
'

test_expect_success 'directories without end have one' '
	test_expect_code 3 served deep -- list objects 2>err &&
	test_grep "is no silo.s directory" err
'

test_expect_success 'FA-27 a banner on stdout is shown, and no server' '
	test_expect_code 3 served banner -- has objects/aa/big 2>err &&
	test_grep "answers .Welcome to this machine!.; is it an sftp server" err &&
	test_line_count = 1 err
'

test_expect_success 'a greeting that makes no sense does no harm' '
	test_expect_code 3 served version=2 -- has objects/aa/big 2>err &&
	test_grep "version 2" err &&
	served badext --ext fsync -- has objects/aa/big
'

test_expect_success 'a greeting that does not end is left by a signal' '
	GIT_SSH_VARIANT=ssh \
	GIT_SSH_COMMAND="python3 \"$TEST_DIRECTORY/helper/fakesftp.py\" stall" \
	test_expect_code 124 timeout --foreground -k 9 -s INT 1 \
		test-tool table here fresh "$URL" </dev/null 2>err &&
	test_must_be_empty err
'

test_expect_success 'a folder among the packs is none, and does not end a verify' '
	rm -rf packs && mkdir -p packs/objects packs/pack/pack-x &&
	: >packs/pack/pack-x/y.idx && : >packs/pack/pack-x/y.pack &&
	test-tool table push packs 1 3 100 1 &&
	silo verify packs >expect 2>expect.err &&
	GIT_SSH_VARIANT=ssh \
	GIT_SSH_COMMAND="python3 \"$TEST_DIRECTORY/helper/fakesftp.py\"" \
		silo verify "${URL%silo}packs" >actual 2>err &&
	test_cmp expect actual && test_grep "^3 blobs" err
'

test_expect_success 'a status nobody knows is a failure' '
	test_expect_code 3 served status=9 -- has objects/aa/none &&
	test_expect_code 3 served status=4000000000 -- has objects/aa/none
'

test_done
