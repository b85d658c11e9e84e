#!/bin/sh

test_description='a hosted repository behind a web server: requests, cuts, stale packs'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi

# asked COMMAND...: the log of what it asked for, in `requests`
# shellcheck disable=SC2154 # web_log is of lib-http.sh
asked () {
	: >"$web_log"
	"$@"
	asked_code=$?
	test_settled
	cp "$web_log" requests
	return $asked_code
}

# at_most N [PATTERN]
at_most () {
	at_most_n=$(grep -c -e "${2:-.}" requests)
	if test "$at_most_n" -gt "$1"
	then
		echo "$at_most_n requests, $1 are allowed:" >&2
		cat requests >&2
		return 1
	fi
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q work &&
	git -C work remote add r "$url" &&
	commit_in work one &&
	git -C work push -q r HEAD:main
'

test_expect_success 'a clone asks for little' '
	asked git clone -q "$url" clone &&
	at_most 5 &&
	at_most 1 "GET .*pack-.*\.pack" &&
	at_most 0 "\.idx"
'

test_expect_success 'nothing to fetch, nothing to push: three requests' '
	asked git -C clone fetch -q &&
	at_most 3 &&
	asked git -C work push -q r HEAD:main &&
	at_most 3 &&
	asked git ls-remote "$url" &&
	at_most 3
'

test_expect_success 'a fetch of one commit asks for little' '
	commit_in work two &&
	git -C work push -q r HEAD:main &&
	asked git -C clone fetch -q &&
	at_most 6 &&
	at_most 1 "GET .*pack-.*\.pack"
'

# Each put is PUT and MOVE here: pack, table, entry, and five hints.
test_expect_success 'a push of one commit' '
	commit_in work three &&
	asked git -C work push -q r HEAD:main &&
	at_most 24
'

test_expect_success 'LO-07 ten thousand refs are three requests' '
	id=$(git -C work rev-parse HEAD) &&
	test_seq 10000 | sed "s|.*|create refs/many/r& $id|" |
	git -C work update-ref --stdin &&
	git -C work push -q r "refs/many/*:refs/many/*" &&
	asked git ls-remote "$url" >refs &&
	test "$(grep -c refs/many/ refs)" = 10000 &&
	at_most 3 &&
	git -C work push -q --prune r "refs/none/*:refs/many/*"
'

# Packs that came whole, and in order, need not come again.
test_expect_success 'FA-34 what came before the line was cut does not come again' '
	for i in 1 2 3
	do
		commit_in work "cut$i" &&
		git -C work push -q r HEAD:main &&
		sed -n "s/^P //p" "$(remote_path r)/objects/info/packs" |
		head -n 1 >"pack$i" || return 1
	done &&
	mkdir away &&
	mv "$(remote_path r)/objects/pack/$(cat pack3)" away/ &&
	git -C clone for-each-ref >refs.before &&
	test_must_fail asked git -C clone fetch 2>err &&
	test_grep "though the ledger names it" err &&
	git -C clone for-each-ref >refs.after &&
	test_cmp refs.before refs.after &&
	grep "GET .*$(cat pack1)" requests &&
	mv "away/$(cat pack3)" "$(remote_path r)/objects/pack/" &&
	asked git -C clone fetch -q &&
	at_most 0 "$(cat pack1)" &&
	at_most 0 "$(cat pack2)" &&
	at_most 1 "GET .*pack-.*\.pack" &&
	git -C clone fsck --strict --no-dangling &&
	find clone/.git -name "*.keep" >keeps &&
	test_must_be_empty keeps
'

# A cache shows the ledger before a fold, whose packs somebody has removed.
test_expect_success 'FA-26 a list that is older than the packs is read again' '
	rm -rf clone &&
	git clone -q "$url" clone &&
	for i in $(test_seq 20)
	do
		commit_in work "fold$i" &&
		git -C work push -q r HEAD:main || return 1
	done &&
	sed -n "s/^P \(.*\).pack/\1/p" "$(remote_path r)/objects/info/packs" >live &&
	find "$(remote_path r)/objects/pack" -name "pack-*" |
	grep -v -F -f live >old &&
	test -s old &&
	xargs rm -f <old &&
	git -C clone fetch -q &&
	git -C clone fsck --strict --no-dangling &&
	git clone -q "$url" again
'

test_expect_success 'a server that is not there' '
	test_stop "$web_pid" &&
	test_must_fail git ls-remote "$url" 2>err &&
	test_line_count = 1 err &&
	git -C clone for-each-ref >refs.before &&
	test_must_fail git -C clone fetch &&
	test_must_fail git -C work push r HEAD:x &&
	git -C clone for-each-ref >refs.after &&
	test_cmp refs.before refs.after
'

test_done
