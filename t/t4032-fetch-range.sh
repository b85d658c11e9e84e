#!/bin/sh

test_description='servers that answer a range with something else'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# read_range NAME FROM TO: by the backend, no verification above it
read_range () {
	read_from=$2 read_to=$3
	timeout 60 test-tool backend "$fault_url/$1" read objects/file \
		"$2" "$3" >got 2>err
}

# right: got is the bytes that were asked for, all of them
right () {
	test_file_size got >/dev/null &&
	tail -c "+$((read_from + 1))" srv/objects/file |
		head -c "$((read_to - read_from))" >want &&
	test_cmp_bin want got
}

# prefix: got is the beginning of them
prefix () {
	tail -c "+$((read_from + 1))" srv/objects/file |
		head -c "$(test_file_size got)" >want &&
	test "$(test_file_size got)" -le $((read_to - read_from)) &&
	test_cmp_bin want got
}

test_expect_success 'setup' '
	fault_setup &&
	mkdir -p srv/objects && test-tool genrandom file 1000000 >srv/objects/file &&
	fault_start one "$PWD/srv" && fault_allow &&
	fault_port1=$fault_port
'

test_expect_success 'a sane server gives the range' '
	echo "only nothing" | fault f &&
	read_range f 10 20 && right &&
	read_range f 0 1 && right &&
	read_range f 999999 1000000 && right &&
	read_range f 1 999999 && right &&
	test "$(fault_count one "bytes=10-19 206")" = 1
'

test_expect_success 'FA-20 200 with all: the bytes asked for, and the rest is not waited for' '
	echo "range ignore" | fault f &&
	read_range f 10 20 && right &&
	read_range f 500000 500001 && right &&
	read_range f 999999 1000000 && right
'

test_expect_success 'FA-20 206 of other bytes is refused' '
	for how in "shift 3" "shift -3" none multipart units
	do
		echo "range $how" | fault f &&
		test_expect_code 3 read_range f 10 20 &&
		prefix || { echo "$how"; return 1; }
	done
'

test_expect_success 'FA-20 206 that is short is completed, or refused' '
	test_write_lines "range short 3" then | fault f &&
	read_range f 10 20 && right &&
	echo "range short 3" | fault f &&
	{ read_range f 10 20 && right || prefix; } &&
	echo "range short 10" | fault f &&
	test_expect_code 3 read_range f 10 20 && prefix
'

test_expect_success 'FA-20 206 that is longer than asked is not passed on' '
	echo "range short -5" | fault f &&
	{ read_range f 10 20 || test $? = 3; } &&
	prefix
'

test_expect_success 'FA-20 206 of a file of unknown size is fine' '
	echo "range star" | fault f &&
	read_range f 10 20 && right
'

test_expect_success 'FA-20 206 to a request for all' '
	for value in "bytes 0-999999/1000000" "bytes 0-9/1000000" \
		"bytes 5-999999/1000000" "bytes 0-999999/999999" junk
	do
		test_write_lines "status 206" "header Content-Range: $value" |
			fault f &&
		if timeout 60 test-tool backend "$fault_url/f" read objects/file \
			>got 2>err
		then
			test_cmp_bin srv/objects/file got
		else
			test $? = 3 || return 1
		fi || { echo "$value"; return 1; }
	done
'

test_expect_success 'FA-20 Content-Range that is nonsense' '
	for value in "" "bytes" "bytes 10-" "bytes -19/1000000" "bytes 19-10/1000000" \
		"bytes 10-19/15" "bytes 10-19/19" "bytes 0x0a-19/1000000" \
		"bytes 10-99999999999999999999/1000000" \
		"bytes 18446744073709551615-9/1000000" "bytes */1000000" \
		"bytes=10-19/1000000" "10-19/1000000" "bytes 10-19/-1" \
		"bytes 10-19/1000000x" "bytes 10 - 19/1000000"
	do
		test_write_lines "range none" "header Content-Range: $value" |
			fault f &&
		if read_range f 10 20
		then
			right
		else
			test $? = 3
		fi || { echo "$value"; return 1; }
	done
'

test_expect_success 'FA-20 two ranges cannot disagree about the size' '
	test_write_lines "cut 5" then "range total 7" | fault f &&
	test_expect_code 1 read_range f 10 20 &&
	prefix
'

test_expect_success 'FA-20 what is cut goes on in the middle of a range' '
	test_write_lines "cut 400000" then | fault f &&
	fault_forget one &&
	read_range f 100000 900000 && right &&
	test "$(fault_count one "bytes=100000-899999 206")" = 1 &&
	test "$(fault_count one "bytes=500000-899999 206")" = 1
'

test_expect_success 'FA-17 nor in another file, which may have come meanwhile' '
	test_write_lines "cut 400000" then "content upper" | fault f &&
	test_expect_code 1 read_range f 100000 900000 &&
	test_grep "changed while it was read" err &&
	prefix
'

test_expect_success 'FA-20 it goes on with whatever the server makes of the range' '
	for how in ignore "lie 3" "shift 3" "shift -3" "total 9" none multipart \
		"short 2" units star
	do
		test_write_lines "cut 600000" then "range $how" | fault f &&
		fetch_gives "0|3" f || return 1
		test_write_lines "cut 600000" then "range $how" then | fault f &&
		fetch_gives 0 f || return 1
	done
'

test_expect_success 'FA-20 a range that is a lie is not believed for ever' '
	test_write_lines "cut 600000" then "range lie 3" | fault f &&
	fetch_gives "0|3" f &&
	echo "only nothing" | fault f &&
	git medo fetch && fetch_left 0
'

test_expect_success 'FA-21 416 when it goes on: the file is shorter now' '
	test_write_lines "cut 600000" then "range 416" | fault f &&
	fetch_gives 0 f &&
	head -c 300000 "srv/far/$big_name" >srv/short &&
	test_write_lines "cut 600000" then "as short" "etag \"x\"" then | fault f &&
	fetch_gives 0 f &&
	test_write_lines "cut 600000" then "as short" | fault f &&
	fetch_gives "1|3" f
'

test_expect_success 'FA-21 416 behind the last byte: all is there' '
	test_write_lines "length +1000" | fault f &&
	fetch_gives "0|3" f
'

test_expect_success 'FA-21 416 for a range that is there' '
	echo "range 416" | fault f &&
	test_expect_code 3 read_range f 10 20 &&
	prefix
'

test_expect_success 'FA-21 a range behind the end' '
	echo "only nothing" | fault f &&
	{
		test-tool backend "$fault_url/f" read objects/file \
			1000000 1000010 >got 2>err || true
	} &&
	test_must_be_empty got
'

test_expect_success 'FA-20 a gzip that the server inflates is not the file' '
	test_write_lines "header Content-Encoding: gzip" | fault f &&
	if read_range f 10 20
	then
		right
	else
		test $? = 3
	fi
'

test_expect_success 'FA-22 a reader of parts gets EIO, never other bytes' '
	medo_at "$fault_url/f/far" &&
	for how in "lie 7" "shift 7" ignore "short 9" "total 1" none multipart
	do
		echo "range $how" | fault f &&
		forget &&
		if timeout 60 git medo cat deps/big.treeptr >got 2>err
		then
			test_cmp_bin big got
		else
			test "$(test_file_size got)" -le 1300000 &&
			head -c "$(test_file_size got)" big >want &&
			test_cmp_bin want got
		fi || { echo "$how"; return 1; }
	done
'

test_done
