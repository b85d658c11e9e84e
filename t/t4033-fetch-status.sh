#!/bin/sh

test_description='git medo fetch and answers that are no file'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# asked: how often the blob was asked for
asked () {
	fault_count one "^GET [^ ]*/$big_name "
}

test_expect_success 'setup' '
	fault_setup &&
	git config --global http.lowSpeedTime 2 &&
	fault_start one "$PWD/srv" && fault_allow &&
	echo "only nothing" | fault ok
'

test_expect_success 'FA-24 absent is an answer: asked once, exit 1' '
	for code in 404 410
	do
		echo "status $code" | fault f &&
		fault_forget one &&
		fetch_gives 1 f &&
		test "$(asked)" -le 1 &&
		test_grep "$big_id" err &&
		test_grep ! "out of reach" err || return 1
	done
'

test_expect_success 'FA-24 a server in trouble is tried again, then exit 3 with the status' '
	for code in 429 500 502 503 504
	do
		echo "status $code" | fault f &&
		fault_forget one &&
		fetch_gives 3 f &&
		test "$(asked)" -ge 3 &&
		test "$(asked)" -le 6 &&
		test_grep "$code" err || return 1
	done
'

test_expect_success 'FA-24 trouble that passes is not noticed' '
	for code in 429 500 502 503 504
	do
		test_write_lines "status $code" "times 2" then | fault f &&
		fault_forget one &&
		fetch_gives 0 f &&
		test "$(asked)" = 3 || return 1
	done
'

test_expect_success 'FA-24 who may not read is told so, at once: exit 4' '
	for code in 401 403
	do
		echo "status $code" | fault f &&
		fault_forget one &&
		fetch_gives 4 f &&
		test "$(asked)" -le 2 &&
		test_grep "$code\|password" err || return 1
	done
'

test_expect_success 'FA-24 a status that nobody expects is never data' '
	for code in 101 199 201 202 203 204 205 207 226 300 304 305 306 \
		400 402 405 406 407 408 409 411 412 413 414 416 418 421 422 \
		425 426 428 431 451 499 501 505 507 511 520 599 600 999
	do
		test_write_lines "status $code" "text data" | fault f &&
		fetch_gives "1|3|4|128" f || return 1
	done
'

test_expect_success 'FA-24 the same with the bytes of the blob as body' '
	for code in 201 203 226 400 404 500
	do
		{
			printf "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" $code \
				"$(test_file_size "srv/far/$big_name")" &&
			cat "srv/far/$big_name"
		} >"$FAULTS/r" &&
		echo "raw r" | fault f &&
		fetch_gives "1|3|4|128" f || return 1
	done
'

test_expect_success 'FA-24 the next silo is tried' '
	for what in "status 404" "status 500" "status 403" close "text <html>" \
		"flip 100" "cut 100" "redirect 302 gopher://x/"
	do
		echo "$what" | fault f &&
		fetch_gives 0 f ok || return 1
	done
'

test_expect_success 'FA-24 what one said and another could not: exit 3' '
	echo "status 404" | fault f && echo "status 500" | fault g &&
	fetch_gives 3 f g &&
	fetch_gives 3 g f &&
	fetch_gives 1 f f
'

test_expect_success 'FA-24 a captive portal is out of reach' '
	test_write_lines "only *" "text <html><body>Accept our terms" | fault f &&
	fetch_gives 3 f &&
	echo "text <!DOCTYPE html>" | fault f &&
	fetch_gives 3 f &&
	test_write_lines "only *" "redirect 302 $fault_url/ok/portal" | fault f &&
	fetch_gives "1|3" f &&
	test_write_lines "only *" "redirect 302 $fault_url/p/portal" | fault f &&
	test_write_lines "only *" "text <html>" | fault p &&
	fetch_gives 3 f
'

test_expect_success 'FA-24 once the portal lets us through, all is well' '
	test_write_lines "only *" "text <html>" | fault f &&
	fetch_gives 3 f &&
	echo "only nothing" | fault f &&
	git medo fetch && fetch_left 0
'

test_expect_success 'FA-24 304 that nobody asked for' '
	echo "status 304" | fault f && fetch_gives 3 f &&
	test_write_lines "status 304" then | fault f && fetch_gives "0|3" f
'

test_expect_success 'FA-24 interim answers, many of them' '
	echo "continue 1" | fault f && fetch_gives 0 f &&
	echo "early 103 Early Hints" | fault f && fetch_gives 0 f &&
	echo "early 102 Processing" | fault f && fetch_gives 0 f &&
	echo "continue 2000" | fault f && fetch_gives "0|3" f
'

test_expect_success 'FA-24 a head of 10 MiB' '
	echo "pad 50000" | fault f && fetch_gives 0 f &&
	echo "pad 10485760" | fault f && fetch_gives 3 f
'

test_expect_success 'FA-24 a head of 100,000 lines' '
	{
		printf "HTTP/1.1 200 OK\r\n" &&
		awk "BEGIN { for (i = 0; i < 100000; i++) printf \"X-%d: y\r\n\", i }" &&
		printf "\r\n"
	} >"$FAULTS/r" &&
	echo "raw r" | fault f && fetch_gives "1|3" f
'

test_expect_success 'FA-23 Retry-After is waited for' '
	test_write_lines "status 429" "header Retry-After: 2" then | fault f &&
	before=$(date +%s%N) &&
	fetch_gives 0 f &&
	test $((($(date +%s%N) - before) / 1000000)) -ge 1900
'

test_expect_success 'FA-23 also as a date' '
	when=$(LC_ALL=C date -u -d "+3 seconds" "+%a, %d %b %Y %H:%M:%S GMT") &&
	test_write_lines "status 503" "header Retry-After: $when" then | fault f &&
	before=$(date +%s%N) &&
	fetch_gives 0 f &&
	test $((($(date +%s%N) - before) / 1000000)) -ge 900
'

test_expect_success 'FA-23 a value that makes no sense is none' '
	for value in 0 -1 abc "" 1e9 "0x10" "99999999999999999999999" \
		"Thu, 01 Jan 1970 00:00:00 GMT" "soon, 5"
	do
		test_write_lines "status 503" "header Retry-After: $value" then |
			fault f &&
			fetch_gives "0|3" f || return 1
	done
'

test_expect_success 'FA-23 nobody waits for years' '
	test_write_lines "status 429" "header Retry-After: 1000000000" | fault f &&
	fetch_gives 3 f &&
	test_grep 429 err
'

test_expect_success 'MA-26 what a server says reaches no terminal as it is' '
	{
		printf "HTTP/1.1 403 \033[31mred\033]0;title\007\r\n" &&
		printf "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\n" &&
		printf "\033[2J\233evil\r\n\a"
	} >"$FAULTS/r" &&
	echo "raw r" | fault f &&
	fetch_gives "3|4" f &&
	test_line_count -le 2 err &&
	LC_ALL=C sed "s/$(printf "\233")/C1/" err >clean &&
	test_cmp_bin err clean
'

test_expect_success 'MA-26 nor does a long one fill it' '
	{
		printf "HTTP/1.1 403 %s\r\n\r\n" "$(printf "%05000d" 0)" &&
		printf "%05000d" 0
	} >"$FAULTS/r" &&
	echo "raw r" | fault f &&
	fetch_gives "3|4" f &&
	test "$(test_file_size err)" -lt 1500
'

test_expect_success 'a silo.json that is absent is none; any other trouble is trouble' '
	for code in 404 410
	do
		test_write_lines "only silo.json" "status $code" | fault f &&
		fetch_gives 0 f || return 1
	done &&
	for code in 500 503
	do
		test_write_lines "only silo.json" "status $code" | fault f &&
		fetch_gives 3 f || return 1
	done &&
	test_write_lines "only silo.json" "status 403" | fault f &&
	fetch_gives 4 f &&
	for text in "{" "{}" "{\"silo\": 1" "[]" "null" "{\"silo\": \"1\"}"
	do
		test_write_lines "only silo.json" "text $text" | fault f &&
		fetch_gives "1|3" f || return 1
	done &&
	test_write_lines "only silo.json" "text {\"silo\": 2}" | fault f &&
	fetch_gives 4 f
'

test_expect_success 'a silo.json that never ends' '
	head -c 30000000 /dev/zero >"$FAULTS/zeros" &&
	test_write_lines "only silo.json" "body zeros" | fault f &&
	fetch_gives "1|3" f &&
	test_write_lines "only silo.json" "body zeros" chunked | fault f &&
	fetch_gives "1|3" f
'

test_done
