#!/bin/sh

test_description='a silo behind a plain web server'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX
then
	skip_all='no nginx'
	test_done
fi

# be ARG...: on the silo of the server that was started last
# shellcheck disable=SC2154
be () {
	test-tool backend "$web_url/deps.silo" "$@"
}

test_expect_success 'start nginx' '
	nginx_start static &&
	mkdir -p "$web_root/deps.silo/objects/ab" &&
	test-tool genrandom 1 1000000 >big &&
	cp big "$web_root/deps.silo/objects/ab/big" &&
	: >"$web_root/deps.silo/empty"
'

test_expect_success 'a file is read whole, and its size is told' '
	echo "total 1000000" >want &&
	be read objects/ab/big - - out >told &&
	test_cmp want told &&
	test_cmp_bin big out
'

test_expect_success 'an empty file has no bytes' '
	be read empty >out &&
	test_must_be_empty out &&
	test "$(be has empty)" = 0
'

test_expect_success 'a range is what was asked for' '
	tail -c +300001 big | head -c 500000 >want &&
	be read objects/ab/big 300000 800000 out >told &&
	test_cmp_bin want out &&
	test_grep "total 1000000" told
'

test_expect_success 'a range may go past the end, or begin there' '
	tail -c 10 big >want &&
	be read objects/ab/big 999990 2000000 out &&
	test_cmp_bin want out &&
	be read objects/ab/big 999990 - out &&
	test_cmp_bin want out &&
	be read objects/ab/big 1000000 - out >told &&
	test_must_be_empty out &&
	test_grep "total 1000000" told &&
	be read objects/ab/big 5 5 out >told &&
	test_must_be_empty out &&
	test_grep "total 1000000" told
'

test_expect_success 'a server without ranges sends all, and we take our part' '
	web_extra="max_ranges 0;" &&
	nginx_start noranges &&
	mkdir -p "$web_root/deps.silo" &&
	cp big "$web_root/deps.silo/big" &&
	tail -c +300001 big | head -c 500000 >want &&
	be read big 300000 800000 out >told &&
	test_cmp_bin want out &&
	test_grep "total 1000000" told &&
	tail -c +900001 big >want &&
	be read big 900000 - out &&
	test_cmp_bin want out &&
	test_stop "$web_pid" &&
	web_extra= &&
	nginx_start static
'

test_expect_success 'what is not there is missing, and not out of reach' '
	test_expect_code 1 be read objects/ab/none 2>err &&
	test_grep "is not there (404)" err &&
	echo no >want &&
	be has objects/ab/none >out &&
	test_cmp want out &&
	test_expect_code 1 be read objects/ab/none 5 5
'

test_expect_success 'HEAD tells whether it is there, and its size' '
	: >"$web_log" &&
	echo 1000000 >want &&
	be has objects/ab/big >out &&
	test_cmp want out &&
	web_requests >log &&
	test_grep "^HEAD" log &&
	test_line_count = 1 log
'

test_expect_success 'one request a blob, on one connection' '
	for n in $(test_seq 20)
	do
		echo $n >"$web_root/deps.silo/n$n" || return 1
	done &&
	for n in $(test_seq 20)
	do
		echo "read n$n - - out$n" || return 1
	done >script &&
	: >"$web_log" &&
	be - <script >told &&
	test_line_count = 20 told &&
	web_requests GET >log &&
	test_line_count = 20 log &&
	for n in $(test_seq 20)
	do
		cat out$n || return 1
	done >all &&
	test_seq 20 >want &&
	test_cmp want all
'

test_expect_success 'eight threads read at once, each in its place' '
	for n in $(test_seq 40)
	do
		echo "read objects/ab/big $((n * 20000)) $((n * 20000 + 20000)) part$n"
	done >script &&
	test-tool backend -j 8 "$web_url/deps.silo" - <script >told &&
	test_grep ! failed told &&
	for n in $(test_seq 40)
	do
		tail -c +$((n * 20000 + 1)) big | head -c 20000 >want &&
		test_cmp_bin want part$n || return 1
	done
'

test_expect_success 'eight threads need eight connections, not more' '
	test_stop "$web_pid" &&
	web_field='\''$connection'\'' &&
	nginx_start conns &&
	mkdir -p "$web_root/deps.silo" &&
	cp big "$web_root/deps.silo/" &&
	: >"$web_log" &&
	for n in $(test_seq 80)
	do
		echo "read big $((n * 10000)) $((n * 10000 + 10000)) part"
	done >script &&
	test-tool backend -j 8 "$web_url/deps.silo" - <script >told &&
	web_requests GET >log &&
	test_line_count = 80 log &&
	sed "s/.* //" log | sort -u >conns &&
	test_line_count -le 8 conns
'

test_expect_success 'a read past all caches says so' '
	test_stop "$web_pid" &&
	web_field='\''$http_cache_control,$http_pragma'\'' &&
	nginx_start fresh &&
	mkdir -p "$web_root/deps.silo" &&
	cp big "$web_root/deps.silo/" &&
	be read --fresh big - - out &&
	test_cmp_bin big out &&
	web_requests >log &&
	test_grep "200 no-cache,no-cache" log
'

test_expect_success 'later parts of a file are asked for with its ETag' '
	test_stop "$web_pid" &&
	web_field='\''$http_if_range'\'' &&
	nginx_start etag &&
	mkdir -p "$web_root/deps.silo" &&
	cp big "$web_root/deps.silo/" &&
	test_write_lines "read big 0 10 a" "read big 10 20 b" |
	be - >told &&
	test_grep ! failed told &&
	web_requests >log &&
	sed -n 1p log >first && sed -n 2p log >second &&
	test_grep "206 -" first &&
	test_grep "206 .*[0-9a-f]-[0-9a-f]" second
'

test_expect_success 'the clock is the server'\''s' '
	before=$(date +%s) &&
	now=$(be now) &&
	after=$(date +%s) &&
	test "$before" -le "$((now + 1))" && test "$now" -le "$((after + 1))"
'

test_expect_success 'a static server takes nothing, and that is said' '
	echo x >f &&
	test_expect_code 4 be put objects/ab/new f 2>err &&
	test_grep "does not take PUT (405)" err &&
	test_expect_code 4 be claim ledger/1/entry.json f 2>err &&
	test_grep "does not take" err &&
	test_expect_code 4 be replace ledger/last f &&
	test_expect_code 4 be remove big &&
	test_expect_code 4 be list "" 2>err &&
	test_grep "the server cannot list" err
'

test_expect_success 'FA-24 a web page is no file of a silo' '
	test_stop "$web_pid" &&
	web_extra="location / { default_type text/html; return 200 \"<html>please log in</html>\"; }" &&
	nginx_start portal &&
	test_expect_code 3 be read objects/ab/big 2>err &&
	test_grep "web page" err &&
	test_expect_code 3 be has objects/ab/big &&
	web_requests GET >log &&
	test_line_count = 1 log
'

test_expect_success 'FA-24 each status is its own kind of failure' '
	for pair in 400:3 403:4 404:1 410:1 413:4 416:3 418:3 304:3 451:3
	do
		test_stop "$web_pid" &&
		web_extra="location / { return ${pair%:*}; }" &&
		nginx_start "s${pair%:*}" &&
		test_expect_code ${pair#*:} be read x || return 1
	done
'

test_expect_success 'nobody listens: out of reach, at once' '
	test_stop "$web_pid" &&
	web_extra= &&
	test_expect_code 3 be read x 2>err &&
	test_grep "cannot reach" err
'

test_expect_success 'what the server says is escaped before it reaches a terminal' '
	web_extra="location / { default_type text/plain; return 403 \"no $(printf "\033")[31mway\"; }" &&
	nginx_start escape &&
	test_expect_code 4 be read x 2>err &&
	test_grep "x1b.31mway" err &&
	test_stop "$web_pid"
'

test_expect_success !SANITIZE,TIME 'memory does not grow with the file' '
	web_extra= &&
	nginx_start large &&
	mkdir -p "$web_root/deps.silo" &&
	truncate -s 200M "$web_root/deps.silo/large" &&
	test_peak_kib peak test-tool backend "$web_url/deps.silo" read large - - /dev/null &&
	cat peak &&
	test "$(cat peak)" -lt 40000
'

test_done
