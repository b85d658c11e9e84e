#!/bin/sh

test_description='servers that encode, or serve something else under the name'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# raw_body: what lies in the cache is the server's file, byte for byte
raw_body () {
	test_cmp_bin "srv/far/$big_name" "$(cache_dir)/$big_name"
}

test_expect_success 'setup' '
	fault_setup &&
	fault_start one "$PWD/srv" && fault_allow
'

test_expect_success 'BI-16 we ask for no encoding' '
	echo "only nothing" | fault f &&
	fetch_gives 0 f && raw_body &&
	{ grep -i "^accept-encoding:" "$TEST_TOP/one.head" || true; } >asked &&
	test_grep ! -v -i "^accept-encoding: identity" asked
'

test_expect_success 'BI-16 the gzip, said to be an encoding: the file is what was sent' '
	for name in gzip x-gzip GZIP deflate br zstd "gzip, gzip" identity x
	do
		echo "header Content-Encoding: $name" | fault f &&
		fetch_gives 0 f && raw_body || return 1
	done
'

test_expect_success 'BI-16 any Content-Type but HTML will do' '
	for kind in application/gzip application/x-gzip text/plain image/png "" \
		application/octet-stream junk "text/plain; charset=utf-8"
	do
		test_write_lines "drop Content-Type" "header Content-Type: $kind" |
			fault f &&
		fetch_gives 0 f && raw_body || return 1
	done &&
	echo "drop Content-Type" | fault f && fetch_gives 0 f && raw_body
'

test_expect_success 'BI-16 the content without the gzip is refused' '
	for how in gunzip zlib double upper "grow 1" "grow 100000"
	do
		echo "content $how" | fault f &&
		fetch_gives "1|3" f || return 1
		test_write_lines "content $how" "header Content-Encoding: gzip" |
			fault f &&
		fetch_gives "1|3" f || return 1
		test_write_lines "content $how" "header Content-Encoding: x-gzip" \
			"drop ETag" | fault f &&
		fetch_gives "1|3" f || return 1
		test_write_lines "content $how" then | fault f &&
		fetch_gives 0 f && raw_body || return 1
	done
'

test_expect_success 'BI-16 zstd under the .gz name' '
	printf "\050\265/\375" >"$FAULTS/zst" &&
	echo "body zst" | fault f &&
	fetch_gives "1|3" f
'

test_expect_success 'BI-16 another gzip of the same content will do' '
	gzip -nc big >"$FAULTS/gz" && echo "body gz" | fault f &&
	fetch_gives 0 f &&
	test_cmp_bin "$FAULTS/gz" "$(cache_dir)/$big_name"
'

test_expect_success 'MA-14 another blob under this name, of the same size' '
	test-tool genrandom other 1300000 >other &&
	gzip -nc other >"$FAULTS/gz" &&
	echo "body gz" | fault f && fetch_gives 1 f &&
	test_grep "$big_id" err
'

test_expect_success 'MA-11 a bomb stops at the size of the pointer' '
	head -c 300000000 /dev/zero | gzip -9nc >"$FAULTS/gz" &&
	echo "body gz" | fault f && fetch_gives 1 f &&
	head -c 300000000 /dev/zero >"$FAULTS/gz" &&
	fetch_gives "1|3" f
'

test_expect_success !SANITIZE,TIME 'and takes no memory' '
	medo_at "$fault_url/f/far" && forget &&
	test_expect_code 1 test_peak_kib peak git medo fetch &&
	test "$(cat peak)" -lt 98304
'

test_expect_success 'BI-16 bits flipped anywhere' '
	size=$(test_file_size "srv/far/$big_name") &&
	for at in 0 3 4 9 20 $((size / 2)) $((size - 8)) $((size - 1))
	do
		echo "flip $at" | fault f &&
		fetch_gives "0|1|3" f || return 1
	done
'

test_expect_success 'BI-16 an empty file, one byte, a cut gzip that is whole for the server' '
	for n in 0 1 17 18 500000
	do
		head -c $n "srv/far/$big_name" >"$FAULTS/part" &&
		echo "body part" | fault f &&
		fetch_gives "1|3" f || return 1
	done
'

test_done
