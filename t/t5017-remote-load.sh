#!/bin/sh

test_description='large histories and many refs in a hosted repository

TEST_LONG: a million objects, a hundred thousand refs.'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
REMOTE_PLACE=dav
. "$TEST_DIRECTORY/lib-remote.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX_DAV_EXT
then
	skip_all='no server for WebDAV'
	test_done
fi
. "$TEST_DIRECTORY/lib-fault.sh"

# Three objects a commit, or four.
commits=${TEST_LONG:+250000} refs=${TEST_LONG:+100000}
: "${commits:=4000}" "${refs:=12000}"

# passed COMMAND...: bytes both ways, in `bytes`
# shellcheck disable=SC2154 # of lib-fault.sh, and below
passed () {
	line_say on &&
	"$@" &&
	passed_word=w$line_count &&
	line_say on &&
	git ls-remote "$url" >/dev/null &&
	bytes=$(awk -v word="$passed_word" "\$1 == word { print \$2 + \$3 }" \
		"$line_name.log")
}

test_expect_success 'set up' '
	git config --global medo.fsync none &&
	remote_start &&
	line_start line "$web_port" &&
	REMOTE_SILO=http://127.0.0.1:$line_port${REMOTE_SILO#"$web_url"} &&
	url=$(remote_url r) &&
	git init -q work &&
	fi_history main "$commits" | git -C work fast-import --quiet --done &&
	git -C work reset -q --hard
'

test_expect_success 'LO-06 a large history, and one commit on top' '
	passed git -C work push -q "$url" main &&
	all=$bytes &&
	git clone -q -n "$url" clone &&
	git -C clone rev-parse HEAD >actual &&
	git -C work rev-parse HEAD >expect &&
	test_cmp expect actual &&
	commit_in work one &&
	: >"$web_log" &&
	passed git -C work push -q "$url" main &&
	echo "$bytes of $all" &&
	test $((bytes * 100)) -lt $((all > 2500000 ? all : 2500000)) &&
	sleep 0.1 &&
	# A put is a PUT and a MOVE here, and passed() looks as well.
	grep -c -v MOVE "$web_log" >requests &&
	test "$(cat requests)" -lt 23 &&
	passed git -C clone fetch -q &&
	test $((bytes * 100)) -lt $((all > 2500000 ? all : 2500000))
'

# Each names something else, as branches do.
test_expect_success 'LO-07 many refs: list, fetch one, push one' '
	git -C work rev-list main | awk -v n="$refs" "
		{ id[NR] = \$1 }
		END {
			for (i = 0; i < n; i++)
				print \"create refs/many/r\" i, id[i % NR + 1]
		}" >create &&
	git -C work update-ref --stdin <create &&
	git -C work push -q "$url" "refs/many/*:refs/many/*" &&
	: >"$web_log" &&
	git ls-remote "$url" >list &&
	test "$(grep -c refs/many/ list)" = "$refs" &&
	sleep 0.1 &&
	grep -c . "$web_log" >requests &&
	test "$(cat requests)" -le 3 &&
	git -C clone fetch -q "$url" refs/many/r7 &&
	commit_in work two &&
	git -C work push -q "$url" main &&
	git -C work push -q "$url" :refs/many/r7 &&
	git ls-remote "$url" "refs/many/r7" >actual &&
	test_must_be_empty actual
'

test_expect_success 'LO-07 all of them move, none by force' '
	git -C work rev-parse HEAD >new &&
	sed -e "1d" -e "s/^create \([^ ]*\) .*/update \1 $(cat new)/" \
		-e "/r7 /d" create >update &&
	git -C work update-ref --stdin <update &&
	git -C work update-ref -d refs/many/r7 &&
	git -C work push -q "$url" "refs/many/*:refs/many/*" &&
	remote_refs "$url" >list &&
	test "$(grep -c "^$(cat new) refs/many" list)" = "$((refs - 2))"
'

test_done
