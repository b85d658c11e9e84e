#!/bin/sh

test_description='HTTP/2 connections that end early'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq NGINX || ! test_have_prereq OPENSSL
then
	skip_all='no nginx or no openssl'
	test_done
fi

# serve NAME: over TLS with HTTP/2, and the log tells the protocol
# shellcheck disable=SC2154
serve () {
	web_field='$server_protocol $connection $http_range' &&
	nginx_start "$1" tls &&
	rmdir "$web_root" && ln -s "$TRASH_DIRECTORY/srv" "$web_root" &&
	git config --global --replace-all http.sslCAInfo "$web_ca" &&
	git config --global --replace-all medo.allow "$web_url" &&
	printf "{ \"silos\": [ { \"url\": \"%s/far\" } ] }\n" "$web_url" \
		>deps/SILO.json &&
	forget
}

# shellcheck disable=SC2154
# nginx_logged PATTERN: lines of its log that match
nginx_logged () {
	grep -c "$1" "$web_log"
	return 0
}

test_expect_success 'setup: ten blobs, and a large one' '
	mkdir srv &&
	silo_create srv/far &&
	medo_create deps srv/far &&
	for n in 1 2 3 4 5 6 7 8 9 10
	do
		test-tool genrandom "$n" 100000 >content &&
		git medo add -q content "deps/$n.treeptr" >/dev/null || return 1
	done &&
	test-tool genrandom big 3000000 >content &&
	git medo add -q content deps/big.treeptr >/dev/null &&
	git medo push -q
'

for limit in 1 2 5
do
	test_expect_success "FA-25 GOAWAY after each $limit requests: all blobs come" '
		web_extra="keepalive_requests $limit;" &&
		serve "goaway$limit" &&
		git medo fetch 2>err &&
		test_must_be_empty err &&
		test "$(silo_count "$(cache_dir)")" = 11 &&
		test_settled &&
		test "$(nginx_logged "^GET .* 20[06] HTTP/2.0")" -ge 12 &&
		test "$(nginx_logged "HTTP/1")" = 0 &&
		test_stop "$web_pid"
	'
done

# half_there: some of the large blob has come
half_there () {
	find "$(cache_dir)" -type f -size +300k | grep -q .
}

test_expect_success 'FA-25 GOAWAY and the end in mid-transfer: it goes on at that byte' '
	web_extra="limit_rate 1m;" web_main="worker_shutdown_timeout 50ms;" &&
	serve cut &&
	web_main= web_extra= &&
	{ git medo fetch deps/big.treeptr 2>err & fetch=$!; } &&
	test_wait_until 20 half_there &&
	kill -HUP "$web_pid" &&
	wait $fetch &&
	test_must_be_empty err &&
	git medo cat deps/big.treeptr >got &&
	test_cmp_bin content got &&
	test_settled &&
	test "$(nginx_logged "^GET .* 200 HTTP/2.0 .*-$")" -ge 1 &&
	test "$(nginx_logged "^GET .*objects.* 206 HTTP/2.0 .*bytes=[1-9][0-9]*-")" = 1 &&
	test_stop "$web_pid"
'

test_done
