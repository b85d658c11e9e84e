#!/bin/sh

test_description='a claim by WebDAV has one winner'

. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"

if ! test_have_prereq APACHE && ! test_have_prereq NGINX
then
	skip_all='no web server'
	test_done
fi

# race URL ROUNDS: eight processes claim the same names; out1 ... out8
race () {
	for race_n in $(test_seq "$2")
	do
		echo "claim ledger/$race_n/entry.json NAME"
	done >script &&
	race_pids= &&
	for race_who in 1 2 3 4 5 6 7 8
	do
		echo "$race_who" >"who$race_who" &&
		sed "s/NAME/who$race_who/" script >"script$race_who" || return 1
		test-tool backend "$1" - <"script$race_who" >"out$race_who" &
		race_pids="$race_pids $!"
	done
	for race_pid in $race_pids
	do
		wait "$race_pid" || return 1
	done
}

# one_winner ROUNDS: each name has the content of who was told that it is ours
# shellcheck disable=SC2154
one_winner () {
	for winner_n in $(test_seq "$1")
	do
		grep -l "^claim ledger/$winner_n/.*: ours$" out[1-8] >winners &&
		test_line_count = 1 winners &&
		winner=$(sed "s/out//" winners) &&
		test "$(cat "$web_root/silo/ledger/$winner_n/entry.json")" = "$winner" ||
		return 1
	done
}

for kind in nginx apache
do
	case $kind in
	nginx) need=NGINX ;;
	apache) need=APACHE ;;
	esac

	test_expect_success "$need" "CO-02 $kind: eight processes, forty names, one winner each" '
		${kind}_start $kind dav &&
		race "$web_url/silo" 40 &&
		one_winner 40 &&
		find "$web_root" -name ".tmp*" >temps &&
		test_must_be_empty temps
	'

	test_expect_success "$need,ROOT" "CO-02 $kind and the disk: writers of both kinds exclude each other" '
		for n in $(test_seq 40)
		do
			echo "claim both/$n/entry.json NAME"
		done >script &&
		sed "s/NAME/who1/" script >script1 &&
		sed "s/NAME/who2/" script >script2 &&
		echo 1 >who1 && echo 2 >who2 &&
		mkdir -p "$web_root/silo/both" &&
		chmod 777 "$web_root/silo/both" &&
		{ test-tool backend "$web_url/silo" - <script1 >out1 & } &&
		pid=$! &&
		test-tool backend "$web_root/silo" - <script2 >out2 &&
		wait $pid &&
		for n in $(test_seq 40)
		do
			grep -h "^claim both/$n/.*: ours$" out1 out2 >winners &&
			test_line_count = 1 winners &&
			who=$(sed "s/.*who\(.\):.*/\1/" winners) &&
			test "$(cat "$web_root/silo/both/$n/entry.json")" = "$who" || return 1
		done &&
		test_stop "$web_pid"
	'
done

test_done
