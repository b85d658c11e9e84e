#!/bin/sh

test_description='git medo fetch and some hundred odd and broken replies'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3
then
	skip_all='no python3'
	test_done
fi

# The replies of one kind, each to a fetch of its own: got/NAME is the code
test_expect_success 'setup' '
	fault_setup &&
	test-tool genrandom raw 70000 >big &&
	git medo add -q big deps/big.treeptr >/dev/null &&
	git medo push -q && forget &&
	name=$(id_path "$(treeptr_get deps/big.treeptr id)") &&
	test_path_is_file "srv/far/$name" &&
	git config --global http.lowSpeedLimit 100 &&
	git config --global http.lowSpeedTime 3 &&
	mkdir "$FAULTS/raw" caches got &&
	python3 "$TEST_DIRECTORY/helper/rawreplies.py" "srv/far/$name" \
		"$FAULTS/raw" &&
	for file in "$FAULTS"/raw/*
	do
		echo "raw raw/${file##*/}" >"$FAULTS/r${file##*/}" || return 1
	done &&
	ls "$FAULTS/raw" >names &&
	test_line_count -ge 300 names &&
	fault_start one "$PWD/srv" &&
	write_script one <<-\END
	XDG_CACHE_HOME=$PWD/caches/$2
	export XDG_CACHE_HOME
	timeout 50 git -c "medo.silo=$1/r$2/far" medo fetch deps/big.treeptr \
		>"got/$2.out" 2>"got/$2.err" </dev/null
	echo $? >"got/$2.code"
	END
'

test_expect_success 'BI-34 no crash, no hang, whatever comes' '
	xargs -P 6 -n 1 ./one "$fault_url" <names &&
	while read -r name
	do
		code=$(cat "got/$name.code") &&
		case $code in
		0|1|3|4|128) ;;
		*) echo "$name: exit $code"; cat "got/$name.err"; return 1 ;;
		esac || return 1
	done <names
'

test_expect_success 'BI-34 exit 0 is for the right bytes alone' '
	while read -r name
	do
		blob=caches/$name/medo/$(id_path "$(treeptr_get deps/big.treeptr id)") &&
		if test "$(cat "got/$name.code")" = 0
		then
			gzip -dc "$blob" >content && cmp big content
		else
			test_path_is_missing "$blob" &&
			test -s "got/$name.err"
		fi || { echo "$name"; return 1; }
	done <names
'

test_expect_success 'BI-34 nothing is left half done, nothing drives the terminal' '
	for name in $(cat names)
	do
		silo_temps "caches/$name" && fetch_clean "got/$name.err" ||
			return 1
	done
'

test_expect_success 'BI-34 what is odd but right is understood' '
	grep -e -ok names >odd &&
	test_line_count -ge 50 odd &&
	while read -r name
	do
		test "$(cat "got/$name.code")" = 0 || {
			echo "$name: $(cat "got/$name.err")"
			head -c 300 "$FAULTS/raw/$name" | sed -n 1,4p
			bad=t
		}
	done <odd &&
	test -z "$bad"
'

test_done
