#!/bin/sh

test_description='git medo fetch and clone over a line that is slow and breaks'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# through NAME PORT OPTION...: a proxy, and its URL in fault_url
through () {
	proxy_start "$@" && fault_url=http://127.0.0.1:$proxy_port &&
	git config --global --add medo.allow "$fault_url"
}

test_expect_success 'setup' '
	fault_setup &&
	test-tool genrandom large 20000000 >big &&
	git medo add -q big deps/big.treeptr >/dev/null && git medo push -q &&
	fault_start one "$PWD/srv" && port=$fault_port && fault_allow
'

test_expect_success 'LO-12 three cuts: it completes, and little comes twice' '
	through cuts $port --cut 5000000x3 --fin &&
	fault_forget one && fetch_gives 0 "$fault_url/far" &&
	test "$(proxy_count cuts cut)" = 3 &&
	sed -n "s|^GET [^ ]*\.gz bytes=\([0-9]*\)- 206 .*|\1|p" "$TEST_TOP/one.log" \
		>starts &&
	test_line_count -eq 3 starts &&
	awk "{ d = \$1 - last; last = \$1; if (d < 4500000) exit 1 }" starts
'

test_expect_success 'LO-12 300 ms there and back, 4 MB a second, a cut' '
	through thin $port --delay 150 --rate 8000000 --cut 9000000x1 --fin &&
	fetch_gives 0 "$fault_url/far" &&
	test "$(proxy_count thin cut)" = 1
'

test_expect_success 'LO-12 small blobs over it: few connections' '
	mkdir small &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
	do
		test-tool genrandom "s$n" 90000 >content &&
		git medo add -q content "deps/s$n.treeptr" >/dev/null || return 1
	done &&
	git -c "medo.silo=$PWD/srv/far" -c "medo.allow=$PWD" medo push -q &&
	through many $port --delay 50 &&
	medo_at "$fault_url/far" && forget &&
	timeout 60 git medo fetch &&
	test "$(silo_count "$(cache_dir)")" = 21 &&
	test "$(proxy_count many connect)" -le 9
'

test_expect_success 'LO-12 each connection is cut after a megabyte, for ever' '
	through torn $port --cut 1000000 &&
	fetch_gives "0|3" "$fault_url/far" &&
	git medo fetch deps/s1.treeptr
'

test_done
