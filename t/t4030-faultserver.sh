#!/bin/sh

test_description='the fault server and the slow line do what tests tell them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

command -v curl >/dev/null && test_set_prereq CURL
if ! test_have_prereq PYTHON3,CURL
then
	skip_all='no python3 or no curl'
	test_done
fi

get () {
	curl -s -S --max-time 20 "$@"
}

test_expect_success 'setup' '
	mkdir -p srv/objects &&
	test-tool genrandom file 200000 >srv/objects/file &&
	printf content >plain && gzip -nc plain >srv/objects/x.gz &&
	fault_start one "$PWD/srv" --dav &&
	url=http://127.0.0.1:$fault_port
'

test_expect_success 'without a fault it is a file server' '
	get "$url/objects/file" >actual &&
	test_cmp_bin srv/objects/file actual &&
	get -r 5-9 -D head "$url/objects/file" >actual &&
	tail -c +6 srv/objects/file | head -c 5 >expect &&
	test_cmp_bin expect actual &&
	test_grep "^HTTP/1.1 206" head &&
	test_grep "^Content-Range: bytes 5-9/200000" head &&
	test "$(get -o got -w "%{http_code}" "$url/objects/none")" = 404 &&
	test "$(get -o got -w "%{http_code}" -r 200000- "$url/objects/file")" = 416
'

test_expect_success 'it says who asked for what' '
	test "$(fault_count one "^GET /objects/file - 200 1$")" = 1 &&
	test "$(fault_count one "^GET /objects/file bytes=5-9 206 ")" = 1 &&
	test_grep "^Range: bytes=5-9" "$TEST_TOP/one.head" &&
	test_line_count -eq 4 "$TEST_TOP/one.conn" &&
	fault_forget one &&
	test "$(fault_count one)" = 0
'

test_expect_success 'a connection serves many requests' '
	get "$url/objects/x.gz" "$url/objects/x.gz" "$url/objects/x.gz" >actual &&
	test_line_count -eq 1 "$TEST_TOP/one.conn" &&
	test "$(fault_count one)" = 3
'

test_expect_success 'If-Range counts' '
	etag=$(get -D - -o got "$url/objects/file" |
		sed -n "s/^ETag: \(.*\)$(printf "\r")/\1/p") &&
	test "$(get -o got -w "%{http_code}" -r 5- -H "If-Range: $etag" \
		"$url/objects/file")" = 206 &&
	test "$(get -o got -w "%{http_code}" -r 5- -H "If-Range: \"x\"" \
		"$url/objects/file")" = 200
'

test_expect_success 'faults: status, header, text; once, then not' '
	fault f <<-\END &&
	status 503 Go away
	header Retry-After: 7
	text <html>
	times 2
	then
	END
	for n in 1 2
	do
		get -D head "$url/f/objects/file" >actual &&
		test_grep "^HTTP/1.1 503 Go away" head &&
		test_grep "^Retry-After: 7" head &&
		test_grep "text/html" head &&
		test "$(cat actual)" = "<html>" || return 1
	done &&
	get "$url/f/objects/file" >actual &&
	test_cmp_bin srv/objects/file actual
'

test_expect_success 'faults: cut, lengths, chunks' '
	echo "cut 1000" | fault f &&
	test_expect_code 18 get -o actual "$url/f/objects/file" &&
	test "$(test_file_size actual)" = 1000 &&
	echo "cut -1" | fault f &&
	test_expect_code 18 get -o actual "$url/f/objects/file" &&
	test "$(test_file_size actual)" = 199999 &&
	echo "head 20" | fault f &&
	{ get -D head -o actual "$url/f/objects/file"; true; } &&
	test "$(test_file_size head)" -le 20 &&
	echo "close" | fault f &&
	test_expect_code 52 get "$url/f/objects/file" &&
	test_write_lines close reset | fault f &&
	test_expect_code 56 get "$url/f/objects/file" &&
	echo "length +5" | fault f &&
	test_expect_code 18 get -o actual "$url/f/objects/file" &&
	echo "length -5" | fault f &&
	get -o actual "$url/f/objects/file" &&
	test "$(test_file_size actual)" = 199995 &&
	echo "length none" | fault f &&
	get -o actual "$url/f/objects/file" &&
	test_cmp_bin srv/objects/file actual &&
	echo chunked | fault f &&
	get -o actual "$url/f/objects/file" "$url/f/objects/x.gz" -o x &&
	test_cmp_bin srv/objects/file actual &&
	echo "chunked cut" | fault f &&
	test_expect_code 18 get -o actual "$url/f/objects/file"
'

test_expect_success 'faults: ranges' '
	for how in ignore "lie 3" "shift 3" "total 9" none multipart "short 2" units \
		star 416
	do
		echo "range $how" | fault f && : >body &&
		{ get -D head -o body -r 10-19 "$url/f/objects/file"; true; } &&
		tr -d "\r" <head | sed -n -e 1p -e "/^Content-Range/p" |
			tr "\n" " " &&
		test_file_size body || return 1
	done >actual &&
	cat >expect <<-\END &&
	HTTP/1.1 200 OK 200000
	HTTP/1.1 206 Partial Content Content-Range: bytes 10-19/200000 7
	HTTP/1.1 206 Partial Content Content-Range: bytes 13-19/200000 7
	HTTP/1.1 206 Partial Content Content-Range: bytes 10-19/200009 10
	HTTP/1.1 206 Partial Content 10
	HTTP/1.1 206 Partial Content 95
	HTTP/1.1 206 Partial Content Content-Range: bytes 10-17/200000 8
	HTTP/1.1 206 Partial Content Content-Range: pages 10-19/200000 10
	HTTP/1.1 206 Partial Content Content-Range: bytes 10-19/* 10
	HTTP/1.1 416 Range Not Satisfiable Content-Range: bytes */200000 0
	END
	test_cmp expect actual
'

test_expect_success 'faults: content' '
	echo "content gunzip" | fault f &&
	get -o actual "$url/f/objects/x.gz" && test_cmp_bin plain actual &&
	echo "content double" | fault f &&
	get "$url/f/objects/x.gz" | gzip -dc | gzip -dc >actual &&
	test_cmp_bin plain actual &&
	echo "flip 0" | fault f &&
	get -o actual "$url/f/objects/x.gz" && test_must_fail gzip -t <actual &&
	echo "as objects/x.gz" | fault f &&
	get -o actual "$url/f/objects/file" &&
	test_cmp_bin srv/objects/x.gz actual
'

test_expect_success 'faults: raw bytes, redirect, password' '
	printf "HTTP/1.0 200 Fine\r\n\r\nbody" >"$FAULTS/r" &&
	echo "raw r" | fault f &&
	get -o actual "$url/f/objects/file" && test "$(cat actual)" = body &&
	echo "redirect 302 /%s" | fault f &&
	get -L -o actual "$url/f/objects/file" &&
	test_cmp_bin srv/objects/file actual &&
	echo "auth me secret" | fault f &&
	test "$(get -o got -w "%{http_code}" "$url/f/objects/file")" = 401 &&
	get -u me:secret -o actual "$url/f/objects/file" &&
	test_cmp_bin srv/objects/file actual &&
	test_grep "^Authorization: Basic bWU6c2VjcmV0" "$TEST_TOP/one.head"
'

test_expect_success 'faults: slow' '
	echo silent | fault f &&
	test_expect_code 28 curl -s -o got -m 0.5 "$url/f/objects/file" &&
	echo "stall 70000" | fault f &&
	test_expect_code 28 curl -s -o got -m 0.5 "$url/f/objects/file" &&
	test "$(test_file_size got)" = 70000 &&
	echo "drip 50000 10" | fault f &&
	get -o actual "$url/f/objects/file" &&
	test_cmp_bin srv/objects/file actual
'

test_expect_success 'DAV: PUT, MKCOL, MOVE, DELETE, PROPFIND' '
	code () {
		curl -s -o got -m 20 -w "%{http_code}\n" "$@"
	} &&
	{
		code -T plain "$url/new/a" &&
		code -X MKCOL "$url/new" && code -X MKCOL "$url/new" &&
		code -T plain "$url/new/a" && code -T plain "$url/new/a" &&
		code -T plain -H "If-None-Match: *" "$url/new/a" &&
		code -X MKCOL "$url/new2" && code -T plain "$url/new2/a" &&
		code -X MOVE -H "Overwrite: F" -H "Destination: $url/new" "$url/new2" &&
		code -X MOVE -H "Overwrite: F" -H "Destination: $url/new3" "$url/new2" &&
		code -X DELETE "$url/new3" && code -X DELETE "$url/new3" &&
		code -X PROPFIND -H "Depth: infinity" "$url/new"
	} >actual &&
	test_write_lines 409 201 405 201 204 412 201 201 412 201 204 404 207 \
		>expect &&
	test_cmp expect actual &&
	test_grep "<D:href>/new/a</D:href>" got &&
	test_grep "<D:getcontentlength>7<" got
'

test_expect_success 'a line counts connections, requests and bytes' '
	proxy_start line "$fault_port" &&
	get -o actual "http://127.0.0.1:$proxy_port/objects/file" \
		"http://127.0.0.1:$proxy_port/objects/x.gz" -o x &&
	test_cmp_bin srv/objects/file actual &&
	test "$(proxy_count line connect)" = 1 &&
	test "$(proxy_count line request)" = 2 &&
	test_wait_until 10 grep "^bytes" "$TEST_TOP/line.line" &&
	test "$(sed -n "s/^bytes [0-9]* //p" "$TEST_TOP/line.line")" -gt 200000
'

test_expect_success 'a line is slow: handshake, request, answer' '
	proxy_start slow "$fault_port" --delay 60 &&
	before=$(date +%s%N) &&
	get -o actual "http://127.0.0.1:$proxy_port/objects/x.gz" &&
	took=$((($(date +%s%N) - before) / 1000000)) &&
	test "$took" -ge 240
'

test_expect_success 'a line is thin' '
	proxy_start thin "$fault_port" --rate 400000 &&
	before=$(date +%s%N) &&
	get -o actual "http://127.0.0.1:$proxy_port/objects/file" &&
	took=$((($(date +%s%N) - before) / 1000000)) &&
	test "$took" -ge 450 &&
	test_cmp_bin srv/objects/file actual
'

test_expect_success 'a line is cut, twice' '
	proxy_start torn "$fault_port" --cut 100000x2 &&
	at=http://127.0.0.1:$proxy_port/objects/file &&
	test_must_fail get -o actual "$at" &&
	test "$(test_file_size actual)" -le 100000 &&
	test_must_fail get -o actual "$at" &&
	get -o actual "$at" &&
	test_cmp_bin srv/objects/file actual &&
	test "$(proxy_count torn cut)" = 2
'

test_expect_success 'a server that is stopped is gone' '
	test_stop "$test_pid" &&
	test_must_fail get -o actual "$at"
'

test_done
