#!/bin/sh

test_description='many writers of one silo behind ssh, and lines that break'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sshd.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

# race ROUNDS URL...: a writer for each URL; all claim the same names
race () {
	race_rounds=$1
	shift
	rm -rf silo/ledger claims won.*
	for race_i in $(test_seq "$race_rounds")
	do
		echo "claim ledger/$race_i/entry.json me.WHO"
	done >claims
	race_pids=
	race_who=0
	for race_url
	do
		race_who=$((race_who + 1))
		echo "writer $race_who" >me.$race_who
		sed "s/WHO/$race_who/" claims |
		MEDO_THREADS=1 test-tool backend "$race_url" - >won.$race_who &
		race_pids="$race_pids $!"
	done
	for race_pid in $race_pids
	do
		wait "$race_pid" || return 1
	done
}

# one_winner ROUNDS: who was told so, and nobody else, has the name
one_winner () {
	cat won.* >all &&
	for winner_i in $(test_seq "$1")
	do
		grep "^claim ledger/$winner_i/entry.json .*: ours" all >ours &&
		test_line_count = 1 ours &&
		winner_me=$(sed "s/.*json \(me[^:]*\):.*/\1/" ours) &&
		test_cmp "$winner_me" "silo/ledger/$winner_i/entry.json" ||
			return 1
	done &&
	grep -c ": taken" all >actual &&
	echo $(($1 * ($2 - 1))) >expect &&
	test_cmp expect actual &&
	ls -A silo >actual &&
	test_grep ! tmp actual
}

test_expect_success 'a server' '
	sshd_setup &&
	sshd_start &&
	URL=$SSHD_URL$(sshd_path "$PWD/silo") &&
	mkdir silo
'

test_expect_success 'eight writers claim forty names: one winner each' '
	race 40 "$URL" "$URL" "$URL" "$URL" "$URL" "$URL" "$URL" "$URL" &&
	one_winner 40 8
'

test_expect_success 'writers over sftp and on the disk exclude each other' '
	race 40 "$URL" "$PWD/silo" "$URL" "$PWD/silo" "$URL" "$PWD/silo" &&
	one_winner 40 6
'

test_expect_success 'eight writers put the same names: whole files' '
	for i in $(test_seq 20)
	do
		test-tool genrandom $i 100000 >blob.$i &&
		echo "put objects/ab/$i blob.$i" || return 1
	done >puts &&
	pids= &&
	for who in 1 2 3 4
	do
		test-tool backend -j 4 "$URL" - <puts >out.$who &
		pids="$pids $!"
	done &&
	for pid in $pids
	do
		wait $pid || return 1
	done &&
	for i in $(test_seq 20)
	do
		test_cmp_bin blob.$i silo/objects/ab/$i || return 1
	done &&
	ls -A silo >actual &&
	test_grep ! tmp actual
'

test_expect_success 'FA-27 a line that breaks while bytes go up: tried again, whole' '
	test-tool genrandom seed 8000000 >big &&
	proxy_start up "$SSHD_PORT" --cut 8000x2 &&
	sshd_known "$SSHD_DIR/host_ed25519" "$proxy_port" &&
	test-tool backend "ssh://$SSHD_USER@127.0.0.1:$proxy_port${URL#"$SSHD_URL"}" \
		put objects/cd/big big 2>err &&
	test_grep "trying again" err &&
	test_cmp_bin big silo/objects/cd/big &&
	(cd silo && find . -name ".tmp*") >actual &&
	test_must_be_empty actual &&
	test "$(proxy_count up cut)" = 2
'

test_expect_success 'FA-17 a line that breaks while bytes come down: goes on there' '
	proxy_start down "$SSHD_PORT" --cut 5000000x2 &&
	sshd_known "$SSHD_DIR/host_ed25519" "$proxy_port" &&
	test-tool backend "ssh://$SSHD_USER@127.0.0.1:$proxy_port${URL#"$SSHD_URL"}" \
		read objects/cd/big >actual 2>err &&
	test_grep "trying again" err &&
	test_cmp_bin big actual
'

test_expect_success 'a line that always breaks: out of reach, no part of a blob' '
	proxy_start never "$SSHD_PORT" --cut 4000 &&
	sshd_known "$SSHD_DIR/host_ed25519" "$proxy_port" &&
	test_expect_code 3 test-tool backend \
		"ssh://$SSHD_USER@127.0.0.1:$proxy_port${URL#"$SSHD_URL"}" \
		put objects/cd/other big 2>err &&
	test_path_is_missing silo/objects/cd/other
'

test_expect_success 'kill -9 at any moment leaves no part of a blob' '
	for delay in 0.05 0.1 0.15 0.2 0.25 0.3 0.4
	do
		rm -rf silo/objects/ef &&
		test-tool backend "$URL" put objects/ef/big big &
		pid=$! &&
		sleep $delay &&
		{ kill -9 $pid || :; } &&
		{ wait $pid || :; } &&
		sleep 0.1 &&
		if test -e silo/objects/ef/big
		then
			test_cmp_bin big silo/objects/ef/big || return 1
		fi
	done
'

test_expect_success 'what killed writers left days ago is removed, nothing else' '
	rm -rf silo/.tmp* &&
	mkdir -p silo/.tmp-medo-0123456789abcdef silo/.tmp-medo-mine &&
	echo left >silo/.tmp-medo-0123456789abcdef/entry.json &&
	for name in 00112233445566aa 00112233445566bb
	do
		echo left >silo/.tmp-medo-$name || return 1
	done &&
	touch -d "3 days ago" silo/.tmp-medo-00112233445566aa \
		silo/.tmp-medo-0123456789abcdef silo/.tmp-medo-mine silo/ledger &&
	test-tool backend "$URL" put objects/ab/new blob.1 &&
	ls -A silo >actual &&
	test_write_lines .tmp-medo-00112233445566bb .tmp-medo-mine ledger objects \
		>expect &&
	test_cmp expect actual &&
	rm -r silo/.tmp*
'

test_done
