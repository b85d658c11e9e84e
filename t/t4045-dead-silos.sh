#!/bin/sh

test_description='silos that are gone, many of them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# shellcheck disable=SC2154
# dead N: so many URLs at a port where nobody listens
dead () {
	dead_n=0
	while test $dead_n -lt "$1"
	do
		dead_n=$((dead_n + 1))
		echo "http://127.0.0.1:$dead_port/silo$dead_n"
	done
}

test_expect_success 'setup' '
	fault_setup &&
	unset MEDO_TEST_BACKOFF &&
	fault_start one "$PWD/srv" && fault_allow &&
	dead_port=$(test_free_port) &&
	git config --global --add medo.allow "http://127.0.0.1:$dead_port"
'

test_expect_success 'a dead one, then one that lives' '
	fetch_gives 0 "http://127.0.0.1:$dead_port/x" "$fault_url/far"
'

test_expect_success 'LO-08 999 dead ones, then one that lives: within 30 s' '
	before=$(date +%s) &&
	fetch_gives 0 $(dead 999) "$fault_url/far" &&
	test $(($(date +%s) - before)) -lt 30
'

test_expect_success 'LO-08 all are dead: exit 3, one line' '
	before=$(date +%s) &&
	fetch_gives 3 $(dead 1000) &&
	test $(($(date +%s) - before)) -lt 30 &&
	test_line_count -eq 1 err
'

test_expect_success 'a silo that is down is tried once a process, not once a blob' '
	for n in 1 2 3 4 5
	do
		test-tool genrandom "n$n" 100000 >content &&
		git medo add -q content "deps/n$n.treeptr" >/dev/null || return 1
	done &&
	git -c "medo.silo=$PWD/srv/far" -c "medo.allow=$PWD" medo push -q &&
	test_write_lines "only *" close | fault f &&
	medo_at "$fault_url/f/far" "$fault_url/far" && forget &&
	fault_forget one && git medo fetch &&
	test "$(fault_count one "/f/far/")" -le 6 &&
	test "$(silo_count "$(cache_dir)")" = 6
'

test_expect_success 'two pointers to one blob: each complaint names its own' '
	cp deps/n1.treeptr deps/n1-too.treeptr &&
	test_when_finished "rm deps/n1-too.treeptr" &&
	medo_at "http://127.0.0.1:$dead_port/x" && forget &&
	test_expect_code 3 git medo expand deps/n1.treeptr deps/n1-too.treeptr \
		out 2>err &&
	test_grep "^error: .deps/n1.treeptr.: cannot reach" err &&
	test_grep "^error: .deps/n1-too.treeptr.: cannot reach" err
'

test_expect_success 'CO-11 one slow, one in trouble, one that lies: all blobs, each right' '
	echo "drip 20000 10" | fault slow &&
	echo "status 503" | fault trouble &&
	echo "flip 5000" | fault liar &&
	MEDO_TEST_BACKOFF=2 && export MEDO_TEST_BACKOFF &&
	medo_at "$fault_url/trouble/far" "$fault_url/liar/far" \
		"$fault_url/slow/far" && forget &&
	timeout 60 git medo fetch &&
	test "$(silo_count "$(cache_dir)")" = 6 && silo_rehash "$(cache_dir)"
'

test_done
