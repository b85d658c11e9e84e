#!/bin/sh

test_description='silos that swallow what they are sent, many of them'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# hole NAME [OPTION...]: a port that swallows; its URL in hole_url
hole () {
	hole_file=$TEST_TOP/$1.port
	shift
	rm -f "$hole_file"
	test_start python3 "$TEST_DIRECTORY/helper/blackhole.py" \
		--port "$hole_file" "$@"
	test_wait_until 20 test -f "$hole_file" || return 1
	hole_url=http://127.0.0.1:$(cat "$hole_file") &&
	git config --global --add medo.allow "$hole_url"
}

# many URL N: so many silos there
many () {
	many_n=0
	while test $many_n -lt "$2"
	do
		many_n=$((many_n + 1))
		echo "$1/silo$many_n"
	done
}

# within SECONDS COMMAND...: far less than what it was found to take when each
# silo was waited for in turn, and far more than it takes, for busy machines
within () {
	within_end=$(($(date +%s) + $1))
	shift
	"$@" && test "$(date +%s)" -le $within_end
}

# shellcheck disable=SC2154
test_expect_success 'setup' '
	fault_setup &&
	fault_start one "$PWD/srv" && fault_allow &&
	git config --global medo.connectTimeout 2 &&
	hole dropping && dropping=$hole_url &&
	hole mute --mute && mute=$hole_url
'

test_expect_success 'LO-08 one that drops what it gets costs the connect timeout' '
	within 14 fetch_gives 3 "$dropping/x" &&
	test_grep "cannot reach .$dropping/x" err &&
	within 14 fetch_gives 0 "$dropping/x" "$fault_url/far"
'

test_expect_success 'LO-08 a port that is open and mute costs as much, not 60 s' '
	within 40 fetch_gives 3 "$mute/x" &&
	test_grep "cannot reach .$mute/x" err &&
	within 40 fetch_gives 0 "$mute/x" "$fault_url/far"
'

test_expect_success 'LO-08 999 that swallow it all, then one that lives: not in turn' '
	within 120 fetch_gives 0 $(many "$dropping" 500) $(many "$mute" 499) \
		"$fault_url/far"
'

test_expect_success 'all swallow it: exit 3, one line' '
	within 60 fetch_gives 3 $(many "$dropping" 20) $(many "$mute" 20) &&
	test_line_count -eq 1 err
'

test_expect_success 'who is only knocked at is asked for nothing but silo.json, and once' '
	fault_forget one &&
	fetch_gives 0 "$dropping/x" "$fault_url/far" "$fault_url/none" &&
	test_settled &&
	test "$(fault_count one " /none")" = 1 &&
	test "$(fault_count one "HEAD /none/silo.json")" = 1
'

test_expect_success 'who is not allowed is not knocked at' '
	fault_forget one &&
	git config --global --unset-all medo.allow "$fault_url" &&
	test_when_finished "git config --global --add medo.allow \"\$fault_url\"" &&
	fetch_gives 4 "$dropping/x" "$fault_url/far" "$dropping/y" &&
	test_settled &&
	test "$(fault_count one)" = 0
'

test_expect_success 'a silo that goes down later is waited for once, not for each blob' '
	for n in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		test-tool genrandom "n$n" 100000 >content &&
		git medo add -q content "deps/n$n.treeptr" >/dev/null || return 1
	done &&
	git -c "medo.silo=$PWD/srv/far" -c "medo.allow=$PWD" medo push -q &&
	test_write_lines "only objects" "stall 0" | fault later &&
	medo_at "$fault_url/later/far" "$fault_url/far" && forget &&
	git config --global http.lowSpeedTime 1 &&
	git config --global medo.jobs 1 &&
	within 40 git medo fetch &&
	test "$(silo_count "$(cache_dir)")" = 13
'

test_expect_success 'a push to several that swallow it, and one that lives' '
	git config --global --unset medo.jobs &&
	test-tool genrandom more 100000 >content &&
	silo_create "$PWD/srv/second" &&
	git medo add -q content deps/more.treeptr >/dev/null &&
	git config --global --add medo.allow "$PWD/srv" &&
	cat >deps/SILO.json <<-END &&
	{ "silos": [
	  { "url": "$PWD/srv/second", "push": "$PWD/srv/second" },
	  { "url": "$dropping/a", "push": "$dropping/a" },
	  { "url": "$dropping/b", "push": "$dropping/b" },
	  { "url": "$dropping/c", "push": "$dropping/c" },
	  { "url": "$mute/a", "push": "$mute/a" }
	] }
	END
	within 30 git medo push 2>err &&
	test_line_count -eq 4 err
'

# shellcheck disable=SC2154
# by_ssh: neither kind of hole costs more over ssh
by_ssh () {
	for url in "$dropping" "$mute"
	do
		url=ssh://${url#http://}/x &&
		git config --global --add medo.allow "$url" &&
		within 40 fetch_gives 3 "$url" &&
		within 40 fetch_gives 0 "$url" "$fault_url/far" || return 1
	done
}

command -v ssh >/dev/null && test_set_prereq SSH
test_expect_success SSH 'LO-08 the ssh program waits no longer' '
	GIT_SSH_COMMAND="ssh 2>/dev/null" && export GIT_SSH_COMMAND &&
	test_when_finished unset GIT_SSH_COMMAND &&
	by_ssh
'

test_expect_success 'LO-08 libssh2 waits no longer' '
	git config --global medo.ssh builtin &&
	by_ssh
'

test_expect_success 'medo.connectTimeout may be said for one URL, and has to be a number' '
	git config --global medo.connectTimeout 20 &&
	git config --global "medo.$dropping.connectTimeout" 1 &&
	within 14 fetch_gives 3 "$dropping/x" &&
	git config --global "medo.$dropping.connectTimeout" soon &&
	fetch_gives 128 "$dropping/x" &&
	test_grep "medo.connectTimeout: .soon. is no number" err
'

test_done
