#!/bin/sh

test_description='LO-12 clone and fetch over 1 Mbit/s, 200 ms, 2 % lost, three cuts'

# MEDO_TEST_LINE_MIB (200), MEDO_TEST_LINE_RATE (1000000 bits a second): half an
# hour.  This file runs at one end of a line of its own.
if test -z "$MEDO_TEST_LINE"
then
	line=$(dirname "$0")/../helper/tunline.py
	if unshare -rnm python3 "$line" true 2>/dev/null
	then
		exec unshare -rnm python3 "$line" --delay 100 --loss 2 \
			--rate "${MEDO_TEST_LINE_RATE:-1000000}" /bin/sh "$0" "$@"
	fi
fi

. "$(dirname "$0")/../test-lib.sh"
. "$TEST_DIRECTORY/lib-silo.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

if ! test_have_prereq PYTHON3 || test -z "$MEDO_TEST_LINE"
then
	skip_all='no python3, no network namespaces, or no /dev/net/tun'
	test_done
fi

mib=${MEDO_TEST_LINE_MIB:-200}

# far COMMAND...: at the other end
far () {
	nsenter -n -t "$MEDO_TEST_LINE" "$@"
}

# came: bytes that came over the line to the other end so far, with headers
came () {
	far cat /proc/net/dev | sed -n 's/^ *line0: *\([0-9]*\) .*/\1/p'
}

# shellcheck disable=SC2154
test_expect_success 'setup: half of it filtered files, half of it pointers' '
	git config --global medo.fsync none &&
	(cd / && git medo install -q) &&
	unset MEDO_TEST_BACKOFF &&
	silo_create srv/far &&
	fault_start one "$PWD/srv" &&
	proxy_start cuts "$fault_port" --bind 10.99.0.1 \
		--cut $((mib * 131072))x3 &&
	url=http://10.99.0.1:$proxy_port/far &&
	git config --global medo.allow "$url" &&
	git init -q work &&
	(
		cd work &&
		medo_create deps "$TRASH_DIRECTORY/srv/far" &&
		git medo track -q "*.bin" &&
		test-tool genrandom bin $((mib * 524288)) >deps/large.bin &&
		for n in 1 2 3 4
		do
			test-tool genrandom "$n" $((mib * 131072)) >content &&
			git medo add -q content "deps/$n.treeptr" >/dev/null ||
				return 1
		done &&
		rm content &&
		git add . && git commit -q -m one &&
		git medo push -q >/dev/null &&
		printf "{ \"silos\": [ { \"url\": \"%s\" } ] }\n" "$url" \
			>deps/SILO.json &&
		git commit -q -a -m far
	) &&
	forget
'

test_expect_success 'LO-12 the clone completes' '
	before=$(came) &&
	far git clone -q "$TRASH_DIRECTORY/work/.git" clone 2>err &&
	cmp work/deps/large.bin clone/deps/large.bin
'

test_expect_success 'LO-12 so does the fetch of the rest' '
	(cd clone && far git medo fetch) &&
	test "$(silo_count "$(cache_dir)")" = 5 &&
	silo_rehash "$(cache_dir)"
'

test_expect_success 'LO-12 in spite of three cuts, and with less than 10 % in vain' '
	test "$(proxy_count cuts cut)" = 3 &&
	after=$(came) &&
	say "$((after - before)) bytes came for $((mib * 1048576))" &&
	test $((after - before)) -lt $((mib * 1153433))
'

test_done
