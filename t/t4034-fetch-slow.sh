#!/bin/sh

test_description='git medo fetch from servers that keep us waiting'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# slowly NAME FAULT: fetches in the background, with a cache of its own
slowly () {
	echo "$2" | fault "$1"
	(
		XDG_CACHE_HOME=$PWD/cache-$1
		export XDG_CACHE_HOME
		code=0
		timeout 60 git -c "medo.silo=$fault_url/$1/far" medo fetch \
			deps/big.treeptr 2>"err-$1" || code=$?
		echo "$code" >"code-$1"
	) &
	slow_pids="$slow_pids $!"
}
slow_pids=

test_expect_success 'setup' '
	fault_setup &&
	git config --global http.lowSpeedLimit 1000 &&
	git config --global http.lowSpeedTime 1 &&
	fault_start one "$PWD/srv" && fault_allow
'

test_expect_success 'FA-18 1 byte a second, a dribbling head, a stall, silence: given up' '
	slowly drip "drip 1 300" && slowly head "drip-head 300" &&
	slowly stall "stall 1000" && slowly silent silent &&
	slowly stall0 "stall 0" && slowly stall1 "stall 1" &&
	wait $slow_pids &&
	for what in drip head stall silent stall0 stall1
	do
		echo $what && cat err-$what &&
		test "$(cat code-$what)" = 3 &&
		test_line_count -ge 1 err-$what &&
		test "$(silo_count cache-$what/medo)" = 0 || return 1
	done
'

test_expect_success 'FA-18 a stall that passes is not noticed' '
	test_write_lines "stall 600000" then | fault f &&
	fetch_gives 0 f &&
	test_write_lines silent then | fault f &&
	fetch_gives 0 f
'

test_expect_success 'FA-18 slow is not dead' '
	echo "drip 200000 300" | fault f &&
	fetch_gives 0 f
'

test_expect_success 'FA-18 others go on meanwhile' '
	for n in 1 2 3 4 5 6
	do
		test-tool genrandom "n$n" 100000 >content &&
		git medo add -q content "deps/n$n.treeptr" >/dev/null || return 1
	done &&
	git -c "medo.silo=$PWD/srv/far" -c "medo.allow=$PWD" medo push -q &&
	slow=$(id_path "$(treeptr_get deps/n3.treeptr id)") &&
	test_write_lines "only $slow" "stall 100" | fault f &&
	medo_at "$fault_url/f/far" && forget &&
	test_expect_code 3 timeout 60 git medo fetch 2>err &&
	test_grep "n3.treeptr" err &&
	test_line_count -eq 1 err &&
	test "$(silo_count "$(cache_dir)")" = 6
'

test_done
