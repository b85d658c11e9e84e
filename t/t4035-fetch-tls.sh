#!/bin/sh

test_description='git medo fetch: names, certificates, proxies'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

command -v openssl >/dev/null && test_set_prereq OPENSSL
if ! test_have_prereq PYTHON3,OPENSSL
then
	skip_all='no python3 or no openssl'
	test_done
fi

# certify NAME SUBJECTALTNAME [OPTION...]: NAME.pem, key and certificate,
# signed by the CA of ca.pem
certify () {
	certify_name=$1 certify_san=$2
	shift 2
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$certify_name.key" -out "$certify_name.csr" \
		-subj "/CN=$certify_name" &&
	echo "subjectAltName=$certify_san" >"$certify_name.ext" &&
	openssl x509 -req -in "$certify_name.csr" -CA ca.pem -CAkey ca.key \
		-CAcreateserial -extfile "$certify_name.ext" \
		-out "$certify_name.crt" "$@" &&
	cat "$certify_name.key" "$certify_name.crt" >"$certify_name.pem"
}

# shellcheck disable=SC2154
# tls NAME: a server with that certificate; its URL in fault_url
tls () {
	fault_start "$1" "$PWD/srv" --cert "$PWD/$1.pem" &&
	fault_url=https://127.0.0.1:$fault_port &&
	git config --global --add medo.allow "$fault_url"
}

test_expect_success 'setup' '
	fault_setup &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ca.key -out ca.pem -days 2 -subj /CN=Test &&
	certify good IP:127.0.0.1,DNS:localhost -days 2 &&
	certify other IP:127.0.0.2,DNS:example.com -days 2 &&
	certify old IP:127.0.0.1 -days 0 &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout self.key -out self.crt -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 &&
	cat self.key self.crt >self.pem &&
	git config --global http.sslCAInfo "$PWD/ca.pem" &&
	sleep 1
'

test_expect_success 'a certificate that the user trusts' '
	tls good && good=$fault_url &&
	fetch_gives 0 "$good/far"
'

test_expect_success 'FA-25 one that no CA signed: exit 3, not a byte asked for' '
	tls self &&
	fetch_gives 3 "$fault_url/far" &&
	test_grep -i "certificate\|ssl\|tls" err &&
	test "$(fault_count self)" = 0
'

test_expect_success 'FA-25 of another host, or expired' '
	for name in other old
	do
		tls $name &&
		fetch_gives 3 "$fault_url/far" &&
		test_grep -i "certificate\|ssl\|tls" err &&
		test "$(fault_count $name)" = 0 || return 1
	done
'

test_expect_success 'FA-25 without the CA nothing is trusted' '
	(
		git config --global --unset http.sslCAInfo &&
		fetch_gives 3 "$good/far"
	) &&
	git config --global http.sslCAInfo "$PWD/ca.pem"
'

test_expect_success 'FA-25 nothing in the repository turns verification off' '
	medo_at "$fault_url/far" && forget &&
	for file in .gitconfig .medo deps/.gitconfig deps/MEDO.json .netrc .curlrc
	do
		printf "[http]\n\tsslVerify = false\n" >$file || return 1
	done &&
	{ git medo fetch deps/big.treeptr 2>err || test $? != 0; } &&
	test "$(silo_count "$(cache_dir)")" = 0 &&
	rm .gitconfig .medo deps/.gitconfig deps/MEDO.json .netrc .curlrc
'

test_expect_success 'the user may: http.sslVerify, for one URL' '
	fault_url=https://127.0.0.1:$(cat "$TEST_TOP/self.port") &&
	git config --global "http.$fault_url.sslVerify" false &&
	fetch_gives 0 "$fault_url/far" &&
	other=https://127.0.0.1:$(cat "$TEST_TOP/other.port") &&
	fetch_gives 3 "$other/far"
'

test_expect_success 'FA-25 a server that speaks no TLS; one that speaks nothing else' '
	fault_start plain "$PWD/srv" && plain=$fault_port &&
	git config --global --add medo.allow "https://127.0.0.1:$plain" &&
	fetch_gives 3 "https://127.0.0.1:$plain/far" &&
	test "$(fault_count plain)" = 0 &&
	port=${good##*:} &&
	git config --global --add medo.allow "http://127.0.0.1:$port" &&
	fetch_gives 3 "http://127.0.0.1:$port/far" &&
	test "$(fault_count plain)" = 0
'

test_expect_success 'FA-17 cut in the handshake' '
	for n in 1 50 900
	do
		proxy_start "cut$n" "${good##*:}" --cut "${n}x1" &&
		git config --global --add medo.allow \
			"https://127.0.0.1:$proxy_port" &&
		fetch_gives 0 "https://127.0.0.1:$proxy_port/far" &&
		test "$(proxy_count "cut$n" cut)" = 1 &&
		proxy_start "all$n" "${good##*:}" --cut "$n" &&
		git config --global --add medo.allow \
			"https://127.0.0.1:$proxy_port" &&
		fetch_gives 3 "https://127.0.0.1:$proxy_port/far" &&
		test "$(proxy_count "all$n" cut)" -le 12 || return 1
	done
'

test_expect_success 'FA-17 cut in the middle of a TLS stream: not the end' '
	proxy_start mid "${good##*:}" --cut 500000x1 &&
	git config --global --add medo.allow "https://127.0.0.1:$proxy_port" &&
	fetch_gives 0 "https://127.0.0.1:$proxy_port/far" &&
	test "$(proxy_count mid cut)" = 1
'

test_expect_success 'FA-25 a name that does not exist' '
	git config --global --add medo.allow http://nowhere.invalid &&
	fetch_gives 3 http://nowhere.invalid/far &&
	test_grep "nowhere.invalid" err &&
	fetch_gives 3 https://nowhere.invalid/far
'

test_expect_success 'FA-25 a port where nobody listens' '
	port=$(test_free_port) &&
	git config --global --add medo.allow "http://127.0.0.1:$port" &&
	fetch_gives 3 "http://127.0.0.1:$port/far" &&
	git config --global --add medo.allow "http://[::1]:$port" &&
	fetch_gives 3 "http://[::1]:$port/far"
'

test_expect_success 'FA-25 a proxy that wants a password, fails, or is not there' '
	url=http://127.0.0.1:$plain &&
	git config --global --add medo.allow "$url" &&
	fetch_gives 0 "$url/far" &&
	fault_start proxy "$PWD/srv" &&
	test_when_finished "git config --global --unset-all http.proxy" &&
	proxy=http://127.0.0.1:$fault_port &&
	git config --global http.proxy "$proxy" &&
	fetch_gives 0 "$url/far" &&
	test "$(fault_count proxy)" -ge 1 &&
	for code in 407 502 503 403
	do
		test_write_lines "only *" "status $code" | fault far &&
		fetch_gives "3|4" "$url/far" || return 1
	done &&
	rm "$FAULTS/far" &&
	git config --global http.proxy "http://127.0.0.1:$(test_free_port)" &&
	fetch_gives 3 "$url/far"
'

test_expect_success 'FA-25 CONNECT to a proxy that will not' '
	test_when_finished "git config --global --unset-all http.proxy" &&
	git config --global http.proxy "$proxy" &&
	fetch_gives 3 "$good/far"
'

test_done
