# Ledgers for tests, and writers that race for their numbers.  Source it with
#	. "$TEST_DIRECTORY/lib-ledger.sh"
# shellcheck shell=sh

# How many claims a race is for, and how many writers there are.
: "${MEDO_TEST_CLAIMS:=${LEDGER_CLAIMS:-200}}"
: "${MEDO_TEST_WRITERS:=16}"

zeros=0000000000000000000000000000000000000000000000000000000000000000

# entry N PREV [MEMBER]: the text of one, written by somebody else
entry () {
	cat <<-END
	{"n": $1, "ledger": 1, "prev": "$2",
	 "nonce": "$(printf %032d "$1")", "who": "nobody", "time": "now"${3:+, }${3-}}
	END
}

# entry_hash DIR N
entry_hash () {
	sha256sum "$1/$(printf %010d "$2")/entry.json" | cut -d" " -f1
}

# ledger_of N DIR: one of N entries, made by hand
ledger_of () {
	ledger_prev=$zeros
	for ledger_n in $(test_seq "$1")
	do
		ledger_at=$2/$(printf %010d "$ledger_n") &&
		mkdir -p "$ledger_at" &&
		entry "$ledger_n" "$ledger_prev" "\"tag\": \"t-$ledger_n\"" \
			>"$ledger_at/entry.json" &&
		ledger_prev=$(entry_hash "$2" "$ledger_n") || return 1
	done
}

# asked VERB FILE: how often, by test-tool ledger --count
asked () {
	sed -n "s/^$1 //p" "$2" | grep . || echo 0
}

# race_moment MAX: a random number of seconds, as 0.ddd times MAX
race_moment () {
	od -An -N2 -tu2 /dev/urandom |
	awk -v max="$1" '{ printf "%.3f\n", 0.02 + $1 / 65536 * max }'
}

# race_writer NAME URL QUOTA: claims until QUOTA of its claims were granted.
# Half of the writers are killed (-9) at random, and start again.
race_writer () {
	race_round=0
	: >"ack.$1"
	while race_left=$(($3 - $(wc -l <"ack.$1"))) && test "$race_left" -gt 0
	do
		race_round=$((race_round + 1))
		race_kill=600
		if test "$race_round" -le "${RACE_KILLS:-5}" &&
		   test $(($1 / 2 % 2)) = 1
		then
			race_kill=$(race_moment "${RACE_MOMENT:-0.5}")
		fi
		timeout -s KILL "$race_kill" test-tool ledger --state 8 add \
			"$2" ledger "$race_left" "w$1.$race_round" \
			>"out.$1" 2>"err.$1"
		race_ret=$?
		# What was cut in the middle was not said.
		grep "^w[0-9.]*-[0-9]* [0-9]*\$" "out.$1" >>"ack.$1"
		case $race_ret in
		0) ;;
		137) echo killed >>"kill.$1" ;;
		*) echo "$race_ret" >"bad.$1"; return ;;
		esac
	done
}

# race URL...: writers of all these URLs, in turn, of one place
race () {
	rm -f ack.* kill.* bad.* out.* err.*
	race_quota=$((MEDO_TEST_CLAIMS / MEDO_TEST_WRITERS + 1))
	race_pids=
	for race_i in $(test_seq "$MEDO_TEST_WRITERS")
	do
		race_url=$1
		shift
		set -- "$@" "$race_url"
		race_writer "$race_i" "$race_url" "$race_quota" &
		race_pids="$race_pids $!"
	done
	for race_pid in $race_pids
	do
		wait "$race_pid"
	done
	if cat bad.* >bad 2>/dev/null
	then
		cat err.* >&2
		return 1
	fi
}

# race_claim URL...: entry 1 ever, claimed by each at once; `said` counts answers
race_claim () {
	rm -f out.* err.*
	race_i=0
	race_pids=
	for race_url
	do
		race_i=$((race_i + 1))
		test-tool ledger claim "$race_url" ledger 1 \
			"\"tag\": \"f-$race_i\"" >"out.$race_i" 2>"err.$race_i" &
		race_pids="$race_pids $!"
	done
	for race_pid in $race_pids
	do
		wait "$race_pid"
	done
	cat out.* | sort | uniq -c | sed "s/^ *//" >said
	cat err.* >err
	if test -s err
	then
		cat err >&2
		return 1
	fi
}

cat_kills () {
	: >kill.0 &&
	cat kill.* >kills
}

# race_check URL: one chain, of all that was granted, each once
race_check () {
	race_end=$(test-tool ledger end "$1" ledger) &&
	test-tool ledger walk "$1" ledger 1 "$race_end" >chain &&
	test_line_count = "$race_end" chain &&
	cut -d" " -f1 chain >actual &&
	test_seq "$race_end" >expect &&
	test_cmp expect actual &&
	cut -d" " -f2 chain | sort >tags &&
	sort -u tags >actual &&
	test_cmp tags actual &&
	sed "s/\(.*\) \(.*\)/\2 \1/" chain | sort >said &&
	cat ack.* | sort >granted &&
	test "$(wc -l <granted)" -ge "$MEDO_TEST_CLAIMS" &&
	comm -23 granted said >lost &&
	test_must_be_empty lost &&
	# What was granted and not said: killed in between, once for each.
	comm -13 granted said >unsaid &&
	cat_kills &&
	test "$(wc -l <unsaid)" -le "$(wc -l <kills)"
}
