#!/bin/sh

test_description='git medo fetch over a connection that breaks'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# asked: the requests for the blob, as "RANGE STATUS" lines
asked () {
	sed -n "s|^GET [^ ]*/$big_name \([^ ]*\) \([^ ]*\) .*|\1 \2|p" \
		"$TEST_TOP/one.log"
}

test_expect_success 'setup' '
	fault_setup &&
	fault_start one "$PWD/srv" && fault_allow &&
	size=$(test_file_size "srv/far/$big_name")
'

test_expect_success 'a sane server: one request for the blob' '
	fetch_gives 0 "$fault_url/far" &&
	asked >actual &&
	echo "- 200" >expect &&
	test_cmp expect actual
'

test_expect_success 'FA-17 cut after 0, 1, some, n-1 bytes: the rest is asked for' '
	for n in 1 65536 600000 $((size - 1))
	do
		fault_forget one &&
		test_write_lines "cut $n" then | fault f &&
		fetch_gives 0 f &&
		asked >actual &&
		test_write_lines "- 200" "bytes=$n- 206" >expect &&
		test_cmp expect actual || return 1
	done &&
	fault_forget one &&
	test_write_lines "cut 0" then | fault f &&
	fetch_gives 0 f &&
	test "$(asked | wc -l)" = 2
'

test_expect_success 'FA-17 the rest is asked for with the ETag' '
	test_write_lines "cut 600000" then | fault f &&
	fault_forget one && fetch_gives 0 f &&
	grep -i "^if-range: \"" "$TEST_TOP/one.head"
'

test_expect_success 'FA-17 the same with RST' '
	for n in 0 1 600000
	do
		test_write_lines "cut $n" reset then | fault f &&
		fetch_gives 0 f || return 1
	done
'

test_expect_success 'FA-17 cut again and again, but on it goes' '
	fault_forget one &&
	for n in 1 2 3 4
	do
		test_write_lines "cut 100000" then || return 1
	done | fault f &&
	fetch_gives 0 f &&
	asked >actual &&
	test_write_lines "- 200" "bytes=100000- 206" "bytes=200000- 206" \
		"bytes=300000- 206" "bytes=400000- 206" >expect &&
	test_cmp expect actual
'

test_expect_success 'FA-17 cut in the head, or instead of an answer' '
	for what in "head 0" "head 1" "head 12" "head 17" "head 60" close
	do
		for how in fin reset
		do
			test_write_lines "$what" "$how" then | fault f &&
			fetch_gives 0 f || return 1
		done
	done
'

test_expect_success 'FA-17 cut for ever: at most 5 tries more, exit 3' '
	for what in "cut 0" "head 10" close
	do
		for how in fin reset
		do
			fault_forget one &&
			test_write_lines "$what" "$how" | fault f &&
			fetch_gives 3 f &&
			test "$(fault_count one "/$big_name ")" -ge 2 &&
			test "$(fault_count one "/$big_name ")" -le 12 || return 1
		done
	done
'

test_expect_success 'FA-17 no ETag, or a weak one: all the same' '
	for etag in none weak
	do
		fault_forget one &&
		test_write_lines "etag $etag" "cut 600000" then "etag $etag" |
			fault f &&
		fetch_gives 0 f &&
		test "$(asked | wc -l)" = 2 &&
		test_grep ! -i "^if-range:" "$TEST_TOP/one.head" || return 1
	done
'

test_expect_success 'FA-17 the file has changed meanwhile: the new one, all of it' '
	gzip -nc1 big >srv/other.gz && gzip -nc9 big >srv/third.gz &&
	for how in "etag new" "as other.gz" "as third.gz"
	do
		test_write_lines "$how" "cut 600000" then | fault f &&
		fetch_gives 0 f || return 1
	done
'

test_expect_success 'FA-17 it has changed, and the ETag does not tell' '
	for how in "as other.gz" "flip 1000" "content upper"
	do
		test_write_lines "etag \"same\"" "$how" "cut 600000" then \
			"etag \"same\"" | fault f &&
		fetch_gives 0 f || return 1
	done
'

test_expect_success 'FA-12 what came is wrong: once more, past caches, then no more' '
	fault_forget one &&
	test_write_lines "flip 1000" then | fault f &&
	fetch_gives 0 f &&
	test "$(asked | wc -l)" = 2 &&
	grep -i "^cache-control: no-cache" "$TEST_TOP/one.head" &&
	fault_forget one &&
	echo "flip 1000" | fault f &&
	fetch_gives 1 f &&
	test "$(asked | wc -l)" = 2 &&
	test_grep "$big_id" err
'

test_expect_success 'FA-12 a partial download of another run is not believed' '
	for bytes in garbage zeros right
	do
		echo "cut 600000" | fault f &&
		for n in 1 2 3 4 5 6
		do
			test_write_lines then close || return 1
		done >>"$FAULTS/f" &&
		fetch_gives "0|3" f &&
		find "$(cache_dir)" -type f -size +100k >parts &&
		while read -r part
		do
			case $bytes in
			garbage) flip_byte "$part" 5000 ;;
			zeros) truncate -s 0 "$part" &&
				truncate -s 600000 "$part" ;;
			esac || return 1
		done <parts &&
		echo "only nothing" | fault f &&
		git medo fetch &&
		fetch_left 0 || return 1
	done
'

test_expect_success 'FA-19 Content-Length larger than the body' '
	test_write_lines "length +5" then | fault f && fetch_gives 0 f &&
	echo "length +5" | fault f && fetch_gives "0|3" f &&
	echo "length +100000" | fault f && fetch_gives "0|3" f
'

test_expect_success 'FA-19 Content-Length smaller than the body never truncates silently' '
	for n in 1 5 100000 $((size - 1)) $size
	do
		test_write_lines "length -$n" then | fault f &&
		fetch_gives 0 f || return 1
		echo "length -$n" | fault f &&
		fetch_gives "1|3" f || return 1
	done
'

test_expect_success 'FA-19 no length: the end of the connection is the end' '
	echo "length none" | fault f && fetch_gives 0 f &&
	test_write_lines "length none" "cut 600000" then | fault f &&
	fetch_gives 0 f &&
	test_write_lines "length none" "cut 600000" | fault f &&
	fetch_gives "1|3" f
'

test_expect_success 'FA-19 chunks' '
	echo chunked | fault f && fetch_gives 0 f &&
	for how in cut bad
	do
		test_write_lines "chunked $how" then | fault f &&
		fetch_gives 0 f &&
		echo "chunked $how" | fault f &&
		fetch_gives "0|3" f || return 1
	done &&
	test_write_lines chunked "cut 600000" then | fault f && fetch_gives 0 f &&
	test_write_lines chunked "cut 600000" | fault f && fetch_gives "0|3" f
'

test_expect_success 'FA-19 a length that is no number, or two, or huge' '
	for n in x "" -1 +5 0x10 99999999999999999999 18446744073709551615 \
		"5, 6" "$size, $size"
	do
		test_write_lines "length none" "header Content-Length: $n" |
			fault f &&
		fetch_gives "0|1|3" f || return 1
	done &&
	test_write_lines "header Content-Length: 7" | fault f &&
	fetch_gives "0|1|3" f
'

test_expect_success 'FA-19 both Content-Length and Transfer-Encoding' '
	for n in 0 7 1000000 $size 99999999
	do
		test_write_lines chunked "header Content-Length: $n" | fault f &&
		fetch_gives "0|1|3" f || return 1
	done
'

test_expect_success 'what comes behind an answer is not the next one' '
	for more in "x" "HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nevil" \
		"\\0\\0\\0\\0"
	do
		test_write_lines "only *" "after $more" | fault f &&
		fetch_gives "0|3" f || return 1
	done
'

test_expect_success 'silo.json is asked again as well' '
	for what in "cut 5" "cut 0" close "head 10" "status 503"
	do
		test_write_lines "only silo.json" "$what" then | fault f &&
		fetch_gives 0 f || return 1
	done &&
	test_write_lines "only silo.json" close | fault f &&
	fetch_gives 3 f
'

test_expect_success 'a server that listens no more' '
	test_stop "$test_pid" &&
	fetch_gives 3 "$fault_url/far"
'

test_done
