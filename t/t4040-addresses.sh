#!/bin/sh

test_description='MA-17 a cloned repository sends us nowhere that is private'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

python3 -c 'import socket
s = socket.socket(socket.AF_INET6)
s.bind(("::1", 0))' 2>/dev/null && test_set_prereq IPV6

# shellcheck disable=SC2154
# unseen: nobody connected to any of the listeners
unseen () {
	cat "$TEST_TOP"/trap*.conn >seen 2>/dev/null
	test_must_be_empty seen
}

# refused URL: exit 4 (or 128, where it is no URL that we know), nothing seen
refused () {
	medo_at "$1" && forget || return 1
	refused_code=0
	timeout 60 git medo fetch deps/big.treeptr >out 2>err || refused_code=$?
	case $refused_code in
	4) ;;
	*)
		echo "'$1': exit $refused_code" >&2
		cat err >&2
		return 1
		;;
	esac
	unseen && test "$(silo_count "$(cache_dir)")" = 0 && test -s err
}

test_expect_success 'setup' '
	fault_setup &&
	fault_start trap4 "$PWD/srv" --bind 0.0.0.0 && port=$fault_port &&
	if test_have_prereq IPV6
	then
		fault_start trap6 "$PWD/srv" --bind :: --listen $port
	fi
'

test_expect_success 'the trap works: what the user allows is reached' '
	git config --global medo.allow "http://127.0.0.1:$port" &&
	fetch_gives 0 "http://127.0.0.1:$port/far" &&
	test_file_size "$TEST_TOP/trap4.conn" >/dev/null &&
	test -s "$TEST_TOP/trap4.conn" &&
	git config --global --unset-all medo.allow &&
	fault_forget trap4
'

test_expect_success 'MA-17 git medo allow is how the user says so' '
	medo_at "http://127.0.0.1:$port/far" && forget &&
	test_expect_code 4 git medo fetch 2>err &&
	test_grep "git medo allow .http://127.0.0.1:$port/far." err &&
	unseen &&
	git medo allow "http://127.0.0.1:$port/far" &&
	git medo fetch && fault_forget trap4 &&
	git config --unset-all medo.allow
'

test_expect_success 'MA-17 http, whatever the address is spelled like' '
	for host in 127.0.0.1 localhost 0.0.0.0 127.1 2130706433 0x7f000001 \
		0177.0.0.1 "[::1]" "[::ffff:127.0.0.1]" 169.254.169.254 10.0.0.1
	do
		refused "http://$host:$port/secret" || return 1
	done
'

test_expect_success 'MA-17 https to a private address' '
	for host in 127.0.0.1 localhost LOCALHOST 127.9.9.9 0.0.0.0
	do
		refused "https://$host:$port/far" &&
		test_grep "git medo allow\|medo.allow" err || return 1
	done
'

test_expect_success 'MA-17 https to one that is spelled oddly' '
	for host in localhost. 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 \
		127.0.0.1. 127.0.0.1%00 "127.0.0.1%20" 0 00000 \
		"%6c%6f%63%61%6c%68%6f%73%74" "x@127.0.0.1" "x:y@127.0.0.1"
	do
		medo_at "https://$host:$port/far" && forget &&
		code=0 && { timeout 60 git medo fetch 2>err || code=$?; } &&
		echo "$host: $code" && cat err &&
		case $code in 1|3|4|128) ;; *) false ;; esac &&
		unseen || return 1
	done
'

test_expect_success IPV6 'MA-17 https to private addresses of IPv6' '
	for host in "[::1]" "[::]" "[::ffff:127.0.0.1]" "[::ffff:7f00:1]" \
		"[0:0:0:0:0:0:0:1]" "[::ffff:0.0.0.0]" "[::127.0.0.1]" \
		"[fe80::1%25lo]" "[fe80::1]" "[fc00::1]"
	do
		medo_at "https://$host:$port/far" && forget &&
		code=0 && { timeout 60 git medo fetch 2>err || code=$?; } &&
		echo "$host: $code" && cat err &&
		case $code in 3|4|128) ;; *) false ;; esac &&
		unseen || return 1
	done &&
	refused "https://[::1]:$port/far" &&
	refused "https://[::ffff:127.0.0.1]:$port/far"
'

test_expect_success 'MA-17 what is routed to others of this network' '
	for host in 169.254.169.254 10.255.255.1 192.168.255.1 172.16.255.1 \
		100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255
	do
		refused "https://$host:$port/far" &&
		test_grep "git medo allow\|medo.allow" err || return 1
	done
'

test_expect_success 'MA-17 other schemes' '
	for url in "ftp://127.0.0.1:$port/x" "gopher://127.0.0.1:$port/x" \
		"dict://127.0.0.1:$port/x" "scp://127.0.0.1:$port/x" \
		"sftp://127.0.0.1:$port/x" "ssh://127.0.0.1:$port/x" \
		"s3://127.0.0.1:$port/x" "telnet://127.0.0.1:$port/x" \
		"ldap://127.0.0.1:$port/x" "smb://127.0.0.1/x" "tftp://127.0.0.1/x" \
		"unix:///run/x.sock" "http+unix://%2Frun%2Fx.sock/" "file:///etc" \
		"FILE:///etc" "HTTP://127.0.0.1:$port/x" "HTTPS://127.0.0.1:$port/x" \
		"https:127.0.0.1:$port/x" "https:/127.0.0.1:$port/x" \
		"//127.0.0.1:$port/x" "127.0.0.1:$port/x"
	do
		medo_at "$url" && forget &&
		code=0 && { timeout 60 git medo fetch 2>err || code=$?; } &&
		echo "$url: $code" && cat err &&
		case $code in 4) ;; 3|128) test_grep ! "reading" err ;; *) false ;; esac &&
		unseen || return 1
	done
'

test_expect_success STRACE,!SANITIZE 'MA-17 no file is read, nobody is called' '
	echo secret >"$TEST_TOP/secret" &&
	for url in "file://$TEST_TOP/secret" "file://localhost$TEST_TOP" \
		"$TEST_TOP" "http://127.0.0.1:$port/x" "ftp://127.0.0.1:$port/x"
	do
		medo_at "$url" && forget &&
		test_expect_code 4 strace -f -qq -e trace=connect,openat,open,openat2 \
			-o trace git medo fetch &&
		test_grep ! "AF_INET" trace &&
		test_grep ! "\"$TEST_TOP/secret\|\"$TEST_TOP/silo.json\|\"$TEST_TOP\"" \
			trace || return 1
	done
'

# From a public server to a private one: see t4043.
test_expect_success 'MA-17 a redirect leads to no other scheme, and no password along' '
	fault_start one "$PWD/srv" && one=$fault_port &&
	git config --global medo.allow "http://127.0.0.1:$one" &&
	for to in "file:///etc/passwd" "gopher://127.0.0.1:$port/x" \
		"ftp://127.0.0.1:$port/x" "dict://127.0.0.1:$port/x" \
		"scp://127.0.0.1:$port/x" "ldap://127.0.0.1:$port/x" \
		"http://127.0.0.1:$one@127.0.0.1:$port/%s"
	do
		for code in 302 307
		do
			test_write_lines "redirect $code $to" | fault f &&
			fetch_gives "1|3|4|128" f && unseen || return 1
		done
	done
'

test_expect_success 'MA-17 nor to an address that is nearer than where it came from' '
	for host in 169.254.169.254 169.254.0.1 "[fe80::1]"
	do
		echo "redirect 302 http://$host/%s" | fault f &&
		fetch_gives 4 f && test_grep "not public" err || return 1
	done
'

test_expect_success 'a server of this machine may send us to another one of it' '
	echo "redirect 302 http://127.0.0.1:$port/%s" | fault f &&
	fetch_gives 0 f && fault_forget trap4 &&
	git config --global --unset-all medo.allow
'

test_expect_success 'MA-17 a word for one place is not one for its neighbours' '
	git config --global medo.allow "http://127.0.0.1:$one/far" &&
	fault_url=http://127.0.0.1:$one &&
	fetch_gives 0 "$fault_url/far" &&
	refused "http://127.0.0.1:$port/far" &&
	refused "http://127.0.0.1:${one}0/far" &&
	refused "http://127.0.0.1:$one@127.0.0.1:$port/far" &&
	refused "http://127.0.0.1:$one/farther" &&
	refused "https://127.0.0.1:$one/far" &&
	refused "http://127.0.0.1/far" &&
	refused "http://localhost:$one/far" &&
	fault_forget one &&
	for url in "$fault_url/far/../other" "$fault_url/far/%2e%2e/other" \
		"$fault_url/far/..%2fother" "$fault_url/far/.%2e/other" \
		"$fault_url/far/..\\\\other" "$fault_url/far?x=/../other" \
		"$fault_url/far#x" "$fault_url/far/./../other"
	do
		medo_at "$url" && forget &&
		{ timeout 60 git medo fetch 2>err || true; } &&
		test_grep ! "/other" "$TEST_TOP/one.log" || {
			cat err
			return 1
		}
	done
'

test_expect_success 'MA-17 a proxy is not a way round' '
	git config --global --unset-all medo.allow &&
	fault_url=http://127.0.0.1:$one &&
	fault_forget one &&
	git config --global http.proxy "$fault_url" &&
	test_when_finished "git config --global --unset-all http.proxy" &&
	refused "https://127.0.0.1:$port/far" &&
	refused "http://127.0.0.1:$port/far" &&
	refused "https://[::1]:$port/far" &&
	test "$(fault_count one)" = 0
'

test_expect_success 'MA-17 writing needs a word of its own, https too' '
	echo new >new && git medo add -q new deps/new.treeptr >/dev/null &&
	for url in "https://127.0.0.1:$port/far" "http://127.0.0.1:$port/far" \
		https://example.com/far
	do
		echo "{ \"silos\": [ { \"url\": \"$url\", \"push\": \"$url\" } ] }" \
			>deps/SILO.json &&
		test_expect_code 4 timeout 60 git medo push 2>err &&
		test_grep "writing to silo .* needs your word" err &&
		unseen || return 1
	done
'

test_done
