# Many push at once: the tests, wherever the silo is.  Source it
# behind lib-remote.sh.
# shellcheck shell=sh disable=SC2154

if test "${TEST_LONG:-}"
then
	: "${MEDO_TEST_PUSHERS:=32}"
	: "${MEDO_TEST_ROUNDS:=30}"
fi
: "${MEDO_TEST_PUSHERS:=8}"
: "${MEDO_TEST_ROUNDS:=3}"

# push_one I ROUND BRANCH: a commit, and a push; "<branch> <id>" in ack.I if git
# said yes, lost.I if somebody was faster, bad.I for all else
push_one () {
	git -C "w$1" commit -q --allow-empty -m "round $2 of $1" &&
	if git -C "w$1" push -q "$url" "HEAD:refs/heads/$3" 2>"err.$1"
	then
		echo "$3 $(git -C "w$1" rev-parse HEAD)" >"ack.$1"
	elif grep -q -e "fetch first" -e "non-fast-forward" \
		-e "already exists" "err.$1"
	then
		: >"lost.$1"
	else
		cp "err.$1" "bad.$1"
	fi
}

# race ROUND BRANCH [EACH]: all of them at once; EACH: to branches of their own
race () {
	race_pids=
	rm -f ack.* lost.* bad.*
	for race_i in $(test_seq "$MEDO_TEST_PUSHERS")
	do
		push_one "$race_i" "$1" "$2${3:+$race_i}" &
		race_pids="$race_pids $!"
	done
	# The server is our child as well.
	# shellcheck disable=SC2086
	wait $race_pids
	test_must_fail cat bad.*
}

test_expect_success 'set up' '
	remote_start &&
	url=$(remote_url r) &&
	git init -q base &&
	commit_in base first &&
	for i in $(test_seq "$MEDO_TEST_PUSHERS")
	do
		git clone -q base "w$i" &&
		git -C "w$i" config user.name "Pusher $i" || return 1
	done
'

test_expect_success 'CO-03 the first push of all, by all of them' '
	race 0 main &&
	test "$(cat ack.* | wc -l)" = 1 &&
	test "$(find . -maxdepth 1 -name "lost.*" | wc -l)" = \
		$((MEDO_TEST_PUSHERS - 1)) &&
	remote_refs "$url" | sed -n "s|\(.*\) refs/heads/|\1 |p" |
	awk "{ print \$2, \$1 }" >is &&
	test_cmp ack.* is &&
	if test "$REMOTE_DIR"
	then
		find "$(remote_path r)/ledger" -name entry.json >entries &&
		test_line_count = 1 entries
	fi &&
	remote_whole "$url"
'

test_expect_success 'CO-01 each his own branch: all are there' '
	for round in $(test_seq "$MEDO_TEST_ROUNDS")
	do
		race "$round" own each &&
		test_must_fail cat lost.* &&
		cat ack.* | sort >want &&
		remote_refs "$url" |
		sed -n "s|\(.*\) refs/heads/\(own.*\)|\2 \1|p" | sort >is &&
		test_cmp want is || return 1
	done &&
	remote_whole "$url" ${REMOTE_DIR:+"$(remote_path r)"}
'

test_expect_success 'CO-02 all one branch: one wins, and nothing is lost' '
	tip=$(git -C base rev-parse HEAD) &&
	git -C base push -q "$url" HEAD:refs/heads/one &&
	for round in $(test_seq "$MEDO_TEST_ROUNDS")
	do
		for i in $(test_seq "$MEDO_TEST_PUSHERS")
		do
			git -C "w$i" fetch -q "$url" one &&
			git -C "w$i" reset -q --hard FETCH_HEAD || return 1
		done &&
		race "one-$round" one &&
		test "$(cat ack.* | wc -l)" = 1 &&
		test "$(cat ack.*)" = "one $(remote_refs "$url" |
			sed -n "s| refs/heads/one\$||p")" || return 1
	done &&
	git -C base fetch -q "$url" one &&
	git -C base rev-list "$tip..FETCH_HEAD" >history &&
	test_line_count = "$MEDO_TEST_ROUNDS" history &&
	git -C base rev-list --min-parents=2 "$tip..FETCH_HEAD" >merges &&
	test_must_be_empty merges &&
	remote_whole "$url" ${REMOTE_DIR:+"$(remote_path r)"}
'

# Each pulls and tries again until it is in: every commit that was
# acknowledged is in the history, once.
test_expect_success 'CO-02 a queue at one branch: all get in' '
	rm -f ack.* lost.* bad.* &&
	pids= &&
	for i in $(test_seq "$MEDO_TEST_PUSHERS")
	do
		{
			git -C "w$i" fetch -q "$url" one &&
			git -C "w$i" reset -q --hard FETCH_HEAD &&
			echo "$i" >"w$i/file$i" &&
			git -C "w$i" add "file$i" &&
			git -C "w$i" commit -q -m "queue $i" &&
			until git -C "w$i" push -q "$url" HEAD:one 2>"err.$i"
			do
				git -C "w$i" fetch -q "$url" one &&
				git -C "w$i" rebase -q FETCH_HEAD || break
			done &&
			echo "queue $i" >"ack.$i"
		} &
		pids="$pids $!"
	done &&
	wait $pids &&
	test "$(cat ack.* | wc -l)" = "$MEDO_TEST_PUSHERS" &&
	git -C base fetch -q "$url" one &&
	git -C base log --format=%s FETCH_HEAD >subjects &&
	grep "^queue" subjects | sort >is &&
	cat ack.* | sort >want &&
	test_cmp want is
'

read_on () {
	while test -f go
	do
		rm -rf reader
		git clone -q --mirror "$url" reader &&
		git -C reader fsck --strict --no-dangling >/dev/null 2>&1 ||
		echo bad >>read.bad
	done
}

test_expect_success 'readers meanwhile see one state or another' '
	: >go &&
	test_when_finished "rm -f go" &&
	{ read_on & } &&
	reader=$! &&
	for round in $(test_seq "$MEDO_TEST_ROUNDS")
	do
		race "read-$round" read each || return 1
	done &&
	rm go &&
	wait $reader &&
	test_path_is_missing read.bad
'

# cp, rsync, rclone: who copies the ledger first has all that it names.
test_expect_success REMOTE_DIR 'CO-13 a copy that was taken meanwhile' '
	{ race copy copy each & } &&
	racing=$! &&
	cp -r "$(remote_path r)/ledger" ledger.copy &&
	cp -r "$(remote_path r)" copy.git &&
	wait $racing &&
	rm -rf copy.git/ledger &&
	mv ledger.copy copy.git/ledger &&
	git clone -q --mirror "silo::$PWD/copy.git" from-copy &&
	git -C from-copy fsck --strict --no-dangling
'

late_push () {
	PATH="$PWD/helper:$PATH" git -C w1 push "$url" late 2>err.late
	echo $? >code.late
}

test_expect_success 'CO-05 who was stopped between upload and entry loses, and says so' '
	remote_has "$url" refs/heads/late "" &&
	git -C w1 checkout -q -b late &&
	commit_in w1 late &&
	git -C w2 checkout -q -b late &&
	commit_in w2 other-late &&
	mkdir -p helper &&
	write_script helper/git-remote-silo <<-END &&
	while read -r line
	do
		case "\$line" in
		push*)
			: >"$PWD/stopped"
			i=0
			while test -f "$PWD/stopped" && test \$i -lt 300
			do
				sleep 0.1
				i=\$((i + 1))
			done
		esac
		printf "%s\\n" "\$line"
	done | "$B/bin/git-remote-silo" "\$@"
	END
	{ late_push & } &&
	late=$! &&
	test_wait_until 20 test -f stopped &&
	git -C w2 push -q "$url" late &&
	rm stopped &&
	wait $late &&
	test "$(cat code.late)" = 1 &&
	test_grep "rejected" err.late &&
	remote_refs "$url" | grep refs/heads/late >is &&
	grep "$(git -C w2 rev-parse late)" is
'
